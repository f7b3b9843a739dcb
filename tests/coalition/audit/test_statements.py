"""Statements out of the books and out of the evidence are the same bytes, and explain what they ask for."""

import json
from decimal import Decimal
from typing import Any

import pytest

from settlement.database import READER, connect
from settlement.ledger.memory import load_house
from settlement.statements.reading import read_cycle_book
from settlement.statements.spelling import documents
from tests.coalition.audit.conftest import Evidence


@pytest.fixture
def told(evidence: Evidence) -> dict[str, bytes]:
    """The statements of all closed cycles, out of the books."""
    with connect(evidence.dsn, READER) as connection:
        house = load_house(connection)
        closed = [number for number, cycle in house.cycles.items() if cycle.closed_at is not None]
        books = [read_cycle_book(connection, house, number) for number in closed]
    return {f"statements/{name}": content for book in books for name, content in documents(book).items()}


def test_they_are_those_of_the_evidence(evidence: Evidence, told: dict[str, bytes]) -> None:
    files = evidence.forgery().files
    assert told == {name: content for name, content in files.items() if name.startswith("statements/")}


def test_purposes_add_up_to_every_amount(told: dict[str, bytes]) -> None:
    seen: set[str] = set()
    for statement in [json.loads(content) for name, content in told.items() if name.endswith(".json")]:
        for line in (*statement["counterparties"], statement):
            seen |= line["purposes"].keys()
            for side in ("owes", "owed"):
                assert sums(line["purposes"], side) == (Decimal(line[side]["amount"]), line[side]["count"])
    assert {"reimbursement", "interchange", "fee", "transfer_fee", "repayment", "carried"} <= seen


def sums(purposes: dict[str, Any], side: str) -> tuple[Decimal, int]:
    charges = [purpose[side] for purpose in purposes.values()]
    return sum([Decimal(charge["amount"]) for charge in charges], Decimal(0)), sum(
        charge["count"] for charge in charges
    )
