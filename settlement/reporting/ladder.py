"""Chain ladder: how many points of each month will ever be spent, judged by how older months went on. Pure.

A month's points are spent over the months after it. The factor of an age is what all months that are old enough had spent one
month later, over what they had spent by then. A younger month is expected to go on by these factors, never beyond what was
issued.
(Mack, "Distribution-free calculation of the standard error of chain ladder reserve estimates", ASTIN Bulletin 23.)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from settlement.money import BASIS_POINTS


@dataclass(frozen=True, slots=True)
class Cohort:
    """Points issued in one month. `spent`: of them by the end of that month and of each month after it."""

    month: str
    issued: int
    spent: tuple[int, ...]
    expired: int = 0


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is expected of a cohort: points that will have been spent in the end, rounded down, and those that never will."""

    cohort: Cohort
    spent_at_last: int

    @property
    def breakage(self) -> int:
        """Points that nobody is expected ever to spend, the expired among them."""
        return self.cohort.issued - self.spent_at_last

    @property
    def redeemed_basis_points(self) -> int:
        """The part that is spent by now, rounded down."""
        return _part(self.cohort.spent[-1], self.cohort.issued)

    @property
    def breakage_basis_points(self) -> int:
        """The part that is expected never to be spent, rounded down."""
        return _part(self.breakage, self.cohort.issued)


def factors(cohorts: Sequence[Cohort]) -> list[Fraction]:
    """By what the points spent grow from each age in months to the next; 1 where nobody had spent anything."""
    oldest = max([len(cohort.spent) for cohort in cohorts], default=0)
    found = []
    for age in range(oldest - 1):
        old_enough = [cohort.spent for cohort in cohorts if len(cohort.spent) > age + 1]
        before, after = (sum([spent[at] for spent in old_enough]) for at in (age, age + 1))
        found.append(Fraction(after, before) if before else Fraction(1))
    return found


def estimates(cohorts: Sequence[Cohort]) -> list[Estimate]:
    """What is expected of each cohort. What has expired cannot be spent any more."""
    growth = factors(cohorts)
    found = []
    for cohort in cohorts:
        expected = Fraction(cohort.spent[-1])
        for factor in growth[len(cohort.spent) - 1 :]:
            expected *= factor
        most = max(cohort.issued - cohort.expired, cohort.spent[-1])
        found.append(Estimate(cohort, min(int(expected), most)))
    return found


def cumulative(months: Sequence[str], of_month: Mapping[str, int]) -> tuple[int, ...]:
    """Sums up to the end of each month. What is undone counts in the month that undid it; no sum falls below zero."""
    total, found = 0, []
    for month in months:
        total += of_month.get(month, 0)
        found.append(max(total, 0))
    return tuple(found)


def _part(points: int, whole: int) -> int:
    return points * BASIS_POINTS // whole if whole else 0
