"""A statement's bytes: the same every time, readable by any reader of JSON and CSV, and harmless in a spreadsheet."""

import csv
import io
import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given

from settlement.statements.build import statement, statements
from settlement.statements.cyclebook import CycleBook
from settlement.statements.spelling import COLUMNS, documents, folder_name, to_csv, to_json
from tests.settlement.statements.books import GOLDEN, cycle_books
from tests.settlement.statements.golden_texts import GOLDEN_CSV, GOLDEN_JSON


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("ascii"), newline=""), strict=True))


def test_a_golden_json() -> None:
    assert to_json(statement(GOLDEN, "cafe")) == GOLDEN_JSON


def test_a_golden_csv() -> None:
    assert to_csv(statement(GOLDEN, "bakery")) == GOLDEN_CSV.replace("\n", "\r\n").encode("ascii")


@given(cycle_books())
def test_the_order_in_which_a_book_was_filled_does_not_show(book: CycleBook) -> None:
    turned = replace(
        book,
        ranges=dict([*book.ranges.items()][::-1]),
        obligations=dict([*book.obligations.items()][::-1]),
        charges={pair: dict([*owed.items()][::-1]) for pair, owed in [*book.charges.items()][::-1]},
        activity=dict([*book.activity.items()][::-1]),
        value=dict([*book.value.items()][::-1]),
        opening=dict([*book.opening.items()][::-1]),
        settled=dict([*book.settled.items()][::-1]),
    )
    assert list(documents(turned).items()) == list(documents(book).items())


@given(cycle_books())
def test_json_read_back_says_what_the_statement_says(book: CycleBook) -> None:
    for told in statements(book):
        content = to_json(told)
        read = json.loads(content)
        assert (json.dumps(read, indent=2) + "\n").encode() == content
        unit = Decimal(10) ** book.minor_digits
        assert Decimal(read["net"]) * unit == told.net_minor
        assert Decimal(read["closing"]) * unit == told.closing_minor
        assert Decimal(read["opening"]) - Decimal(read["settled"]) + Decimal(read["net"]) == Decimal(
            read["closing"]
        )
        assert sum(Decimal(each["net"]) for each in read["counterparties"]) == Decimal(read["net"])
        assert read["points"]["redeemed"]["points"] == told.activity.redeemed.points
        assert Decimal(read["value"]["issued"]["amount"]) * unit == told.value.issued.points


@given(cycle_books())
def test_csv_has_one_shape_and_the_figures_of_the_json(book: CycleBook) -> None:
    for told in statements(book):
        rows, read = rows_of(to_csv(told)), json.loads(to_json(told))
        assert {len(row) for row in rows} == {len(COLUMNS)}
        lines = [dict(zip(COLUMNS, row, strict=True)) for row in rows[rows.index(list(COLUMNS)) + 1 :]]
        found = [(each["counterparty"], each["net"]) for each in lines if each["kind"] == "counterparty"]
        assert found == [(each["id"], each["net"]) for each in read["counterparties"]]
        nets = {each["kind"]: each["net"] for each in lines}
        assert (nets["opening"], nets["total"], nets["closing"]) == (
            read["opening"],
            read["net"],
            read["closing"],
        )


@given(cycle_books())
def test_no_text_in_csv_is_a_formula(book: CycleBook) -> None:
    for told in statements(book):
        for row in rows_of(to_csv(told)):
            numbers = [cell for cell in row if cell.startswith("-")]
            assert all(Decimal(cell) < 0 for cell in numbers)
            assert not [cell for cell in row if cell.startswith(("=", "+", "@", "\t", "\r"))]


@pytest.mark.parametrize(
    ("label", "folder"),
    [(None, "3"), ("2026-11", "3-2026-11"), ("../../x y", "3-..-..-x-y"), ("a\\b:c", "3-a-b-c")],
)
def test_a_label_cannot_lead_out_of_its_folder(label: str | None, folder: str) -> None:
    assert folder_name(replace(GOLDEN, label=label)) == folder
    assert next(iter(documents(replace(GOLDEN, label=label)))) == f"{folder}/acme.json"
