"""Cycles and what is owed in them: docs/clearing.md, "Cycle", "From micros to cents" and "Netting"."""

from collections.abc import Iterable

from coalition.simulation.model.calendars import moments
from coalition.simulation.model.tariffs import Tariffs
from coalition.simulation.model.terms import (
    HOUSE,
    MICROS_PER_UNIT,
    Answer,
    CycleFigures,
    Line,
    ModelError,
    Place,
    Post,
    spell_time,
)
from coalition.simulation.model.timeline import Timeline
from settlement.clearing.acts import CloseCycle

OPERATORS = ("fund", "fee-income", "vat", "spread", "breakage")
"""The operator's accounts beside its position."""
Pair = tuple[str, str]
"""Debtor and creditor."""


class Cycles:
    """Which cycle is open, where each shard cut the earlier ones, and what accrued in each, in micros."""

    def __init__(self, *, operator: str, shards: int, minor_digits: int) -> None:
        self.operator = operator
        self.unit = MICROS_PER_UNIT // int(10**minor_digits)
        self._open = Timeline(0, 1)
        self.cuts: dict[int, list[int]] = {shard: [] for shard in range(HOUSE + 1, shards + 1)}
        """For each shard the entry number at which each cycle ended: the first one that is not in it."""
        self.closed_at: dict[int, int] = {}
        """The house entry that closed each cycle."""
        self.accrued: dict[int, dict[Pair, int]] = {1: {}}
        self._fixed: dict[int, CycleFigures] = {}
        """Figures of cycles that are cut everywhere, which nothing changes any more."""

    def open(self, house: int) -> int:
        """The number of the cycle that is open under a house size."""
        number = self._open.at(house)
        assert number is not None, "the founding opens cycle 1"
        return number

    def of_shard(self, shard: int) -> int:
        """The cycle that the shard's next entry falls into."""
        return len(self.cuts[shard]) + 1

    def close(self, place: Place, body: CloseCycle) -> Answer:
        """Ends the open cycle and opens the next."""
        about: list[Line] = [("cycle", str(body.cycle))]
        if body.label:
            about.append(("label", body.label))
        number = self.open(place.house)
        if not 1 <= body.cycle <= number:
            return Answer("CYCLE_UNKNOWN", about)
        if body.cycle < number:
            return Answer("CYCLE_NOT_OPEN", about)
        self._end(place, number)
        return Answer(None, about)

    def close_by_calendar(self, place: Place, tariffs: Tariffs) -> tuple[Line, ...]:
        """The lines of the close that is due: one for all moments that have passed. ModelError NO_CLOSE_DUE."""
        passed = moments(tariffs.at(place.house).terms, tariffs.closes_after_us, place.time_us)
        if not passed:
            raise ModelError("NO_CLOSE_DUE", f"no cycle closes by itself at {spell_time(place.time_us)}")
        moment, label = passed[-1]
        number = self.open(place.house)
        self._end(place, number)
        tariffs.closes_after_us = place.time_us
        return ("cycle", str(number)), ("label", label), ("due", spell_time(moment))

    def _end(self, place: Place, number: int) -> None:
        self._open.set(place.index, number + 1)
        self.closed_at[number] = place.index
        self.accrued[number + 1] = {}

    def is_cut_due(self, shard: int, house: int) -> bool:
        """Whether the shard must end a cycle before it takes an act under this house size."""
        return self.of_shard(shard) < self.open(house)

    def cut(self, place: Place) -> tuple[Line, ...]:
        """The lines of the cut that is due."""
        if place.shard == HOUSE or not self.is_cut_due(place.shard, place.house):
            raise ModelError("NO_CUT_DUE", f"shard {place.shard} has no closed cycle to cut")
        number, ends = self.of_shard(place.shard), self.cuts[place.shard]
        start = ends[-1] if ends else 0
        ends.append(place.index)
        return ("cycle", str(number)), ("range", f"{start} {place.index}")

    def add_debts(self, place: Place, posts: Iterable[Post]) -> None:
        """What each posting between two participants makes one owe the other: in the shard's cycle, in the house's open one."""
        cycle = self.open(place.house) if place.shard == HOUSE else self.of_shard(place.shard)
        for post in posts:
            pair = self.parties(post)
            if pair is not None:
                owed = self.accrued[cycle]
                owed[pair] = owed.get(pair, 0) + post.amount

    def parties(self, post: Post) -> Pair | None:
        """Whom a posting makes owe whom; None if it moves nothing between two participants."""
        debtor, creditor = self._owner(post.debit), self._owner(post.credit)
        return None if debtor is None or creditor is None or debtor == creditor else (debtor, creditor)

    def _owner(self, account: str) -> str | None:
        """The participant whose money an account is."""
        if account in OPERATORS:
            return self.operator
        kind, _, name = account.partition(":")
        return name if kind == "position" else None

    def is_cut(self, cycle: int) -> bool:
        """Whether every shard has cut the cycle, so that nothing can fall into it any more."""
        return all(self.of_shard(shard) > cycle for shard in self.cuts)

    def figures(self, cycle: int) -> CycleFigures | None:
        """What a correct proposal says; None while the cycle is not cut everywhere, or if there is none."""
        if cycle in self.accrued and cycle not in self._fixed and self.is_cut(cycle):
            self._fixed[cycle] = figures_of(self.owed(cycle))
        return self._fixed.get(cycle)

    def owed(self, cycle: int) -> dict[Pair, int]:
        """Minor units that fall into the cycle, for each pair with a posting in it."""
        return {pair: self._whole(pair, cycle) - self._whole(pair, cycle - 1) for pair in self.accrued[cycle]}

    def _whole(self, pair: Pair, last: int) -> int:
        """Whole minor units accrued up to the end of a cycle."""
        return sum(self.accrued[cycle].get(pair, 0) for cycle in range(1, last + 1)) // self.unit


def figures_of(owed: dict[Pair, int]) -> CycleFigures:
    """A matrix of obligations, netted as the page's formulas say."""
    names = sorted({name for pair in owed for name in pair})
    owes = {name: sum(amount for (debtor, _), amount in owed.items() if debtor == name) for name in names}
    is_owed = {
        name: sum(amount for (_, creditor), amount in owed.items() if creditor == name) for name in names
    }
    nets = {name: owes[name] - is_owed[name] for name in names}
    gross = sum(owed.values())
    bilateral = sum(max(0, amount - owed.get((pair[1], pair[0]), 0)) for pair, amount in owed.items())
    return CycleFigures(gross, bilateral, sum(max(0, net) for net in nets.values()), nets)
