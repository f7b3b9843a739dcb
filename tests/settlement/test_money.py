"""Amounts are integers from the till to the bank; only their spelling has a decimal point."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.money import (
    AMOUNT_MAX,
    MICROS_MAX,
    MICROS_PER_UNIT,
    RATE_MAX_MICROS,
    floor_to_minor,
    format_micros,
    format_minor,
    micros_per_minor,
)

DIGITS = st.integers(0, 6)
AMOUNTS = st.integers(-999, 999) | st.integers(-(10**25), 10**25)


@given(AMOUNTS, DIGITS)
def test_what_is_written_reads_back_as_the_same_amount(amount: int, digits: int) -> None:
    written = format_minor(amount, minor_digits=digits)
    assert Fraction(written) == Fraction(amount, 10**digits)
    whole, point, decimals = written.partition(".")
    assert (bool(point), len(decimals)) == (digits > 0, digits)
    assert whole.removeprefix("-").isdigit()
    assert (whole[0] == "-") == (amount < 0)


@given(AMOUNTS)
def test_micros_are_written_with_all_six_decimals(micros: int) -> None:
    assert format_micros(micros) == format_minor(micros, minor_digits=6)


@pytest.mark.parametrize(
    ("amount", "digits", "written"),
    [(-123_456, 2, "-1234.56"), (5, 2, "0.05"), (0, 2, "0.00"), (7, 0, "7"), (1, 3, "0.001")],
)
def test_money_as_people_write_it(amount: int, digits: int, written: str) -> None:
    assert format_minor(amount, minor_digits=digits) == written


@given(DIGITS)
def test_a_unit_has_a_whole_number_of_minor_units_and_these_of_micros(digits: int) -> None:
    assert micros_per_minor(digits) * 10**digits == MICROS_PER_UNIT


@given(st.integers(0, 2**80), DIGITS)
def test_flooring_keeps_all_but_a_fraction_of_a_minor_unit(micros: int, digits: int) -> None:
    unit = micros_per_minor(digits)
    assert 0 <= micros - floor_to_minor(micros, minor_digits=digits) * unit < unit


def test_the_largest_act_at_the_dearest_rate_fits_one_transfer() -> None:
    assert AMOUNT_MAX * RATE_MAX_MICROS <= MICROS_MAX
