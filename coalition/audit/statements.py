"""Statements, made again from what was recorded, against the numbers and hashes that the journal names."""

from collections.abc import Callable
from itertools import zip_longest

from coalition.audit.checks import Check, Report
from coalition.audit.history import CONTRADICTIONS, History
from settlement.journal.acts import ENGINE_LINE
from settlement.journal.leaf import Entry
from settlement.statements.cyclebook import CycleBook, assemble
from settlement.statements.recording import documents_of, first_document, recorded


def what_is_wrong_with_statements(entry: Entry, history: History) -> str | None:
    """Why an entry that names statements cannot stand where it stands, or None. What it names is compared at the end."""
    cycle, named = int(entry.one("cycle")), history.house.recorded_cycles
    if cycle not in (named, named + 1) or cycle == 0:
        return f"statements of cycle {cycle} are named, due are those of cycle {named + 1}"
    if cycle not in history.house.cycles or history.house.cycles[cycle].closed_at is None:
        return f"statements of cycle {cycle} are named, which is not closed"
    return None if entry.lines[-1] == ENGINE_LINE else "the engine's entries carry no request"


def check_statements(history: History, report: Report, book_of: Callable[[int], CycleBook]) -> None:
    """Holds every entry that names statements against the statements of its cycle's book, made again once all cuts are there."""
    for cycle, entries in history.statements.items():
        if not history.is_cut(cycle):
            continue
        try:
            due = [draft.lines for draft in recorded(cycle, documents_of(book_of(cycle)))]
        except CONTRADICTIONS as error:
            sentence = f"they cannot be made again: {type(error).__name__} {error}"
            report.find(Check.STATEMENTS, f"cycle {cycle}", sentence)
            continue
        for entry, lines in zip_longest(entries, due):
            where = f"cycle {cycle}" if entry is None else f"{entry.shard}:{entry.index}"
            same = entry is not None and entry.lines == lines
            report.require(
                same, Check.STATEMENTS, where, "other statements follow from the journal than it names"
            )


def cycle_book(history: History, cycle: int) -> CycleBook:
    """A cycle's book from the leaves; every shard has cut it."""
    tally = history.tally
    return assemble(
        history.house,
        cycle,
        first_document=first_document(history.house, cycle),
        closed_at_us=history.closed_at_us[cycle],
        ranges={
            shard: state.ranges[cycle] for shard, state in history.shards.items() if cycle in state.ranges
        },
        accruals=tally.accruals(cycle),
        charges=tally.charged.of(cycle, operator=tally.operator),
        activity=tally.activity(cycle),
        late=history.late.of(cycle),
    )
