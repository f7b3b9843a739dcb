"""Points and value as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.cli.quantities import Quantity, read_quantity
from settlement.errors import CoalitionError
from settlement.money import AMOUNT_MAX, POINTS, VALUE

QUANTITIES = st.builds(Quantity, st.just(POINTS), st.integers(1, AMOUNT_MAX), st.just("")) | st.builds(
    Quantity, st.just(VALUE), st.integers(1, AMOUNT_MAX), st.sampled_from(["EUR", "JPY", "KWD"])
)


@given(QUANTITIES)
def test_what_is_typed_comes_back(quantity: Quantity) -> None:
    assert read_quantity(quantity.typed) == quantity


def test_it_is_told_as_people_write_it() -> None:
    assert str(read_quantity("12500")) == "12,500 points"
    assert str(read_quantity("1250EUR")) == "1,250.00 EUR"
    assert read_quantity("12.5 EUR").spelled == "VAL 1250"
    assert read_quantity("500JPY").spelled == "VAL 500"


@pytest.mark.parametrize(
    "text",
    [
        *("", "0", "-5", "12.50", "0.00EUR", "0.001EUR", "1.5JPY", "-1EUR", "5eur", "EUR", "1..0EUR", "five"),
        *(str(AMOUNT_MAX + 1), "10000000000.01EUR", "\u0665EUR"),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(CoalitionError) as failure:
        read_quantity(text)
    assert failure.value.reason == "FIELD_INVALID"
