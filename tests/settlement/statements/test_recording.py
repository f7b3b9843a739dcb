"""The journal names every statement once, by numbers without a gap, in entries that fit a leaf."""

from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import CoalitionError
from settlement.house.decide import PARTNERS_MAX
from settlement.house.records import Cycle
from settlement.house.state import House
from settlement.journal.leaf import HOUSE, LEAF_BYTES_MAX, Entry, format_leaf, parse_leaf
from settlement.statements.build import participants
from settlement.statements.recording import (
    DOCUMENTS_PER_ENTRY,
    Document,
    cycle_to_record,
    documents_of,
    first_document,
    recorded,
)
from settlement.statements.spelling import documents
from tests.settlement.statements.books import GOLDEN

HASH = "ab" * 32
ENTRY = 10**18


def named(cycle: int, *, first: int, count: int) -> list[Entry]:
    """What is written of a cycle with so many statements."""
    found = [Document(first + at, f"{at:03}" + "p" * 37, HASH, HASH) for at in range(count)]
    return [Entry(HOUSE, 0, 0, 1, draft.kind, draft.lines) for draft in recorded(cycle, found)]


def test_hashes_are_those_of_the_files() -> None:
    files = documents(GOLDEN)
    assert documents_of(GOLDEN) == [
        Document(
            number,
            name,
            *[sha256(files[f"3-2026-11/{name}.{form}"]).hexdigest() for form in ("json", "csv")],
        )
        for number, name in enumerate(participants(GOLDEN), 7)
    ]


def test_the_most_participants_with_the_longest_ids_fit_their_leaves() -> None:
    entries = named(1, first=ENTRY, count=PARTNERS_MAX + 1)
    assert len(entries) == -(-(PARTNERS_MAX + 1) // DOCUMENTS_PER_ENTRY)
    for entry in entries:
        leaf = format_leaf(replace(entry, index=ENTRY, house=ENTRY))
        assert len(leaf) < LEAF_BYTES_MAX
        assert parse_leaf(leaf).lines == entry.lines


@given(st.lists(st.integers(0, 450), min_size=1, max_size=8))
def test_numbers_go_on_from_cycle_to_cycle_without_a_gap(counts: list[int]) -> None:
    house = House(cycles={1: Cycle(1)})
    numbers: list[int] = []
    for cycle, count in enumerate(counts, 1):
        assert cycle_to_record(house) is None
        house.cycles[cycle] = replace(house.cycles[cycle], closed_at=house.size)
        house.cycles[cycle + 1] = Cycle(cycle + 1)
        assert cycle_to_record(house) == cycle
        for entry in named(cycle, first=first_document(house, cycle), count=count):
            house.apply(replace(entry, index=house.size))
            numbers += [int(line.split(" ")[0]) for line in entry.all("document")]
    assert numbers == list(range(1, sum(counts) + 1))
    assert house.recorded_cycles == len(counts)


def test_a_cycle_has_no_numbers_before_the_one_before_it() -> None:
    house = House(cycles={1: Cycle(1, closed_at=4), 2: Cycle(2)})
    assert first_document(house, 1) == 1
    with pytest.raises(CoalitionError) as raised:
        first_document(house, 2)
    assert raised.value.reason == "CYCLE_NOT_CLOSED"
