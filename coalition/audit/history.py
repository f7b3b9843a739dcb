"""The whole history in memory: what an audit has walked so far, and the engine's own rules, asked again about the next entry."""

from collections import Counter
from dataclasses import dataclass, field

from coalition.audit.claims import TAKEN
from coalition.audit.late import Late
from coalition.audit.opening import Openings
from coalition.audit.quiet_lots import QuietLots
from coalition.audit.subtrees import Levels
from coalition.audit.tally import Tally
from coalition.audit.taxed import Taxed
from settlement.clearing.accrual import owed_within
from settlement.clearing.decide import cycle_settled_by, decide_desk
from settlement.clearing.netting import Figures, net
from settlement.clearing.warnings import compared_with
from settlement.errors import CoalitionError
from settlement.house.security import account_of
from settlement.house.state import House
from settlement.journal.acts import Act, Draft
from settlement.journal.leaf import HOUSE, Entry
from settlement.ledger.acts import Enrol, TransferPoints
from settlement.ledger.book import Book
from settlement.ledger.decide import decide
from settlement.ledger.founding import SHARDS_MAX
from settlement.ledger.rules.expiring import see_to
from settlement.ledger.sweeping import arrival_draft, lapse_draft

CONTRADICTIONS = (
    CoalitionError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    StopIteration,
    RuntimeError,
)
"""What rules and folds raise when a journal contradicts itself: never the auditor's failure, always a finding."""


@dataclass(slots=True)
class ShardState:
    """How far one shard's history has been walked. `subtrees`: of its first leaves, as far as they were made."""

    size: int = 0
    house: int = 0
    time_us: int = 0
    cycle: int = 1
    cycle_start: int = 0
    ranges: dict[int, tuple[int, int]] = field(default_factory=dict)
    leaf_hashes: list[bytes] = field(default_factory=list)
    subtrees: list[Levels] = field(default_factory=list)
    act_ids: dict[int, str] = field(default_factory=dict)
    """Entry number to act id, of what later entries may name as their original."""


class History:
    """State after the last entry taken.

    `books`: member shards as deciding again leaves them; `tally`: what the leaves add up to; `taxed`: the tax due on their fees.
    `heads`: house entry and its values. `statements`: by cycle the entries that name them. `closed_at_us` by cycle. `deposited`:
    by account, in micros, less what was paid back. `quiet_lots`: those that stand neither in the tally nor in the books.
    """

    def __init__(self) -> None:
        self.house = House()
        self.tally = Tally()
        self.taxed = Taxed()
        self.late = Late()
        self.shards: dict[int, ShardState] = {HOUSE: ShardState()}
        self.books: dict[int, Book] = {}
        self.aliases: dict[bytes, str] = {TAKEN: ""}
        self.openings = Openings()
        self.quiet_lots: list[QuietLots] = []
        self.acts: dict[tuple[str, str], tuple[int, int]] = {}
        self.heads: list[tuple[int, list[str]]] = []
        self.statements: dict[int, list[Entry]] = {}
        self.founded_at_us = 0
        self.closed_at_us: dict[int, int] = {}
        self.deposited: Counter[str] = Counter()
        self._figures: dict[int, Figures] = {}
        self._withdrawals: dict[str, Entry] = {}

    @property
    def member_shards(self) -> range:
        """The numbers of the member shards, by the founding entry."""
        return range(1, min(self.house.founded.shards, SHARDS_MAX) + 1)

    def is_cut(self, cycle: int) -> bool:
        """Whether every member shard has cut the cycle."""
        return all(shard in self.shards and self.shards[shard].cycle > cycle for shard in self.member_shards)

    def figures(self, cycle: int) -> Figures:
        """The figures of a cycle that every shard has cut."""
        if cycle not in self._figures:
            digits = self.house.founded.minor_digits
            self._figures[cycle] = net(owed_within(self.tally.accruals(cycle), digits))
        return self._figures[cycle]

    def decide(self, act: Act[object], entry: Entry) -> Draft:
        """What the rules make of an act at this entry's place and time. Raises one of CONTRADICTIONS if they cannot say."""
        if entry.shard == HOUSE:
            cycle, figures, owed = cycle_settled_by(self.house, act.body), {}, {}
            if cycle is not None and self.is_cut(cycle):
                figures = {number: self.figures(number) for number in (*compared_with(cycle), cycle)}
                owed = {cycle: owed_within(self.tally.accruals(cycle), self.house.founded.minor_digits)}
            return decide_desk(self.house, figures, act, entry.time_us, owed)
        if isinstance(act.body, Enrol) and act.body.member in self.tally.members:
            raise ValueError(f"member {act.body.member} is enrolled already")
        book = self.book(entry.shard)
        if isinstance(act.body, TransferPoints):
            # Who came to live in another shard a moment ago need not have been known yet: then the leaf names nobody.
            book.transits.shards = {} if entry.get("recipient") is None else self.tally.members
        draft = decide(book, self.house, act, entry.index, entry.time_us)
        book.forget_changes()
        return draft

    def book(self, shard: int) -> Book:
        """A shard's book, as deciding again leaves it."""
        if shard not in self.books:
            self.books[shard] = Book(shard, aliases=self.aliases)
        return self.books[shard]

    def arrive(self, entry: Entry) -> tuple[Draft | None, str | None]:
        """The entry by which the transfer that this one names arrives, or why it must not arrive here."""
        shard, _, number = entry.one("original").partition(":")
        sender = self.books.get(int(shard), Book(int(shard)))
        transit = sender.transits.by_entry.get(int(number))
        if transit is None or not transit.is_open or transit.to_shard != entry.shard:
            return None, f"nothing of {entry.one('original')} is on its way here"
        book = self.book(entry.shard)
        draft = arrival_draft(book, self.house, transit, entry.index)
        book.forget_changes()
        return draft, None

    def lapse(self, entry: Entry) -> tuple[Draft | None, str | None]:
        """The entry by which the hold that this one names lapses, or why it must not lapse here."""
        shard, _, number = entry.one("original").partition(":")
        book = self.books.get(entry.shard, Book(entry.shard))
        hold = book.holds.get(int(number)) if shard == str(entry.shard) else None
        if hold is None or not hold.is_open:
            return None, f"there is no open hold {entry.one('original')}"
        if entry.time_us < hold.until_us:
            return None, f"hold {entry.one('original')} has not run out"
        draft = lapse_draft(entry.shard, book, self.house, hold, (entry.index, entry.time_us))
        book.forget_changes()
        return draft, None

    def see_to(self, entry: Entry) -> tuple[Draft | None, str | None]:
        """The entry that sees to the points of this one's member whose time has come, or why there can be none here."""
        member, book = entry.one("member"), self.books.get(entry.shard, Book(entry.shard))
        due = see_to(book, self.house, member, entry.time_us) if member in book.wallets else None
        book.forget_changes()
        return (None, f"nothing of member {member} is due") if due is None else (due[0], None)

    def take(self, entry: Entry, *, cycle: int) -> list[str]:
        """Adds an entry to the sums and moves the house on, as the journal says it. Returns what went below zero.

        What an entry of the house makes anyone owe is of the open cycle.
        Raises one of CONTRADICTIONS for an entry that does not fit those before it.
        """
        wrong = self.tally.add(entry, cycle=self.house.open_cycle if entry.shard == HOUSE else cycle)
        if entry.shard != HOUSE:
            self.taxed.add(entry, self.house.tariffs, self.tally.lots)
            if cycle in self.house.cycles:
                self.late.add(entry, cycle, self.house.cycles[cycle].began_us)
            return wrong
        self.house.apply(entry)
        if entry.kind == "found":
            self.founded_at_us = entry.time_us
        elif entry.kind == "heads":
            self.heads.append((entry.index, entry.all("head")))
        elif entry.kind == "statements":
            self.statements.setdefault(int(entry.one("cycle")), []).append(entry)
        elif entry.kind in ("close", "auto-close") and entry.refusal is None:
            self.closed_at_us[int(entry.one("cycle"))] = entry.time_us
        elif entry.kind == "deposit" and entry.refusal is None:
            self.deposited[_account(entry)] += _micros(entry)
        elif entry.kind == "withdraw-propose" and entry.refusal is None:
            self._withdrawals[entry.one("proposal")] = entry
        elif entry.kind == "withdraw-approve" and entry.refusal is None:
            proposed = self._withdrawals[entry.one("proposal")]
            self.deposited[_account(proposed)] -= _micros(proposed)
        return wrong


def _account(entry: Entry) -> str:
    return account_of(entry.one("security"), entry.one("subject"))


def _micros(entry: Entry) -> int:
    return int(entry.one("amount").split(" ")[1])
