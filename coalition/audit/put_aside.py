"""Sums over ordinary acts that nobody needs at once: kept apart for a while, and added to the tally together."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TypeAlias

from coalition.audit.history import History
from coalition.audit.ordinary_rows import ISSUE
from settlement.house.tariff import Tariff
from settlement.journal.leaf import Transfer
from settlement.ledger.chart import issued, redeemed
from settlement.money import POINTS

Leg: TypeAlias = tuple[str, str, str]
"""Debit, credit and asset of postings."""


class PutAside:
    """Those of one shard."""

    def __init__(self, history: History, shard: int) -> None:
        self._tally, self._taxed, self._shard = history.tally, history.taxed, shard
        self._cycle = 0
        self._moved: defaultdict[Leg, list[int]] = defaultdict(lambda: [0, 0])
        self._spent: defaultdict[str, int] = defaultdict(int)

    def begin(self, cycle: int) -> None:
        """What follows falls into this cycle."""
        if cycle != self._cycle:
            self.add_up()
            self._cycle = cycle

    def points(self, kind: str, partner: str, points: int, count: int = 1) -> None:
        """So many acts of a partner moved points; its side of them."""
        leg = (issued(partner), "", POINTS) if kind == ISSUE else ("", redeemed(partner), POINTS)
        self._add(leg, points, count)

    def money(self, posts: Sequence[Transfer], terms: Tariff) -> None:
        """The money of one act."""
        for debit, credit, asset, amount in posts:
            self._add((debit, credit, asset), amount, 1)
        self._taxed.post(self._shard, posts, terms)

    def alike(self, unit: Sequence[Transfer], points: int, count: int) -> None:
        """The money of so many redemptions of that many points in all, by what one point moves. There is no fee among it."""
        for debit, credit, asset, amount in unit:
            self._add((debit, credit, asset), amount * points, count)

    def spent(self, funder: str, points: int) -> None:
        """Points of a funder were spent."""
        self._spent[funder] += points

    def add_up(self) -> None:
        """Brings the tally up to the last act."""
        for leg, (amount, count) in self._moved.items():
            self._tally.post_many(self._shard, self._cycle, Transfer(*leg, amount), count)
        for funder, points in self._spent.items():
            self._tally.spent[funder, POINTS] += points
        self._moved.clear()
        self._spent.clear()

    def _add(self, leg: Leg, amount: int, count: int) -> None:
        sums = self._moved[leg]
        sums[0] += amount
        sums[1] += count
