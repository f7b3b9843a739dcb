"""Rows of acts are matched with their entries, however far ahead of them they are read."""

import pytest

from coalition.audit import act_rows, stored
from coalition.audit.act_rows import ActRows
from coalition.audit.checks import Check, Report
from coalition.audit.fsck import fsck
from coalition.audit.stored import snapshot
from tests.coalition.audit.conftest import Evidence
from tests.support.postgres import copy_books, drop_database
from tests.support.small_network import spoil

FEW_ROWS = 16


@pytest.fixture(autouse=True)
def _many_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "ROWS_AT_ONCE", FEW_ROWS)


def _acts_of(dsn: str) -> tuple[list[str], tuple[int, int]]:
    """What is found, and how many rows of acts were compared, and of them found wrong."""
    report = Report()
    found = [str(finding) for finding in fsck(dsn, report=report, processes=1)]
    return found, (report.tried[Check.TABLE_ACTS].count, report.tried[Check.TABLE_ACTS].failed)


@pytest.mark.parametrize("spoilt", [False, True])
def test_reading_ahead_changes_no_report(
    evidence: Evidence, spoilt: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    dsn = copy_books(evidence.dsn)
    if spoilt:
        spoil(
            dsn, "UPDATE acts SET index = index + 1 WHERE (shard, index) IN (SELECT 1, max(index) FROM acts)"
        )
    ahead = _acts_of(dsn)
    monkeypatch.setattr(act_rows, "_AHEAD_MAX", 0)
    assert _acts_of(dsn) == ahead
    assert bool(ahead[0]) == spoilt
    drop_database(dsn)


def test_rows_are_read_ahead_up_to_a_number(evidence: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(act_rows, "_AHEAD_MAX", FEW_ROWS + 1)
    with snapshot(evidence.dsn) as connection:
        rows = ActRows(connection, report := Report())
        assert rows.read_ahead()
        assert rows.read_ahead()
        assert not rows.read_ahead()
        rows.finish()
    assert len(list(report.drain())) > 2 * FEW_ROWS
