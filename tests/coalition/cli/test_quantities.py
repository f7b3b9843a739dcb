"""Points and value as people type them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.cli.quantities import Quantity, left_after, read_quantity
from coalition.client import BlockingClient, Identity
from settlement.errors import CoalitionError
from settlement.journal.acts import Outcome
from settlement.money import AMOUNT_MAX, POINTS, VALUE
from settlement.signing import ED25519, new_key

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


def test_a_recorded_act_is_told_even_if_nobody_tells_the_currency_any_more(tmp_path: Path) -> None:
    nowhere = f"unix:{tmp_path}/nowhere"
    identity = Identity("clearing.example/test", nowhere, "bakery", new_key(ED25519), new_key().spki, None)
    outcome = Outcome("", b"", 1, 7, b"", 0, None, "m", 2_270, VALUE)
    with BlockingClient(identity, deadline_seconds=0.2) as nobody_answers:
        assert str(left_after(nobody_answers, outcome)) == "2,270 minor units of value"
        assert str(left_after(nobody_answers, outcome, read_quantity("5.00EUR"))) == "22.70 EUR"
