"""How much of what accrued falls into a cycle: pure, for the books and for anyone who recomputes them.

What accrued up to a cycle's end, floored to the minor unit, less what accrued before it, floored: so each fraction
of a minor unit waits for the cycle in which it makes a whole one, and the sums of all cycles never drift from what was
posted.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from settlement.money import floor_to_minor


@dataclass(frozen=True, slots=True)
class Accrual:
    """What one debtor came to owe one creditor, in micros: before a cycle and within it, with the postings within it."""

    before_micros: int
    within_micros: int
    count: int

    def before_minor(self, minor_digits: int) -> int:
        """What all earlier cycles together took, in minor units."""
        return floor_to_minor(self.before_micros, minor_digits=minor_digits)

    def within_minor(self, minor_digits: int) -> int:
        """What falls into the cycle itself, in minor units."""
        upto = floor_to_minor(self.before_micros + self.within_micros, minor_digits=minor_digits)
        return upto - self.before_minor(minor_digits)


Accruals = Mapping[tuple[str, str], Accrual]
"""(debtor, creditor) to what accrued up to the end of one cycle."""


def owed_within(accruals: Accruals, minor_digits: int) -> dict[tuple[str, str], int]:
    """The cycle's obligations in minor units: every pair with a posting in it, also where only a fraction accrued."""
    return {pair: accrual.within_minor(minor_digits) for pair, accrual in accruals.items() if accrual.count}


def owed_before(accruals: Accruals, minor_digits: int) -> dict[tuple[str, str], int]:
    """The obligations of all earlier cycles together, in minor units."""
    return {pair: accrual.before_minor(minor_digits) for pair, accrual in accruals.items()}
