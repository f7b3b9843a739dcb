"""A tariff has one spelling, and nothing else is read as one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import BooksError
from settlement.house.tariff import Tariff, parse_tariff

TARIFF = Tariff(10_000)


@given(st.builds(Tariff))
def test_what_is_spelled_is_read_back(tariff: Tariff) -> None:
    assert parse_tariff(value for _, value in tariff.lines()) == tariff


@pytest.mark.parametrize(
    "change",
    [
        lambda values: values[1:],
        lambda values: [*values, values[-1]],
        lambda values: [*values, "unheard-of 1"],
        lambda values: [values[0].replace(" ", " 0"), *values[1:]],
        lambda values: [values[0].replace("10000", "dear"), *values[1:]],
        lambda values: [value.replace("arrears", "maybe") for value in values],
    ],
    ids=[
        "a term is missing",
        "a term stands twice",
        "an unknown term",
        "another spelling",
        "no number",
        "no such policy",
    ],
)
def test_anything_else_is_refused(change: object) -> None:
    values = [value for _, value in TARIFF.lines()]
    with pytest.raises(BooksError):
        parse_tariff(change(values))  # type: ignore[operator]
