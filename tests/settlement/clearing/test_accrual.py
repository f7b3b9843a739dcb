"""Cutting accrued micros into cycles of whole minor units loses and invents nothing."""

from hypothesis import given
from hypothesis import strategies as st

from settlement.clearing.accrual import Accrual, owed_before, owed_within

PAIR = ("acme", "bakery")
accrued = st.integers(0, 10**20)


def cut(cycles: list[int]) -> list[Accrual]:
    """One accrual per cycle from the micros that each cycle brought."""
    return [Accrual(sum(cycles[:place]), micros, 1 if micros else 0) for place, micros in enumerate(cycles)]


def test_a_fraction_waits_for_the_cycle_that_makes_it_whole() -> None:
    assert [accrual.within_minor(2) for accrual in cut([15_000, 4_999, 1, 29_999])] == [1, 0, 1, 2]


@given(st.lists(accrued, max_size=20), st.integers(0, 6))
def test_the_cycles_together_are_what_accrued_floored_once(cycles: list[int], minor_digits: int) -> None:
    minor = [accrual.within_minor(minor_digits) for accrual in cut(cycles)]
    assert all(amount >= 0 for amount in minor)
    assert sum(minor) == sum(cycles) // 10 ** (6 - minor_digits)


@given(st.lists(accrued, min_size=1, max_size=20), st.integers(0, 6))
def test_what_is_owed_before_a_cycle_is_the_sum_of_the_earlier_ones(
    cycles: list[int], minor_digits: int
) -> None:
    *earlier, last = cut(cycles)
    assert owed_before({PAIR: last}, minor_digits) == {
        PAIR: sum(a.within_minor(minor_digits) for a in earlier)
    }


def test_a_pair_belongs_to_a_cycle_by_its_postings_and_not_by_its_amount() -> None:
    idle, small = Accrual(10**9, 0, 0), Accrual(0, 9_999, 1)
    assert owed_within({PAIR: idle}, 2) == {}
    assert owed_within({PAIR: small}, 2) == {PAIR: 0}
