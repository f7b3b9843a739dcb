"""Ordinary entries: issues and redemptions that were accepted, and in which all that can be seen is as it must be.

Nearly all entries of a journal are ordinary, and comparisons prove it: what the signed payload asks for, spelled as a leaf spells
it, is how the leaf begins; what the tariff makes of it is how it ends. Then leaf, payload, columns and signature are right at
once. What is left is what only the history can say: whether the entry follows those before it, whether key and tariff were good,
and whether the lots and the balance are those that the rules give. `swift` asks that. Whatever is not ordinary goes the long way
through `replay`, which says what is wrong, if anything.
"""

from collections import deque
from collections.abc import Sequence
from hashlib import sha256

import numpy as np

from coalition.audit.arrays import (
    Numbers,
    Truths,
    gather,
    read_64_bytes,
    rows_of,
    side_by_side,
    spelled_hex,
    spelled_numbers,
    spelled_times,
    spelled_uuids,
    spells_64_bytes,
    table_of,
    widths_of,
)
from coalition.audit.asked import PAYLOAD_TYPES, Circumstances
from coalition.audit.candidates import ASSET_TAGS, Candidates, candidates_of
from coalition.audit.ordinary_leaves import (
    SIG_CHARACTERS,
    Issuing,
    Part,
    Said,
    beginnings,
    enrol_ends,
    issue_ends,
    read_spendings,
    redeem_ends,
)
from coalition.audit.ordinary_rows import ENROL, ISSUE, REDEEM, Enrolment, OrdinaryRows, Redemptions, Take
from coalition.audit.plain_payload import BEFORE_HEADER, aliases_of, read_plain
from coalition.audit.signatures import Claimed, all_genuine
from coalition.audit.stored import Packed
from settlement.signing import pae

_SHA256_BYTES = 32


def read_ordinary(
    shard: int, entries: Packed, circumstances: Circumstances, held: deque[list[Claimed]] | None
) -> tuple[OrdinaryRows, list[Enrolment]]:
    """Those of some entries that are ordinary, if signatures that are added to `held` are genuine."""
    reading = _Reading(shard, candidates_of(entries, circumstances.audience), circumstances)
    reading.read_payloads()
    for kind in (ISSUE, REDEEM, ENROL):
        reading.read_leaves(kind)
    if circumstances.signatures:
        reading.verify(held)
    return reading.ordinary(), reading.enrolments()


class _Reading:
    """Rows that may be ordinary, which they are while `_good` says so; a row of each column and list belongs to one of them."""

    def __init__(self, shard: int, candidates: Candidates, circumstances: Circumstances) -> None:
        self._shard, self._circumstances = shard, circumstances
        fixed = candidates.fixed
        self._index, self._house, self._time_us, self._balance_after = [
            fixed[name].astype(np.int64) for name in ("index", "house", "time_us", "balance_after")
        ]
        self._member, self._leaf_hash = fixed["member"], fixed["leaf_hash"]
        self._leaves = candidates.leaves
        self._payloads, self._payload_of = candidates.payloads, candidates.payloads.behind(0)
        numbers = np.array(sorted(circumstances.house.tariffs), np.int64)
        newest = np.searchsorted(numbers, self._house) - 1
        self._good: Truths = (newest >= 0) & (self._index >= 0)
        self._tariff = numbers[newest] if len(numbers) else newest
        self._asker, self._askers = candidates.asker, candidates.askers
        self._tags = self._by_asker([ASSET_TAGS[kind] for kind, _ in self._askers])
        self._sig = np.zeros((len(fixed), SIG_CHARACTERS), np.uint8)
        self._expires_us = np.zeros(len(fixed), np.int64)
        self._payload_sha256 = np.zeros((len(fixed), _SHA256_BYTES), np.uint8)
        self._spent: dict[int, tuple[str, list[Take]]] = {}
        self._enrolled: dict[int, tuple[bytes, ...] | None] = {}

    def _by_asker(self, values: Sequence[int]) -> Numbers:
        """For each row the value of its kind and partner."""
        return np.array(values, np.int64)[self._asker]

    def _partners(self, places: Numbers) -> list[bytes]:
        names = [partner for _, partner in self._askers]
        return [names[asker] for asker in self._asker[places].tolist()]

    def read_payloads(self) -> None:
        """What payloads ask for, and whether the columns say so."""
        circumstances, payloads = self._circumstances, self._payloads
        sizes = [circumstances.length_of_beginning(*each) for each in self._askers]
        asker = zip(self._asker.tolist(), self._payload_of, strict=True)
        begins = [
            (self._askers[each], payload[BEFORE_HEADER : BEFORE_HEADER + sizes[each]])
            for each, payload in asker
        ]
        self._signer = np.array([circumstances.known.get(each, -1) for each in begins], np.int64)
        for place in np.flatnonzero(self._signer < 0).tolist():
            asked = self._payload_of[place], int(self._time_us[place])
            self._signer[place] = circumstances.signer(begins[place], *asked)
        self._plain = read_plain(payloads, self._by_asker(sizes), self._tags)
        names_member = self._plain.by_alias | (self._plain.member == self._member).all(axis=1)
        enrols = self._tags == ASSET_TAGS[ENROL.encode()]
        fits = np.where(
            enrols, self._plain.begins & (self._balance_after == 0), self._plain.fits & names_member
        )
        self._good &= fits & (self._signer >= 0) & self._plain.lives(self._time_us)

    def read_leaves(self, kind: str) -> None:
        """Whether leaves are spelled as columns, payloads and tariffs say."""
        of_kind = self._tags == ASSET_TAGS[kind.encode()]
        for tariff in np.unique(self._tariff[self._good & of_kind]).tolist():
            places = np.flatnonzero(self._good & of_kind & (self._tariff == tariff))
            self._hash_payloads(places)
            issuing = self._circumstances.issuing(tariff)
            if kind == ISSUE:
                self._read_issues(places, issuing)
            elif kind == REDEEM:
                self._read_redemptions(places, issuing)
            else:
                self._read_enrolments(places)

    def _hash_payloads(self, places: Numbers) -> None:
        payloads = [sha256(self._payload_of[place]).digest() for place in places.tolist()]
        self._payload_sha256[places] = table_of(payloads, _SHA256_BYTES)

    def _read_issues(self, places: Numbers, issuing: Issuing) -> None:
        expiry, self._expires_us[places] = issuing.expiries(self._time_us[places])
        amounts = self._plain.amount[places].tolist()
        money = [issuing.money(*each) for each in zip(self._partners(places), amounts, strict=True)]
        for group in self._alike(places, money):
            said, lines = self._said(places[group]), [money[place] for place in group.tolist()]
            ends = issue_ends(issuing.tariff, said, table_of(lines, len(lines[0])), expiry[group])
            size = self._compare(places[group], ISSUE, said, ends)
            self._good[places[group]] &= self._leaf_sizes(places[group]) == size

    def _read_redemptions(self, places: Numbers, issuing: Issuing) -> None:
        most, amounts = issuing.terms.consent_above, self._plain.amount[places]
        self._good[places] &= most is None or amounts <= most
        for group in self._alike(places, [b""] * len(places)):
            said, at = self._said(places[group]), places[group].tolist()
            size = self._compare(places[group], REDEEM, said, redeem_ends(issuing.tariff, said))
            found = read_spendings(self._shard, self._leaves.some(places[group]).behind(size))
            for place, spending in zip(at, found, strict=True):
                if spending is None:
                    self._good[place] = False
                else:
                    self._spent[place] = spending

    def _read_enrolments(self, places: Numbers) -> None:
        self._plain.amount[places] = 0  # it is not read of these
        for place in places.tolist():
            body = int(self._plain.body[place] - self._payloads.starts[place])
            self._enrolled[place] = aliases_of(self._payload_of[place], body)
            self._good[place] &= self._enrolled[place] is not None
        for group in self._alike(places, [b""] * len(places)):
            size = self._compare(places[group], ENROL, self._said(places[group]), enrol_ends())
            self._good[places[group]] &= self._leaf_sizes(places[group]) == size

    def _alike(self, places: Numbers, money: Sequence[bytes]) -> list[Numbers]:
        """Groups of rows in whose leaves the same things stand at the same places."""
        widths = [widths_of(each[places]) for each in (self._index, self._house, self._plain.amount)]
        partners = self._by_asker([len(partner) for _, partner in self._askers])[places]
        which = np.zeros(len(places), np.int64)
        for sizes in (*widths, partners, np.array([len(lines) for lines in money])):
            which = which * (int(sizes.max(initial=0)) + 1) + sizes
        order = np.argsort(which, kind="stable")
        return np.split(order, np.flatnonzero(np.diff(which[order])) + 1) if len(order) else []

    def _said(self, places: Numbers) -> Said:
        """Of rows that are alike."""
        index, house, amount = [
            spelled_numbers(each[places], int(widths_of(each[places[:1]])[0]))
            for each in (self._index, self._house, self._plain.amount)
        ]
        partners = self._partners(places)
        return Said(
            index,
            house,
            spelled_times(self._time_us[places]),
            table_of(partners, len(partners[0])),
            spelled_uuids(self._plain.act_id[places]),
            spelled_uuids(self._member[places]),
            amount,
            spelled_times(self._plain.occurred_us[places]),
            spelled_hex(self._payload_sha256[places]),
            self._circumstances.keyids.values[self._signer[places]],
        )

    def _compare(self, places: Numbers, kind: str, said: Said, ends: list[Part]) -> int:
        """Compares leaves with how they must begin and go on behind the signature; to how many bytes."""
        begin = side_by_side(len(places), beginnings(self._shard, kind, PAYLOAD_TYPES[kind], said))
        end = side_by_side(len(places), ends)
        start, stop = begin.shape[1], begin.shape[1] + SIG_CHARACTERS
        size = stop + end.shape[1]
        leaves = gather(self._leaves.text, self._leaves.starts[places], size)
        same = (leaves[:, :start] == begin).all(axis=1) & (leaves[:, stop:] == end).all(axis=1)
        self._sig[places] = leaves[:, start:stop]
        whole = self._leaf_sizes(places) >= size
        self._good[places] &= same & whole & spells_64_bytes(leaves[:, start:stop])
        return int(size)

    def _leaf_sizes(self, places: Numbers) -> Numbers:
        return self._leaves.ends[places] - self._leaves.starts[places]

    def verify(self, held: deque[list[Claimed]] | None) -> None:
        """Whether signatures are genuine, now or later. All at once: else each would find the processor's caches full of else."""
        places = np.flatnonzero(self._good)
        signers = [self._circumstances.signers[signer] for signer in self._signer[places].tolist()]
        payloads = [self._payload_of[place] for place in places.tolist()]
        facts = zip(signers, read_64_bytes(self._sig[places]), payloads, strict=True)
        claimed = [
            (key, signature, pae(PAYLOAD_TYPES[signer[0]], payload))
            for (signer, key), signature, payload in facts
        ]
        if held is None:
            self._good[places] = [all_genuine([each]) for each in claimed]
        else:
            held.append(claimed)

    def enrolments(self) -> list[Enrolment]:
        """Those that are and enrol a member."""
        places = np.flatnonzero(self._good & (self._tags == ASSET_TAGS[ENROL.encode()]))
        at = places.tolist()
        tables = (spelled_uuids(self._member[places]), spelled_uuids(self._plain.act_id[places]))
        members, act_ids = [[each.decode() for each in rows_of(table)] for table in tables]
        hashes = rows_of(self._leaf_hash[places]), rows_of(self._payload_sha256[places])
        signers = [self._circumstances.signers[each][0] for each in self._signer[places].tolist()]
        aliases = [self._enrolled[place] or () for place in at]
        numbers = [each[places].tolist() for each in (self._index, self._house, self._time_us)]
        facts = (signers, *numbers, members, aliases, act_ids, *hashes)
        return [Enrolment(*each) for each in zip(*facts, strict=True)]

    def ordinary(self) -> OrdinaryRows:
        """Those that are and move points."""
        moves = self._good & (self._tags != ASSET_TAGS[ENROL.encode()])
        places = np.flatnonzero(moves)
        named = np.flatnonzero(moves & self._plain.by_alias).tolist()
        aliases = {int(self._index[place]): self._plain.alias[place].tobytes() for place in named}
        signers, which = np.unique(self._signer[places], return_inverse=True)
        return OrdinaryRows(
            [self._circumstances.signers[each][0] for each in signers.tolist()],
            which,
            self._index[places],
            self._house[places],
            self._time_us[places],
            self._tariff[places],
            self._plain.amount[places],
            self._balance_after[places],
            self._expires_us[places],
            self._member[places],
            self._plain.act_id[places],
            self._leaf_hash[places],
            self._payload_sha256[places],
            aliases,
            self._redemptions(places.tolist()),
        )

    def _redemptions(self, at: list[int]) -> Redemptions:
        rows = [row for row, place in enumerate(at) if place in self._spent]
        spent = [self._spent[at[row]] for row in rows]
        taken = [(number, *take) for number, (_, takes) in enumerate(spent) for take in takes]
        columns = np.array(taken, np.int64).reshape(-1, 3).T
        return Redemptions(np.array(rows, np.int64), [money for money, _ in spent], *columns)
