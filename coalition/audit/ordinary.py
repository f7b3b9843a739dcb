"""Ordinary entries: issues and redemptions that were accepted, and in which all that can be seen is as it must be.

Nearly all entries of a journal are ordinary, and comparisons prove it: what the signed payload asks for, spelled as a leaf spells
it, is how the leaf begins; what the tariff makes of it is how it ends. Then leaf, payload, columns and signature are right at
once. What is left is what only the history can say: whether the entry follows those before it, whether key and tariff were good,
and whether the lots and the balance are those that the rules give. `swift` asks that. Whatever is not ordinary goes the long way
through `replay`, which says what is wrong, if anything.
"""

from binascii import a2b_base64
from collections import deque
from collections.abc import Sequence
from hashlib import sha256
from typing import cast

import numpy as np

from coalition.audit.arrays import (
    Numbers,
    Truths,
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
from coalition.audit.asked import PAYLOAD_TYPES, Circumstances, SignedBy
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
from coalition.audit.signatures import Job, why_not_genuine
from coalition.audit.stored import FIXED, PackedRow, Payloads
from settlement.journal.leaf import LEAF_BYTES_MAX

_ASSET_TAGS = {ISSUE.encode(): 0x48, REDEEM.encode(): 0x38, ENROL.encode(): 0}
"""How the field begins that says which asset is meant, by kind of entry; an enrolment has none."""
_SHA256_BYTES = 32
_FIXED_BYTES = FIXED.itemsize
_PARTNER_BYTES_MAX = 40
"""As `ids.PARTNER_PATTERN` has it."""
_SHORT_BYTES_MAX = 127
"""Of what has its length in one byte; the network's name may be longer."""


def read_ordinary(
    shard: int,
    rows: Sequence[PackedRow],
    payloads: Payloads,
    circumstances: Circumstances,
    held: deque[list[Job]] | None,
) -> tuple[OrdinaryRows, list[Enrolment]]:
    """Those of some entries that are ordinary, if signatures that are added to `held` are genuine."""
    reads = len(circumstances.audience) <= _SHORT_BYTES_MAX
    may_be = (
        [row for row in rows if row[2] in _ASSET_TAGS and row[4] is None and _has_all(row)] if reads else []
    )
    fixed = np.frombuffer(b"".join([row[1] or b"" for row in may_be]), FIXED)
    place = np.searchsorted(payloads.index, fixed["index"])
    has_payload = np.isin(fixed["index"], payloads.index)
    may_be = [row for row, has in zip(may_be, has_payload.tolist(), strict=True) if has]
    reading = _Reading(shard, may_be, fixed[has_payload], payloads, place[has_payload], circumstances)
    reading.read_payloads()
    for kind in (ISSUE, REDEEM, ENROL):
        reading.read_leaves(kind)
    if circumstances.signatures:
        reading.verify(held)
    return reading.ordinary(), reading.enrolments()


def _has_all(row: PackedRow) -> bool:
    _, fixed, _, partner, _, leaf = row
    if fixed is None or partner is None or len(partner) > _PARTNER_BYTES_MAX:
        return False
    return len(fixed) == _FIXED_BYTES and len(leaf) <= LEAF_BYTES_MAX


class _Reading:
    """Rows that may be ordinary, which they are while `_good` says so; a row of each column and list belongs to one of them."""

    def __init__(
        self,
        shard: int,
        rows: list[PackedRow],
        fixed: np.ndarray[tuple[int], np.dtype[np.void]],
        payloads: Payloads,
        place: Numbers,
        circumstances: Circumstances,
    ) -> None:
        self._shard, self._rows, self._circumstances = shard, rows, circumstances
        self._index, self._house, self._time_us, self._balance_after = [
            fixed[name].astype(np.int64) for name in ("index", "house", "time_us", "balance_after")
        ]
        self._member, self._leaf_hash = fixed["member"], fixed["leaf_hash"]
        self._starts, self._ends, self._text = payloads.starts[place], payloads.ends[place], payloads.text
        content = payloads.content
        bounds = zip(self._starts.tolist(), self._ends.tolist(), strict=True)
        self._payloads = [content[start:end] for start, end in bounds]
        numbers = np.array(sorted(circumstances.house.tariffs), np.int64)
        newest = np.searchsorted(numbers, self._house) - 1
        self._good: Truths = (newest >= 0) & (self._index >= 0)
        self._tariff = numbers[newest] if len(numbers) else newest
        self._tags = np.array([_ASSET_TAGS[row[2]] for row in rows], np.uint8)
        self._sizes = np.array([len(row[5]) for row in rows], np.int64)
        self._sig = np.zeros((len(rows), SIG_CHARACTERS), np.uint8)
        self._expires_us = np.zeros(len(rows), np.int64)
        self._payload_sha256 = np.zeros((len(rows), _SHA256_BYTES), np.uint8)
        self._spent: dict[int, tuple[str, list[Take]]] = {}
        self._enrolled: dict[int, tuple[bytes, ...] | None] = {}

    def read_payloads(self) -> None:
        """What payloads ask for, and whether the columns say so."""
        circumstances = self._circumstances
        signed_by = cast("list[SignedBy]", [row[2:4] for row in self._rows])
        stops = {each: BEFORE_HEADER + circumstances.length_of_beginning(*each) for each in set(signed_by)}
        begins = [
            (signed, payload[BEFORE_HEADER : stops[signed]])
            for signed, payload in zip(signed_by, self._payloads, strict=True)
        ]
        self._signer = np.array([circumstances.known.get(each, -1) for each in begins], np.int64)
        for place in np.flatnonzero(self._signer < 0).tolist():
            asked = self._payloads[place], int(self._time_us[place])
            self._signer[place] = circumstances.signer(begins[place], *asked)
        lengths = np.array([stops[signed] for signed in signed_by], np.int64) - BEFORE_HEADER
        self._plain = read_plain(self._text, self._starts, self._ends, lengths, self._tags)
        names_member = self._plain.by_alias | (self._plain.member == self._member).all(axis=1)
        enrols = self._tags == _ASSET_TAGS[ENROL.encode()]
        fits = np.where(
            enrols, self._plain.begins & (self._balance_after == 0), self._plain.fits & names_member
        )
        self._good &= fits & (self._signer >= 0) & self._plain.lives(self._time_us)

    def read_leaves(self, kind: str) -> None:
        """Whether leaves are spelled as columns, payloads and tariffs say."""
        of_kind = self._tags == _ASSET_TAGS[kind.encode()]
        for tariff in np.unique(self._tariff[self._good & of_kind]).tolist():
            places = np.flatnonzero(self._good & of_kind & (self._tariff == tariff))
            self._hash(places)
            issuing = self._circumstances.issuing(tariff)
            if kind == ISSUE:
                self._read_issues(places, issuing)
            elif kind == REDEEM:
                self._read_redemptions(places, issuing)
            else:
                self._read_enrolments(places)

    def _hash(self, places: Numbers) -> None:
        at = places.tolist()
        leaves = [sha256(b"\x00" + self._rows[place][5]).digest() for place in at]
        self._good[places] &= (table_of(leaves, _SHA256_BYTES) == self._leaf_hash[places]).all(axis=1)
        payloads = [sha256(self._payloads[place]).digest() for place in at]
        self._payload_sha256[places] = table_of(payloads, _SHA256_BYTES)

    def _read_issues(self, places: Numbers, issuing: Issuing) -> None:
        expiry, self._expires_us[places] = issuing.expiries(self._time_us[places])
        amounts = self._plain.amount[places].tolist()
        partners = [self._rows[place][3] or b"" for place in places.tolist()]
        money = [issuing.money(*each) for each in zip(partners, amounts, strict=True)]
        for group in self._alike(places, money):
            said, lines = self._said(places[group]), [money[place] for place in group.tolist()]
            ends = issue_ends(issuing.tariff, said, table_of(lines, len(lines[0])), expiry[group])
            size = self._compare(places[group], ISSUE, said, ends)
            self._good[places[group]] &= self._sizes[places[group]] == size

    def _read_redemptions(self, places: Numbers, issuing: Issuing) -> None:
        most, amounts = issuing.terms.consent_above, self._plain.amount[places]
        self._good[places] &= most is None or amounts <= most
        for group in self._alike(places, [b""] * len(places)):
            said, at = self._said(places[group]), places[group].tolist()
            size = self._compare(places[group], REDEEM, said, redeem_ends(issuing.tariff, said))
            found = read_spendings(self._shard, [self._rows[place][5][size:] for place in at])
            for place, spending in zip(at, found, strict=True):
                if spending is None:
                    self._good[place] = False
                else:
                    self._spent[place] = spending

    def _read_enrolments(self, places: Numbers) -> None:
        self._plain.amount[places] = 0  # it is not read of these
        for place in places.tolist():
            body = int(self._plain.body[place] - self._starts[place])
            self._enrolled[place] = aliases_of(self._payloads[place], body)
            self._good[place] &= self._enrolled[place] is not None
        for group in self._alike(places, [b""] * len(places)):
            size = self._compare(places[group], ENROL, self._said(places[group]), enrol_ends())
            self._good[places[group]] &= self._sizes[places[group]] == size

    def _alike(self, places: Numbers, money: Sequence[bytes]) -> list[Numbers]:
        """Groups of rows in whose leaves the same things stand at the same places."""
        widths = [widths_of(each[places]) for each in (self._index, self._house, self._plain.amount)]
        partners = [len(self._rows[place][3] or b"") for place in places.tolist()]
        which = np.zeros(len(places), np.int64)
        for sizes in (*widths, np.array(partners), np.array([len(lines) for lines in money])):
            which = which * (int(sizes.max(initial=0)) + 1) + sizes
        order = np.argsort(which, kind="stable")
        return np.split(order, np.flatnonzero(np.diff(which[order])) + 1) if len(order) else []

    def _said(self, places: Numbers) -> Said:
        """Of rows that are alike."""
        index, house, amount = [
            spelled_numbers(each[places], int(widths_of(each[places[:1]])[0]))
            for each in (self._index, self._house, self._plain.amount)
        ]
        partners = [self._rows[place][3] or b"" for place in places.tolist()]
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
        leaves = table_of([self._rows[place][5][:size].ljust(size) for place in places.tolist()], size)
        same = (leaves[:, :start] == begin).all(axis=1) & (leaves[:, stop:] == end).all(axis=1)
        self._sig[places] = leaves[:, start:stop]
        self._good[places] &= same & spells_64_bytes(leaves[:, start:stop])
        return int(size)

    def verify(self, held: deque[list[Job]] | None) -> None:
        """Whether signatures are genuine, now or later. All at once: else each would find the processor's caches full of else."""
        places = np.flatnonzero(self._good)
        jobs = list(map(self._job, places.tolist()))
        if held is None:
            self._good[places] = [why_not_genuine(job) is None for job in jobs]
        else:
            held.append(jobs)

    def _job(self, place: int) -> Job:
        (kind, _, _), key = self._circumstances.signers[self._signer[place]]
        signature = a2b_base64(self._sig[place].tobytes())
        return Job("", key.spki, signature, PAYLOAD_TYPES[kind], self._payloads[place])

    def enrolments(self) -> list[Enrolment]:
        """Those that are and enrol a member."""
        places = np.flatnonzero(self._good & (self._tags == _ASSET_TAGS[ENROL.encode()]))
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
        moves = self._good & (self._tags != _ASSET_TAGS[ENROL.encode()])
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
