"""The replay's short way: what the history must say about an ordinary entry, and nothing that its own text has said already."""

from collections.abc import Callable, Container
from dataclasses import replace

from coalition.audit.act_rows import ActName, ActRows
from coalition.audit.checks import Check, Report
from coalition.audit.claims import Claim, read_claim, what_is_wrong_with_key
from coalition.audit.history import CONTRADICTIONS, ShardState
from coalition.audit.ordinary import Ordinary, body_of
from coalition.audit.records import Record
from coalition.audit.replay import Replay, first_difference
from coalition.audit.signatures import Job
from coalition.audit.tallied import TalliedLot
from settlement.clock import parse_time
from settlement.journal.leaf import Entry, parse_leaf
from settlement.ledger.acts import Enrol
from settlement.ledger.decide import rule
from settlement.ledger.rules.ruling import Ruling, outcome_lines, spelled
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

    `fetch` reads an entry again by shard and number, for the rare one that the rules contradict. `originals`: ids of all acts
    that a reversal ever names; nothing of the others needs to be kept. `audience`: the network's name, as ordinary entries
    were examined with it.
    """

    def __init__(
        self,
        report: Report,
        verify: Callable[[Job], None] | None,
        *,
        fetch: Callable[[int, int], Record],
        originals: Container[str],
        act_rows: ActRows,
        audience: str,
    ) -> None:
        super().__init__(report, verify)
        self._fetch = fetch
        self._act_rows = act_rows
        self._audience = audience
        self._originals = originals
        self._good_keys: dict[tuple[str, str, str], tuple[int, int]] = {}

    def feed_ordinary(self, item: Ordinary) -> bool:
        """Judges the next entry; False, and nothing is changed, if it must go the long way."""
        shard, index, house, time_us, kind, partner, act_id, keyid, sha256, asked = item[:10]
        member, end, balance_after, digest = item[10:]
        state = self.shards.setdefault(shard, ShardState())
        name = (partner, act_id)
        if (
            index != state.size
            or time_us <= state.time_us
            or not 0 < house <= self.house.size
            or house < state.house
            or state.cycle < self.house.open_cycle
            or (self.aliases_erased and any(alias not in self.aliases for alias in asked[1]))
            or (kind == "enrol" and member in self.tally.members)
            or not self._may_sign(keyid, kind, partner, house)
        ):
            return False
        book = self.book(shard)
        try:
            ruling = rule(book, self.house, name, body_of(kind, asked, member), index, time_us)
        except CONTRADICTIONS:
            return False
        self._act_rows.check(name, (shard, index, sha256))
        state.leaf_hashes.append(digest)
        state.size, state.time_us, state.house = index + 1, time_us, house
        if ruling.member != member or _end(shard, ruling) != end:
            self._contradicts(state, item, ruling)
            return True
        if ruling.balance_after != balance_after:
            sentence = f"balance_after is {balance_after}, the journal says {ruling.balance_after}"
            self.report.find(Check.TABLE_ENTRIES, f"{shard}:{index}", sentence)
        if ruling.refusal is None:
            self._add_ruling(state, name, ruling, (shard, index))
        return True

    def _check_act_id(self, claim: Claim, entry: Entry, where: str) -> None:
        self.report.count(Check.ACT_IDS)
        act = (entry.shard, entry.index, claim.payload_sha256)
        self._act_rows.check((claim.partner, claim.act_id), act)

    def _may_sign(self, keyid: str, kind: str, partner: str, house: int) -> bool:
        """By the key and for the network that the entry was examined with. Asked again only when the house has moved."""
        asked, now = (keyid, kind, partner), (house, self.house.size)
        if self._good_keys.get(asked) == now:
            return True
        network = self.house.network
        if network is None or network.origin != self._audience:
            return False
        if what_is_wrong_with_key(self.house, kind, at=house, keyid=keyid, partner=partner) is not None:
            return False
        if keyid_of(self.house.keys[keyid].spki) != keyid:
            return False
        self._good_keys[asked] = now
        return True

    def _add_ruling(self, state: ShardState, name: ActName, ruling: Ruling, place: tuple[int, int]) -> None:
        """What the leaf says, which is what was ruled, goes into the sums."""
        tally, (shard, index) = self.tally, place
        wrong: list[str] = []
        for posting in ruling.posts:
            wrong += tally.post(shard, state.cycle, posting)
        for lot in ruling.new_lots:
            new = TalliedLot(
                lot.member,
                lot.funder,
                lot.asset,
                lot.quantity,
                lot.quantity,
                lot.expires_at_us,
                lot.tariff,
                lot.idle_months,
            )
            tally.open_lot((shard, *lot.name), new)
        for lot_name, points in ruling.taken:
            wrong += tally.move_points((shard, *lot_name), -points, spent=True)
        if ruling.kind == "enrol":
            tally.members[ruling.member or ""] = shard
        elif name[1] in self._originals:
            state.act_ids[index] = name[1]
        else:
            del self.books[shard].originals[name]
        for sentence in wrong:
            self.report.find(Check.NEVER_NEGATIVE, f"{shard}:{index}", sentence)

    def _contradicts(self, state: ShardState, item: Ordinary, ruling: Ruling) -> None:
        """The leaf does not end as the rules end it: says how, and goes on with what the leaf says."""
        shard, kind, asked, member = item[0], item[4], item[9], item[10]
        entry = parse_leaf(self._fetch(shard, item[1]).leaf)
        claim, body = read_claim(entry), body_of(kind, asked, member)
        if not isinstance(body, Enrol):
            body = replace(body, occurred_at_us=parse_time(entry.one("occurred")))
        assert claim is not None
        draft = spelled(shard, claim.act(body), ruling)
        where = f"{shard}:{entry.index}"
        self.report.find(Check.DECIDED_AGAIN, where, first_difference(entry, draft))
        self._add(state, entry, where)

    def forget_changes(self) -> None:
        """Empties the books' lists of what changed, which a writer would write and nobody needs here."""
        for book in self.books.values():
            book.forget_changes()


def _end(shard: int, ruling: Ruling) -> str:
    """The leaf's lines after `sig`."""
    return "".join([f"{key} {value}\n" for key, value in outcome_lines(shard, ruling)])
