"""A history that acts make in columns, as far as their members are quiet."""

from collections.abc import Set
from dataclasses import replace

from coalition.audit.coming import Coming
from coalition.audit.lazy_wallets import Wallets
from coalition.audit.ordinary_acts import OrdinaryAct
from coalition.audit.ordinary_rows import OrdinaryRows
from coalition.audit.ordinary_shard import OrdinaryShard
from coalition.audit.quiet_lots import QuietLots
from coalition.audit.tallied import TalliedLot
from settlement.house.state import House
from settlement.ledger.book import Book, Wallet
from settlement.money import POINTS
from tests.coalition.audit.ordinary_story import (
    MEMBERS,
    Told,
    history_of,
    in_columns,
)


class Quiet:
    """A history that acts make in columns. `came_otherwise`: members whose enrolment was not an ordinary one."""

    def __init__(
        self, house: House, *, originals: Set[bytes] = frozenset(), came_otherwise: Set[str] = frozenset()
    ) -> None:
        self.history = history_of(house)
        self.coming = Coming(self.history.tally.members, self.history.aliases)
        self.shard = OrdinaryShard(self.history, 1, {}, self.coming, originals=frozenset(originals))
        self.wallets = Wallets(self.shard.end_quiet)
        self.history.books[1] = Book(1, wallets=self.wallets, aliases=self.history.aliases)
        for member in MEMBERS:
            if member in came_otherwise:
                self.history.book(1).enrol(member)
                self.history.tally.members[member] = 1
            else:
                self.shard.enrol(member, 0)
                self.coming.add((0, 0, 0, 1), 1, member, ())
        self.coming.reach()

    def take(self, acts: list[OrdinaryAct], told: Told, *, cycle: int = 1) -> list[OrdinaryAct]:
        """Those that are left to the rules."""
        return self.take_rows(in_columns(acts, told.book), cycle=cycle) if acts else []

    def take_rows(
        self, rows: OrdinaryRows, *, cycle: int = 1, instead: OrdinaryAct | None = None
    ) -> list[OrdinaryAct]:
        """`instead`: what the rules make of one that is left to them."""
        left = []
        for act in self.shard.begin(rows, cycle, {}):
            if not self.shard.take(act, rows.aliases.get(act.index)):
                left.append(act)
                assert instead is None or self.shard.take(instead, None)
        self.shard.finish()
        return left

    def assert_same(self, told: Told, lots: QuietLots) -> None:
        self.shard.put_aside.add_up()
        mine, theirs, quiet = self.history, told.history, _tallied(lots)
        named = self.history.book(1).lots
        assert {(1, *name) for name in named} == mine.tally.lots.keys()
        assert named == {name: lot for name, lot in told.book.lots.items() if name in named}
        assert not mine.tally.lots.keys() & quiet.keys()
        assert replace(mine.tally, lots=mine.tally.lots | quiet) == theirs.tally
        assert mine.taxed.due == theirs.taxed.due
        assert dict(self.wallets) == {
            member: Wallet(wallet.balance) if member in lots.members else wallet
            for member, wallet in told.book.wallets.items()
        }


def _tallied(lots: QuietLots) -> dict[tuple[int, int, int], TalliedLot]:
    facts = (
        lots.index,
        lots.member,
        lots.funder,
        lots.quantity,
        lots.remaining,
        lots.expires_us,
        lots.tariff,
    )
    found = {}
    for index, member, funder, *numbers in zip(*[column.tolist() for column in facts], strict=True):
        name = lots.members[member]
        assert name is not None
        found[1, index, 0] = TalliedLot(name, lots.funders[funder], POINTS, *numbers)
    return found
