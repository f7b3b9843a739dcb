"""Netting: pure functions over a matrix of obligations in the currency's minor unit.

bilateral     net(i, j) = O(i, j) - O(j, i), paid if positive
multilateral  N(i) = sum over j of O(i, j) - O(j, i);  the sum of all N is zero;  cash = sum of max(N, 0)
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from settlement.money import BASIS_POINTS

Obligations = Mapping[tuple[str, str], int]
"""(debtor, creditor) to the amount owed; no amount is negative, nobody owes itself."""


@dataclass(frozen=True, slots=True)
class Figures:
    """A cycle in three ways of paying it, in minor units. `nets`: positive pays, negative is paid, in order of participant."""

    gross: int
    bilateral: int
    multilateral: int
    nets: dict[str, int]


def net(obligations: Obligations) -> Figures:
    """All figures of a cycle. A participant whose obligations cancel out has a net of zero and still appears."""
    gross, bilateral = 0, 0
    nets: dict[str, int] = {}
    for (debtor, creditor), amount in obligations.items():
        gross += amount
        bilateral += max(0, amount - obligations.get((creditor, debtor), 0))
        nets[debtor] = nets.get(debtor, 0) + amount
        nets[creditor] = nets.get(creditor, 0) - amount
    return _figures(gross, bilateral, nets)


def figures_from(parts: Iterable[tuple[str, Decimal, Decimal, Decimal]]) -> Figures:
    """The same from each participant's parts of gross and bilateral, in which every pair counts once, and its net."""
    gross, bilateral = 0, 0
    nets: dict[str, int] = {}
    for participant, of_gross, of_bilateral, amount in parts:
        gross += int(of_gross)
        bilateral += int(of_bilateral)
        nets[participant] = int(amount)
    return _figures(gross, bilateral, nets)


def _figures(gross: int, bilateral: int, nets: Mapping[str, int]) -> Figures:
    multilateral = sum([amount for amount in nets.values() if amount > 0])
    return Figures(gross, bilateral, multilateral, dict(sorted(nets.items())))


def saving_basis_points(figures: Figures) -> int:
    """The part of the gross amount that multilateral netting keeps from being paid, in basis points, 0 to 10,000.

    Rounded down, so that the saving is never overstated; 0 when nothing is owed.
    """
    return (figures.gross - figures.multilateral) * BASIS_POINTS // figures.gross if figures.gross else 0
