"""Who comes to owe whom for points, by the demo's independent judge. Pure, and sharing no code with the `settlement` package.

Money is counted in micros, millionths of a euro. A month's debts are what accrued up to its end, in whole cents, less what had
accrued before it: a fraction of a cent waits for the month in which it makes a whole one.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

MICROS_PER_CENT = 10_000


@dataclass(frozen=True, slots=True)
class Prices:
    """What a point costs and earns, in micros. `fund`: whose debts the pool's are; None where there is none."""

    point: int = MICROS_PER_CENT
    fund: str | None = None
    price: int = 0
    fee: int = 0
    interchange: int = 0


@dataclass(frozen=True, slots=True)
class Lot:
    """Points of one member from one issue (or the part of it still unspent, or the slice just spent)."""

    funder: str
    points: int


@dataclass(slots=True)
class Debts:
    """Debts between pairs of participants as they accrue, and those that a month has touched."""

    prices: Prices
    _micros: Counter[tuple[str, str]] = field(default_factory=Counter)
    _before: Counter[tuple[str, str]] = field(default_factory=Counter)

    def issue(self, partner: str, points: int) -> None:
        """In the pool an issuer pays for its points at once, and a fee."""
        prices = self.prices
        if prices.fund is not None:
            self._owe(partner, prices.fund, points * (prices.price + prices.fee))

    def redeem(self, partner: str, slices: Iterable[Lot]) -> None:
        """The pool pays for all points, or each funder for its own; the redeemer pays funders the interchange."""
        prices = self.prices
        for part in slices:
            payer = part.funder if prices.fund is None else prices.fund
            self._owe(payer, partner, part.points * prices.point)
            self._owe(partner, part.funder, part.points * prices.interchange)

    def _owe(self, debtor: str, creditor: str, micros: int) -> None:
        if debtor != creditor and micros > 0:
            self._micros[debtor, creditor] += micros

    def end_month(self) -> dict[tuple[str, str], int]:
        """The cents of the month for every pair that it touched; the next month begins."""
        touched = {
            pair: micros // MICROS_PER_CENT - self._before[pair] // MICROS_PER_CENT
            for pair, micros in self._micros.items()
            if micros != self._before[pair]
        }
        self._before = self._micros.copy()
        return touched
