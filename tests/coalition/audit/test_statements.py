"""Statements out of the books and out of the evidence are the same bytes, and explain what they ask for."""

import json
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from settlement.database import READER, connect
from settlement.house.state import House
from settlement.ledger.memory import load_house
from settlement.statements.build import statements
from settlement.statements.drilling import FIRST_PLACE, Posting, postings_between
from settlement.statements.purposes import CARRIED
from settlement.statements.reading import ranges_of_cycle, read_cycle_book
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


def test_postings_add_up_to_every_amount(evidence: Evidence) -> None:
    with connect(evidence.dsn, READER) as connection:
        house = load_house(connection)
        for cycle in [number for number, each in house.cycles.items() if each.closed_at is not None]:
            book, ranges = (
                read_cycle_book(connection, house, cycle),
                ranges_of_cycle(connection, house, cycle),
            )
            for partner, line in [(each.partner, line) for each in statements(book) for line in each.lines]:
                found = postings_between(connection, house, ranges, partner, line.counterparty)
                assert found == paged(connection, house, ranges, partner, line.counterparty)
                for debtor, charges in ((partner, line.owes_for), (line.counterparty, line.owed_for)):
                    summed: Counter[str] = Counter()
                    for each in found:
                        summed[each.purpose] += each.micros if each.debtor == debtor else 0
                    said = {name: charge.micros for name, charge in charges.items() if name != CARRIED}
                    assert {name: micros for name, micros in summed.items() if micros} == said


def paged(connection: Any, house: House, ranges: dict[int, tuple[int, int]], *pair: str) -> list[Posting]:
    """The same in pages of two."""
    found: list[Posting] = []
    while more := postings_between(
        connection, house, ranges, *pair, after=found[-1].place if found else FIRST_PLACE, most=2
    ):
        found += more
    return found


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
