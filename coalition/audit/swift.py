"""The replay's short way: what the history must say about ordinary entries, and nothing that their own text has said already."""

from collections.abc import Callable, Container, Sequence

from coalition.audit.act_rows import ActRows, act_row
from coalition.audit.checks import Check, Report
from coalition.audit.claims import Claim, what_is_wrong_with_key
from coalition.audit.history import ShardState
from coalition.audit.ordinary import ACT_ROW, DIGEST, HOUSE_SIZE, INDEX, TIME_US, Ordinary
from coalition.audit.ordinary_acts import OrdinaryActs
from coalition.audit.plain_payload import Signer
from coalition.audit.records import Read
from coalition.audit.replay import Replay, Replayed
from coalition.audit.signatures import Job
from settlement.house.decide import why_stopped
from settlement.journal.leaf import HOUSE, Entry
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

    `originals`: ids of all acts that a reversal ever names; nothing of the others needs to be kept. `audience`: the network's
    name, as ordinary entries were examined with it.
    """

    def __init__(
        self,
        report: Report,
        verify: Callable[[Job], None] | None,
        *,
        originals: Container[str],
        act_rows: ActRows,
        audience: str,
    ) -> None:
        super().__init__(report, verify)
        self._act_rows = act_rows
        self._audience = audience
        self._originals = originals
        self._acts: dict[int, OrdinaryActs] = {}
        self._good_signers: dict[Signer, tuple[int, int]] = {}

    def feed(self, read: Read) -> Replayed:
        """Judges the next entry."""
        if read.record.shard == HOUSE:
            self.add_up()  # what it decides may rest on the sums
        return super().feed(read)

    def feed_run(self, shard: int, run: Sequence[Ordinary]) -> int:
        """Judges entries up to one that must go the long way, of which nothing is judged yet. Returns how many they were."""
        state = self.shards.setdefault(shard, ShardState())
        if not run or not self._may_follow(state, run[0]):
            return 0
        house, signers = run[0][HOUSE_SIZE], {item[0] for item in run}
        if not all(self._may_sign(signer, house) for signer in signers):
            return 0
        if shard not in self._acts:
            self._acts[shard] = OrdinaryActs(self, shard, self._originals, state.act_ids)
        done = self._acts[shard].take(run, state.cycle)
        if done < len(run):
            run = run[:done]
        if run:
            last = run[-1]
            state.size, state.time_us, state.house = last[INDEX] + 1, last[TIME_US], last[HOUSE_SIZE]
            state.leaf_hashes += [item[DIGEST] for item in run]
            self._act_rows.expect([item[ACT_ROW] for item in run])
        return done

    def add_up(self) -> None:
        """Brings the sums up to the last entry that was fed."""
        for acts in self._acts.values():
            acts.add_up()

    def forget_changes(self) -> None:
        """Empties the books' lists of what changed, which a writer would write and nobody needs here."""
        for book in self.books.values():
            book.forget_changes()

    def _check_act_id(self, claim: Claim, entry: Entry, where: str) -> None:
        self.report.count(Check.ACT_IDS)
        name, place = (claim.partner, claim.act_id), (entry.shard, entry.index)
        self._act_rows.expect([act_row(name, place, claim.payload_sha256.hex())])

    def _may_follow(self, state: ShardState, first: Ordinary) -> bool:
        return (
            first[INDEX] == state.size
            and first[TIME_US] > state.time_us
            and 0 < first[HOUSE_SIZE] <= self.house.size
            and first[HOUSE_SIZE] >= state.house
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
