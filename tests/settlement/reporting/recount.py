"""Reports judged another way: every leaf is read in order and taken at its word, as simply as can be, up to a moment."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from psycopg import Connection
from psycopg.rows import TupleRow

from settlement.clock import from_us
from settlement.journal.leaf import HOUSE, Entry, parse_leaf

LotName = tuple[int, int, int]


@dataclass
class Lot:
    """Points issued together: how many of them may still be spent, those in holds among them."""

    funder: str
    asset: str
    tariff: int
    points: int
    issued_at_us: int


@dataclass
class Recount:
    """What the leaves add up to. `months`: (asset, month of issue, what became of points, when) to points."""

    accounts: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    lots: dict[LotName, Lot] = field(default_factory=dict)
    sent: dict[tuple[int, int], list[Lot]] = field(default_factory=dict)
    months: dict[tuple[str, str, str, str], int] = field(default_factory=lambda: defaultdict(int))
    kinds: dict[tuple[int, int], str] = field(default_factory=dict)

    def take(self, entry: Entry) -> None:
        """One more entry."""
        if entry.refusal is not None:
            return
        self.kinds[entry.shard, entry.index] = entry.kind
        for debit, credit, asset, amount in entry.transfers():
            self.accounts[debit, asset][0] += amount
            self.accounts[credit, asset][1] += amount
        self._make(entry)
        self._move(entry)

    def _make(self, entry: Entry) -> None:
        lines = [value.split(" ") for value in entry.all("lot")]
        sources = [self.lots[_name(line[1])] for line in lines if line[0] == "take" and _is_known(self, line)]
        made: list[Lot] = []
        for word, *facts in lines:
            if word in ("new", "send", "grant"):
                funder, asset, points, _, tariff = facts[-5:]
                made.append(Lot(funder, asset, int(tariff), int(points), entry.time_us))
                if word == "grant" or (word == "new" and entry.kind == "issue"):
                    self._count(made[-1], "issued", entry.time_us, int(points))
            elif word == "renew":
                made.append(replace(self.lots[_name(facts[0])], points=int(facts[1])))
        if entry.kind == "transfer":
            made = [replace(lot, issued_at_us=sources[at].issued_at_us) for at, lot in enumerate(made)]
        if entry.kind == "arrive":
            made = self.sent.pop(_place(entry.one("original")))
        if any(line[0] == "send" for line in lines):
            self.sent[entry.shard, entry.index] = made
        else:
            self.lots |= {(entry.shard, entry.index, place): lot for place, lot in enumerate(made)}

    def _move(self, entry: Entry) -> None:
        undoes_issue = entry.kind == "reverse" and self.kinds[_place(entry.one("original"))] == "issue"
        for word, *facts in [value.split(" ") for value in entry.all("lot")]:
            if word not in ("take", "spend", "give", "renew"):
                continue
            name, points = _name(facts[0]), int(facts[1])
            lot = self.lots[name]
            if word in ("give", "renew"):
                if entry.kind == "reverse":
                    lot.points += points if word == "give" else 0
                    self._count(lot, "spent", entry.time_us, -points)
            elif entry.kind != "authorize":
                lot.points -= points
                is_sent = entry.kind == "transfer" and name[1] != entry.index
                if undoes_issue:
                    self._count(lot, "issued", entry.time_us, -points)
                elif not is_sent:
                    self._count(lot, "expired" if entry.kind == "expire" else "spent", entry.time_us, points)

    def _count(self, lot: Lot, purpose: str, time_us: int, points: int) -> None:
        self.months[lot.asset, _month(lot.issued_at_us), purpose, _month(time_us)] += points

    def open_lots(self) -> list[Lot]:
        """Those with points that may still be spent, also in another shard once they are there."""
        waiting = [lot for lots in self.sent.values() for lot in lots]
        return [lot for lot in [*self.lots.values(), *waiting] if lot.points]


def entries_of(connection: Connection[TupleRow]) -> list[Entry]:
    """All entries by time."""
    leaves = connection.execute("SELECT leaf FROM entries ORDER BY recorded_at_us, shard, index")
    return [parse_leaf(leaf.encode()) for (leaf,) in leaves]


def recounted(entries: Iterable[Entry], is_seen: Callable[[Entry], bool]) -> Recount:
    """What the entries that are seen add up to."""
    found = Recount()
    for entry in entries:
        if is_seen(entry):
            found.take(entry)
    return found


def by_time(time_us: int) -> Callable[[Entry], bool]:
    """Everything recorded up to a time."""
    return lambda entry: entry.time_us <= time_us


def by_house(size: int) -> Callable[[Entry], bool]:
    """A house of so many entries, and what was decided under no more of them."""
    return lambda entry: entry.index < size if entry.shard == HOUSE else entry.house <= size


def _is_known(found: Recount, line: list[str]) -> bool:
    return _name(line[1]) in found.lots


def _month(time_us: int) -> str:
    return f"{from_us(time_us):%Y-%m}"


def _place(text: str) -> tuple[int, int]:
    shard, _, index = text.partition(":")
    return int(shard), int(index)


def _name(text: str) -> LotName:
    place, _, nth = text.partition(".")
    return (*_place(place), int(nth))
