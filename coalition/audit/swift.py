"""The replay's short way: what the history must say about ordinary entries, and nothing that their own text has said already."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter

import numpy as np

from coalition.audit.act_rows import ActRows, act_row
from coalition.audit.checks import Check, Report
from coalition.audit.claims import Claim, what_is_wrong_with_key
from coalition.audit.coming import Coming
from coalition.audit.history import ShardState
from coalition.audit.lazy_wallets import Wallets
from coalition.audit.ordinary_acts import OrdinaryAct
from coalition.audit.ordinary_rows import Enrolment, Signer
from coalition.audit.ordinary_shard import OrdinaryShard
from coalition.audit.records import Key, Read, key_after
from coalition.audit.replay import Replay, Replayed
from coalition.audit.signatures import Job
from coalition.audit.stored import INDEX_MAX
from coalition.audit.stretches import InOrder, Odd, Single, Stretch
from settlement.house.decide import why_stopped
from settlement.house.tariff import Tariff
from settlement.journal.leaf import HOUSE, Entry
from settlement.ledger.book import Book, Wallet
from settlement.signing import keyid_of

SEEN = (
    Check.LEAF_TEXT,
    Check.NUMBERS,
    Check.TIMES,
    Check.HOUSE_ORDER,
    Check.CUTS,
    Check.ACT_IDS,
    Check.KEYS,
    Check.PAYLOAD_HASHES,
    Check.PAYLOADS,
    Check.DECIDED_AGAIN,
    Check.NEVER_NEGATIVE,
    Check.TABLE_ENTRIES,
    Check.TABLE_TRANSFERS,
)
"""What every ordinary entry is checked for, by the two halves together."""


_FIRST: Key = (0, 0, 0, 0)


class SwiftReplay(Replay):
    """A replay that takes ordinary entries too.

    `audience`, `tariffs`: the network's name and its tariffs, as ordinary entries were examined with them. `house_size`: how many
    entries the house has in all. `originals`: ids of the acts that are undone later.
    """

    def __init__(
        self,
        report: Report,
        verify: Callable[[Job], None] | None,
        *,
        act_rows: ActRows,
        audience: str,
        tariffs: dict[int, Tariff],
        house_size: int,
        originals: frozenset[bytes],
    ) -> None:
        super().__init__(report, verify)
        self._act_rows, self._originals = act_rows, originals
        self._audience, self._tariffs, self._house_size = audience, tariffs, house_size
        self._coming = Coming(self.tally.members, self.aliases)
        self._ordinary: dict[int, OrdinaryShard] = {}
        self._good_signers: dict[Signer, tuple[int, int]] = {}

    def feed(self, read: Read) -> Replayed:
        """Judges the next entry."""
        if read.entry is not None:
            self._coming.reach(key_after(_FIRST, read))
        if read.record.shard == HOUSE:
            self.add_up()  # what it decides may rest on the sums
        return super().feed(read)

    def book(self, shard: int) -> Book:
        """A shard's book, in which the wallet of a quiet member comes to be when it is asked for."""
        if shard not in self.books:
            wallets = Wallets(lambda member: self._of(shard).end_quiet(member))
            self.books[shard] = Book(shard, wallets=wallets, aliases=self.aliases)
        return self.books[shard]

    def feed_stretch(self, shard: int, stretch: Stretch) -> Iterator[Odd | int]:
        """Judges its entries. Yields, in order, each that must be fed before this goes on: an odd one, or an ordinary one's
        number, of which nothing is judged yet.
        """
        state = self.shards.setdefault(shard, ShardState())
        place = stretch.index, stretch.time_us, stretch.house
        tariffs = np.unique(stretch.rows.tariff).tolist()
        if not self._may_follow(state, place, tariffs, stretch.signers()):
            yield from stretch.each()
            return
        acts, ordinary, aliases = self._of(shard), stretch.ordinary(), stretch.rows.aliases
        turns: list[tuple[int, Odd | OrdinaryAct | None]] = [
            (index, None) for index in self._enrol(acts, shard, stretch.enrolments)
        ]
        named = {each.of_member() or "": each.index for each in reversed(stretch.odd)}
        turns += [(act.index, act) for act in acts.begin(stretch.rows, state.cycle, named)]
        turns += [(each.index, each) for each in stretch.odd]
        again: set[int] = set()
        self.house_ahead = stretch.house[1]
        for index, turn in sorted(turns, key=itemgetter(0)):
            if isinstance(turn, OrdinaryAct) and acts.take(turn, aliases.get(index)):
                continue
            _go_on(state, ordinary, index)
            if isinstance(turn, Odd):
                yield turn
            else:
                again.add(index)
                yield index
        self.house_ahead = 0
        acts.finish()
        _go_on(state, ordinary, INDEX_MAX)
        rows = stretch.rows.without(again) if again else stretch.rows
        enrolments = [each for each in stretch.enrolments if each.index not in again]
        self._act_rows.expect_run(shard, rows, enrolments)

    def feed_single(self, shard: int, single: Single | Enrolment) -> bool:
        """Judges an ordinary entry with nobody quiet. False if it must go the long way; then nothing is changed."""
        state = self.shards.setdefault(shard, ShardState())
        tariffs = [single.act.tariff] if isinstance(single, Single) else []
        place = single.index, single.time_us, (single.house, single.house)
        if not self._may_follow(state, place, tariffs, [single.signer]):
            return False
        if not (self._take(shard, single) if isinstance(single, Single) else self._come(shard, single)):
            return False
        state.size, state.time_us, state.house = single.index + 1, single.time_us, single.house
        state.leaf_hashes.append(single.leaf_hash)
        name = single.signer[1], single.act_id
        self._act_rows.expect([act_row(name, (shard, single.index), single.payload_sha256)])
        return True

    def _take(self, shard: int, single: Single) -> bool:
        acts = self._of(shard)
        acts.put_aside.begin(self.shards[shard].cycle)
        return acts.take(single.act, single.alias)

    def _come(self, shard: int, enrolment: Enrolment) -> bool:
        if self._is_known(enrolment):
            return False
        self.book(shard).wallets[enrolment.member] = Wallet(0)
        self.tally.members[enrolment.member] = shard
        self.aliases.update(dict.fromkeys(enrolment.aliases, enrolment.member))
        return True

    def _is_known(self, enrolment: Enrolment) -> bool:
        coming = self._coming
        return coming.knows(enrolment.member) or any(
            coming.owner(alias) is not None for alias in enrolment.aliases
        )

    def _enrol(self, acts: OrdinaryShard, shard: int, enrolments: Sequence[Enrolment]) -> list[int]:
        """Enrols members, and returns the numbers of those entries by which none can be enrolled."""
        failed: list[int] = []
        for each in enrolments:
            if self._is_known(each):
                failed.append(each.index)
            else:
                acts.enrol(each.member, each.index)
                key = each.house, 0, each.time_us, shard
                self._coming.add(key, shard, each.member, each.aliases)
        return failed

    def settle(self) -> None:
        """Decides again what quiet members did. InDoubtError if an act of any of them is not as the rules say."""
        self._coming.reach()
        for ordinary in self._ordinary.values():
            self.quiet_lots.append(ordinary.settle())

    def add_up(self) -> None:
        """Brings the sums up to the last entry that was fed."""
        for ordinary in self._ordinary.values():
            ordinary.put_aside.add_up()

    def forget_changes(self) -> None:
        """Empties the books' lists of what changed, which a writer would write and nobody needs here."""
        for book in self.books.values():
            book.forget_changes()

    def _of(self, shard: int) -> OrdinaryShard:
        if shard not in self._ordinary:
            act_ids = self.shards.setdefault(shard, ShardState()).act_ids
            self._ordinary[shard] = OrdinaryShard(
                self, shard, act_ids, self._coming, originals=self._originals
            )
            self.book(shard)
        return self._ordinary[shard]

    def _check_act_id(self, claim: Claim, entry: Entry, where: str) -> None:
        self.report.count(Check.ACT_IDS)
        name, place = (claim.partner, claim.act_id), (entry.shard, entry.index)
        self._act_rows.expect([act_row(name, place, claim.payload_sha256)])

    def _may_follow(
        self,
        state: ShardState,
        place: tuple[int, int, tuple[int, int]],
        tariffs: Iterable[int],
        signers: Iterable[Signer],
    ) -> bool:
        """Whether entries may come next, all under what is in force now. `place`: number and time of the first, and `house` of
        the first and the last.
        """
        house, (index, time_us, (first, last)) = self.house, place
        in_force = house.tariffs.get(house.tariff_number)
        return (
            index == state.size
            and time_us > state.time_us
            and 0 < first <= house.size
            and state.house <= first <= last <= self._house_size
            and state.cycle >= house.open_cycle
            and in_force is not None
            and all(number == house.tariff_number for number in tariffs)
            and self._tariffs.get(house.tariff_number) == in_force
            and all(self._may_sign(signer, first) for signer in signers)
        )

    def _may_sign(self, signer: Signer, house: int) -> bool:
        """By the key and for the network that the entry was examined with. Asked again only when the house has moved."""
        now = (house, self.house.size)
        if self._good_signers.get(signer) == now:
            return True
        kind, partner, keyid = signer
        network = self.house.network
        if network is None or network.origin != self._audience or partner not in self.house.partners:
            return False
        if what_is_wrong_with_key(self.house, kind, at=house, keyid=keyid, partner=partner) is not None:
            return False
        if keyid_of(self.house.keys[keyid].spki) != keyid or why_stopped(self.house, partner) is not None:
            return False
        self._good_signers[signer] = now
        return True


def _go_on(state: ShardState, ordinary: InOrder, stop: int) -> None:
    """Takes a shard's state past the ordinary entries from where it is up to and without `stop`."""
    start, end = [bisect_left(ordinary.index, number) for number in (state.size, stop)]
    if start < end:
        state.size, state.time_us = ordinary.index[end - 1] + 1, ordinary.time_us[end - 1]
        state.house = ordinary.house[end - 1]
        state.leaf_hashes += ordinary.leaf_hash[start:end]
