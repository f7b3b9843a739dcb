"""The replay's short way: what the history must say about ordinary entries, and nothing that their own text has said already."""

from collections.abc import Callable, Sequence

import numpy as np

from coalition.audit.act_rows import ActRows, act_row, act_rows
from coalition.audit.arrays import rows_of
from coalition.audit.checks import Check, Report
from coalition.audit.claims import Claim, what_is_wrong_with_key
from coalition.audit.history import ShardState
from coalition.audit.lazy_wallets import Wallets
from coalition.audit.ordinary_rows import Enrolment, OrdinaryRows, Signer
from coalition.audit.ordinary_shard import OrdinaryShard
from coalition.audit.records import Read
from coalition.audit.replay import Replay, Replayed
from coalition.audit.signatures import Job
from settlement.house.decide import why_stopped
from settlement.house.tariff import Tariff
from settlement.journal.leaf import HOUSE, Entry
from settlement.ledger.book import Book
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


class SwiftReplay(Replay):
    """A replay that takes ordinary entries too.

    `audience`, `tariffs`: the network's name and its tariffs, as ordinary entries were examined with them. `originals`: ids of
    the acts that are undone later. `quiet`: whether members may be quiet; if not, every act is decided when it comes.
    """

    def __init__(
        self,
        report: Report,
        verify: Callable[[Job], None] | None,
        *,
        act_rows: ActRows,
        audience: str,
        tariffs: dict[int, Tariff],
        originals: frozenset[bytes],
        quiet: bool,
    ) -> None:
        super().__init__(report, verify)
        self._act_rows, self._originals, self._quiet = act_rows, originals, quiet
        self._audience, self._tariffs = audience, tariffs
        self._ordinary: dict[int, OrdinaryShard] = {}
        self._good_signers: dict[Signer, tuple[int, int]] = {}

    def feed(self, read: Read) -> Replayed:
        """Judges the next entry."""
        if read.record.shard == HOUSE:
            self.add_up()  # what it decides may rest on the sums
        return super().feed(read)

    def book(self, shard: int) -> Book:
        """A shard's book, in which the wallet of a quiet member comes to be when it is asked for."""
        if shard not in self.books:
            wallets = Wallets(lambda member: self._of(shard).end_quiet(member))
            self.books[shard] = Book(shard, wallets=wallets, aliases=self.aliases)
        return self.books[shard]

    def feed_run(self, shard: int, run: OrdinaryRows) -> int:
        """Judges entries up to one that must go the long way, of which nothing is judged yet. Returns how many they were."""
        state = self.shards.setdefault(shard, ShardState())
        if not len(run) or not self._may_follow(
            state, int(run.index[0]), int(run.time_us[0]), int(run.house[0])
        ):
            return 0
        house, tariff = int(run.house[0]), int(run.tariff[0])
        places, known = np.unique(run.signer).tolist(), self._tariffs.get(tariff)
        if (tariff, known) != (self.house.tariff_number, self.house.tariff):
            return 0
        if not all(self._may_sign(run.signers[place], house) for place in places):
            return 0
        done = self._of(shard).take(run, state.cycle)
        if done:
            run = run.part(0, done)
            state.size, state.time_us, state.house = int(run.index[-1]) + 1, int(run.time_us[-1]), house
            state.leaf_hashes += rows_of(run.leaf_hash)
            self._act_rows.expect(act_rows(shard, run))
        return done

    def feed_enrolments(self, shard: int, run: Sequence[Enrolment]) -> int:
        """The same for enrolments."""
        state = self.shards.setdefault(shard, ShardState())
        if not run or not self._may_follow(state, run[0].index, run[0].time_us, run[0].house):
            return 0
        if not all(self._may_sign(signer, run[0].house) for signer in {each.signer for each in run}):
            return 0
        taken, members, aliases = self._of(shard), self.tally.members, self.aliases
        done = 0
        for each in run:
            if each.member in members or any(alias in aliases for alias in each.aliases):
                break
            taken.enrol(each.member)
            for alias in each.aliases:
                aliases[alias] = each.member
            done += 1
        for last in run[done - 1 : done]:
            state.size, state.time_us, state.house = last.index + 1, last.time_us, last.house
        state.leaf_hashes += [each.leaf_hash for each in run[:done]]
        self._act_rows.expect(
            [
                act_row((each.signer[1], each.act_id), (shard, each.index), each.payload_sha256)
                for each in run[:done]
            ]
        )
        return done

    def settle(self) -> None:
        """Decides again what quiet members did. InDoubtError if an act of any of them is not as the rules say."""
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
                self, shard, act_ids, originals=self._originals, quiet=self._quiet
            )
            self.book(shard)
        return self._ordinary[shard]

    def _check_act_id(self, claim: Claim, entry: Entry, where: str) -> None:
        self.report.count(Check.ACT_IDS)
        name, place = (claim.partner, claim.act_id), (entry.shard, entry.index)
        self._act_rows.expect([act_row(name, place, claim.payload_sha256)])

    def _may_follow(self, state: ShardState, index: int, time_us: int, house: int) -> bool:
        return (
            index == state.size
            and time_us > state.time_us
            and 0 < house <= self.house.size
            and house >= state.house
            and state.cycle >= self.house.open_cycle
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
