"""A cycle's statements in the journal: the number and the hashes of each, in `statements` entries of the house. Pure.

Numbers go on from cycle to cycle without a gap, so that a partner who keeps its statements sees that none is missing. JSON and
CSV are hashed: they have one spelling. Pages and workbooks are made of the JSON and name its hash.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from settlement.clearing.closing import CycleNotClosedError
from settlement.house.state import House
from settlement.journal.acts import ENGINE_LINE, Draft
from settlement.statements.build import statements
from settlement.statements.cyclebook import CycleBook
from settlement.statements.spelling import to_csv, to_json

DOCUMENTS_PER_ENTRY = 200
"""Statements that one entry names, so that it fits a leaf however long the partners' ids are."""


class Document(NamedTuple):
    """One statement: its number, whose it is, and SHA-256 of its bytes in hex."""

    number: int
    partner: str
    json_sha256: str
    csv_sha256: str


def documents_of(book: CycleBook) -> list[Document]:
    """All statements of a cycle, in order."""
    return [
        Document(number, told.partner, sha256(to_json(told)).hexdigest(), sha256(to_csv(told)).hexdigest())
        for number, told in enumerate(statements(book), book.first_document)
    ]


def recorded(cycle: int, documents: Sequence[Document]) -> list[Draft]:
    """The entries that state a cycle's statements: at least one, for a cycle of which nobody needs to be told anything."""
    parts = [
        documents[start : start + DOCUMENTS_PER_ENTRY]
        for start in range(0, max(1, len(documents)), DOCUMENTS_PER_ENTRY)
    ]
    return [
        Draft(
            "statements",
            (
                ("cycle", str(cycle)),
                *[
                    ("document", f"{each.number} {each.partner} {each.json_sha256} {each.csv_sha256}")
                    for each in part
                ],
                ENGINE_LINE,
            ),
        )
        for part in parts
    ]


def cycle_to_record(house: House) -> int | None:
    """The first closed cycle whose statements the journal does not name yet; shards may still have to cut it."""
    coming = house.cycles.get(house.recorded_cycles + 1)
    return None if coming is None or coming.closed_at is None else coming.number


def first_document(house: House, cycle: int) -> int:
    """The number of a cycle's first statement.

    CycleNotClosedError while the journal does not name the statements of the cycle before it, for moments only.
    """
    if cycle == 1:
        return 1
    before = house.cycles[cycle - 1].last_document
    if before is None:
        message = f"the statements of cycle {cycle - 1} are not numbered yet; ask again in a moment"
        raise CycleNotClosedError(message, soon=True)
    return before + 1
