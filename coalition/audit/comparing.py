"""Rows of a table against what the journal says they are."""

from collections.abc import Iterable
from typing import Any, TypeAlias

from coalition.audit.checks import Check, Report

Row: TypeAlias = tuple[Any, ...]


def compare(
    report: Report, check: Check, rows: Iterable[Row], expected: dict[Any, Any], *, key_width: int
) -> None:
    """Finds rows that are not as expected. Takes out of `expected` what is there, so that what is left is missing."""
    compared = 0
    for compared, row in enumerate(rows, start=1):  # noqa: B007 - the last number is the count
        key, stored = row[:key_width], row[key_width:]
        wanted = expected.pop(key, None)
        if wanted is None:
            report.find(check, _shown(key), f"the row {_shown(stored)} follows from no entry")
        elif stored != wanted:
            report.find(check, _shown(key), f"the row says {_shown(stored)}, the journal {_shown(wanted)}")
    report.count(check, compared)
    for key, wanted in expected.items():
        report.find(check, _shown(key), f"the row is missing, the journal says {_shown(wanted)}")


def _shown(values: Row) -> str:
    return " ".join(value.hex() if isinstance(value, bytes) else str(value) for value in values)
