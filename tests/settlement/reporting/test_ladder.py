"""Chain ladder: what follows from the triangle alone."""

from dataclasses import replace
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.reporting.ladder import Cohort, cumulative, estimates, factors


@st.composite
def triangles(draw: st.DrawFn) -> list[Cohort]:
    """Months of points, each one month younger than the one before, of which more and more are spent."""
    months = draw(st.integers(1, 8))
    cohorts = []
    for at in range(months):
        steps = draw(st.lists(st.integers(0, 1_000), min_size=months - at, max_size=months - at))
        spent = tuple(sum(steps[: age + 1]) for age in range(len(steps)))
        left = draw(st.integers(0, 5_000))
        cohorts.append(
            Cohort(f"2026-{at + 1:02}", spent[-1] + left, spent, draw(st.integers(0, left)) if left else 0)
        )
    return cohorts


def test_a_triangle_by_hand() -> None:
    cohorts = [
        Cohort("2026-01", 1_000, (100, 200, 300)),
        Cohort("2026-02", 1_000, (200, 400)),
        Cohort("2026-03", 1_000, (50,)),
        Cohort("2026-04", 0, (0,)),
    ]
    assert factors(cohorts) == [Fraction(2), Fraction(3, 2)]
    found = estimates(cohorts)
    assert [each.spent_at_last for each in found] == [300, 600, 150, 0]
    assert [each.breakage for each in found] == [700, 400, 850, 0]
    assert [each.redeemed_basis_points for each in found] == [3_000, 4_000, 500, 0]
    assert [each.breakage_basis_points for each in found] == [7_000, 4_000, 8_500, 0]


def test_no_months_have_no_estimates() -> None:
    assert factors([]) == []
    assert estimates([]) == []


@given(triangles())
def test_no_more_is_expected_than_can_be_spent_and_no_less_than_was(cohorts: list[Cohort]) -> None:
    for each in estimates(cohorts):
        cohort = each.cohort
        assert cohort.spent[-1] <= each.spent_at_last <= cohort.issued - cohort.expired
        assert each.breakage >= cohort.expired


@given(triangles())
def test_of_the_oldest_month_nothing_more_is_expected(cohorts: list[Cohort]) -> None:
    assert estimates(cohorts)[0].spent_at_last == cohorts[0].spent[-1]


@given(triangles(), st.randoms(use_true_random=False))
def test_the_order_of_the_months_changes_nothing(cohorts: list[Cohort], random: Random) -> None:
    mixed = list(cohorts)
    random.shuffle(mixed)
    assert sorted(map(repr, estimates(mixed))) == sorted(map(repr, estimates(cohorts)))


@given(triangles(), st.integers(2, 1_000))
def test_factors_know_no_unit(cohorts: list[Cohort], times: int) -> None:
    larger = [replace(each, spent=tuple(times * points for points in each.spent)) for each in cohorts]
    assert factors(larger) == factors(cohorts)


@given(
    st.lists(st.integers(1, 10**9), min_size=2, max_size=8),
    st.lists(st.integers(1, 9), min_size=8, max_size=8),
)
def test_months_that_all_go_the_same_way_are_foretold_exactly(first: list[int], steps: list[int]) -> None:
    """Whatever each month began with, if every one grew by the same factors the younger ones are expected to go on so."""
    way = [1]
    for step in steps[: len(first) - 1]:
        way.append(way[-1] * step)
    issued = max(first) * way[-1]
    cohorts = [
        Cohort(str(at), issued, tuple(start * grown for grown in way[: len(first) - at]))
        for at, start in enumerate(first)
    ]
    assert [each.spent_at_last for each in estimates(cohorts)] == [start * way[-1] for start in first]


@pytest.mark.parametrize(
    ("of_month", "sums"),
    [
        ({}, (0, 0, 0)),
        ({"2026-01": 5, "2026-03": 2}, (5, 5, 7)),
        ({"2026-01": 5, "2026-02": -7, "2026-03": 3}, (5, 0, 1)),
    ],
)
def test_sums_up_to_each_month(of_month: dict[str, int], sums: tuple[int, ...]) -> None:
    assert cumulative(["2026-01", "2026-02", "2026-03"], of_month) == sums
