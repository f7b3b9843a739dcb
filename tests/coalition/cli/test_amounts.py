"""Amounts typed by people are read exactly or refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.cli.amounts import amount_minor, point_value_micros
from coalition.cli.currencies import minor_digits
from coalition.cli.printing import decimal_amount, money_micros, money_minor
from settlement.errors import CoalitionError
from settlement.money import RATE_MAX_MICROS, format_micros, format_minor


@given(st.integers(1, RATE_MAX_MICROS))
def test_a_point_value_comes_back_as_it_was_written(micros: int) -> None:
    assert point_value_micros(format_micros(micros)) == micros


@given(st.integers(1, 10**14), st.integers(0, 4))
def test_an_amount_comes_back_as_it_was_written(minor: int, digits: int) -> None:
    assert amount_minor(format_minor(minor, minor_digits=digits), minor_digits=digits) == minor


@given(st.integers(1, RATE_MAX_MICROS), st.integers(1, 9))
def test_a_seventh_decimal_is_refused(micros: int, digit: int) -> None:
    with pytest.raises(CoalitionError) as failure:
        point_value_micros(f"{Decimal(micros).scaleb(-6):f}{digit if micros % 10 else f'00000000{digit}'}")
    assert failure.value.reason == "FIELD_INVALID"


@pytest.mark.parametrize(
    "text", ["0", "-0.01", "9.000001", "1e99", "NaN", "Infinity", "", "0,01", "one", "0.0000001"]
)
def test_what_is_no_point_value_is_refused(text: str) -> None:
    with pytest.raises(CoalitionError) as failure:
        point_value_micros(text)
    assert failure.value.reason == "FIELD_INVALID"


def test_an_amount_with_commas_is_told_how_to_be_typed() -> None:
    with pytest.raises(CoalitionError) as failure:
        amount_minor("1,200.00", minor_digits=2)
    assert failure.value.message == (
        "'1,200.00' is no number with at most 2 decimals after a point and without commas, as 1200"
    )


@pytest.mark.parametrize(("currency", "digits"), [("EUR", 2), ("JPY", 0), ("KWD", 3)])
def test_a_currency_has_the_decimals_of_iso_4217(currency: str, digits: int) -> None:
    assert minor_digits(currency) == digits


@pytest.mark.parametrize("text", ["eur", "EURO", "E1R", ""])
def test_what_is_no_currency_is_refused(text: str) -> None:
    with pytest.raises(CoalitionError):
        minor_digits(text)


@pytest.mark.parametrize(
    ("minor", "shown"), [(123456789, "1,234,567.89 EUR"), (-5, "-0.05 EUR"), (0, "0.00 EUR")]
)
def test_money_is_shown_with_its_currency(minor: int, shown: str) -> None:
    assert money_minor(minor, currency="EUR", minor_digits=2) == shown


@pytest.mark.parametrize(
    ("text", "shown"), [("-1234567.89", "-1,234,567.89"), ("-0.50", "-0.50"), ("1000", "1,000")]
)
def test_a_documents_amount_keeps_its_sign_and_gets_separators(text: str, shown: str) -> None:
    assert decimal_amount(text) == shown


@pytest.mark.parametrize(
    ("micros", "shown"), [(-12_500_000, "-12.50 EUR"), (12_345, "0.012345 EUR"), (-1, "-0.000001 EUR")]
)
def test_fractions_of_a_cent_are_never_hidden(micros: int, shown: str) -> None:
    assert money_micros(micros, currency="EUR", minor_digits=2) == shown
