"""What one closed cycle means for one company's own books: balanced journal entries. Pure; amounts in minor units.

What it owes and is owed is what its statement says, by purpose; what a purpose leaves below a minor unit is rounding. Between
cycles the liability for its points moves to what they are worth at the cycle's close, against their cost.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from settlement.money import micros_per_minor
from settlement.statements.purposes import (
    ADJUSTMENT,
    CARRIED,
    DEFERRED,
    FEE,
    INTERCHANGE,
    PRICE,
    REBATE,
    REIMBURSEMENT,
    REPAYMENT,
    TRANSFER_FEE,
    Charge,
)

OWES, OWED = "due_to_network", "due_from_network"
_SETTLEMENT, _LIABILITY, _COST, _ROUNDING = "settlement", "points_liability", "points_cost", "rounding"
_ROLES = {
    PRICE: (_COST, _COST),
    FEE: ("fees", "fees"),
    TRANSFER_FEE: ("fees", "fees"),
    REBATE: ("rebates", "rebates"),
    REIMBURSEMENT: ("redemption_income", _LIABILITY),
    INTERCHANGE: ("interchange_cost", "interchange_income"),
    DEFERRED: (_SETTLEMENT, _SETTLEMENT),
    ADJUSTMENT: (_SETTLEMENT, _SETTLEMENT),  # where the bank's payment stands
}
"""Purpose to the role of its account: where the company asked for the act, and where another did."""


@dataclass(frozen=True, slots=True)
class Move:
    """One balanced posting of a document: from a debit role to a credit role. `day`: None for that of the cycle's close."""

    document: str
    debit: str
    credit: str
    amount: int
    text: str
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """What the company owes, or is owed, for one purpose in acts that it asked for, or that others did."""

    side: str
    purpose: str
    is_own: bool
    charge: Charge

    @property
    def role(self) -> str:
        """The account that it is booked against."""
        if self.purpose == REPAYMENT:
            return _LIABILITY if self.side == OWES else "arrears_recovered"
        own, others = _ROLES.get(self.purpose, ("other", "other"))
        return own if self.is_own else others


class DayPart(NamedTuple):
    """What a day's entries made the company owe a counterparty, or be owed by it."""

    day: date
    counterparty: str
    part: Part


def charges_moves(
    document: str, parts: Sequence[Part], totals: Mapping[str, int], minor_digits: int
) -> Iterator[Move]:
    """What the cycle made the company owe and be owed; each side adds up to its total in the statement."""
    for side in (OWES, OWED):
        left = totals[side]
        for part in parts:
            amount = part.charge.micros // micros_per_minor(minor_digits)
            if part.side == side and part.purpose != CARRIED:
                left -= amount
                yield from _move(document, side, part.role, amount, part.purpose)
        yield from _move(document, side, _ROUNDING, left, CARRIED)


def day_moves(
    cycle: int, parts: Sequence[DayPart], totals: Mapping[tuple[str, str], int], minor_digits: int
) -> Iterator[Move]:
    """The same by day, counterparty and purpose, each of them a document. `totals`: by counterparty and side.

    A fraction of a minor unit waits for the day on which it makes a whole one; what is left of it at the close is rounding.
    """
    minor, left = micros_per_minor(minor_digits), dict(totals)
    micros: dict[tuple[str, Part], int] = {}
    for day, other, part in sorted(parts, key=lambda each: (each.day, each.counterparty, each.part.purpose)):
        if part.purpose == CARRIED:
            continue
        series = (other, replace(part, charge=Charge()))
        before = micros.get(series, 0)
        micros[series] = before + part.charge.micros
        amount = micros[series] // minor - before // minor
        left[other, part.side] -= amount
        document = f"{cycle}-{day}-{other}-{part.purpose}"
        text = f"{part.purpose} with {other}"
        yield from _move(document, part.side, part.role, amount, text, day)
    for (other, side), amount in left.items():
        yield from _move(f"{cycle}-{other}-{CARRIED}", side, _ROUNDING, amount, f"{CARRIED} with {other}")


def liability_moves(document: str, before: int, after: int, discharged: int) -> Iterator[Move]:
    """The liability for the company's points goes from one amount to another; `discharged`: taken off it by charges."""
    yield from _signed(document, _COST, _LIABILITY, after - before + discharged, "points issued and spent")


def settlement_moves(document: str, owes: int, owed: int) -> Iterator[Move]:
    """An approved settlement turns a cycle's debts and claims into one payment."""
    yield from _signed(document, OWES, _SETTLEMENT, owes, "owed before netting")
    yield from _signed(document, _SETTLEMENT, OWED, owed, "claimed before netting")


def discharged_by(moves: Sequence[Move]) -> int:
    """What moves take off the liability for points."""
    taken = sum([move.amount for move in moves if move.debit == _LIABILITY])
    return taken - sum([move.amount for move in moves if move.credit == _LIABILITY])


def _move(
    document: str, side: str, role: str, amount: int, text: str, day: date | None = None
) -> Iterator[Move]:
    ways = (role, side) if side == OWES else (side, role)
    yield from _signed(document, *ways, amount, text.replace("_", " "), day)


def _signed(
    document: str, debit: str, credit: str, amount: int, text: str, day: date | None = None
) -> Iterator[Move]:
    """An amount below zero goes the other way; nothing moves nothing."""
    if amount > 0:
        yield Move(document, debit, credit, amount, text, day)
    elif amount < 0:
        yield Move(document, credit, debit, -amount, text, day)
