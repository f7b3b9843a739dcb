"""Findings come while the check goes on; whatever happens to its processes, it ends, says why, and leaves none behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import psutil
import psycopg
import pytest

from coalition.audit import fsck as module
from coalition.audit import watch
from coalition.audit.checks import Check, Report
from coalition.audit.crew import CrewError
from coalition.audit.fsck import fsck
from settlement.database import DatabaseError
from tests.coalition.audit.conftest import Evidence
from tests.support.postgres import copy_books, drop_database
from tests.support.small_network import spoil

END_SECONDS_MAX = 20.0
LATE = 280


@pytest.fixture
def spoilt(evidence: Evidence, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Books with a finding near the beginning and one near the end, read in many small ranges."""
    monkeypatch.setattr(module, "RANGE_ENTRIES", 8)
    monkeypatch.setattr(module, "TOLD_EVERY", 10)
    monkeypatch.setattr(watch, "TOLD_EVERY", 10)
    dsn = copy_books(evidence.dsn)
    for place in (20, LATE):
        spoil(dsn, f"UPDATE entries SET balance_after = 1 WHERE (shard, index) = (1, {place})")
    yield dsn
    drop_database(dsn)


def _children() -> list[psutil.Process]:
    """The program that starts those which examine entries, then these; PostgreSQL may be a child too."""
    found = psutil.Process().children(recursive=True)
    alive = [child for child in found if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in alive if "examiner" in " ".join(child.cmdline())]


def _all_end(processes: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(processes, timeout=END_SECONDS_MAX)[1]


def test_a_finding_comes_long_before_the_end(spoilt: str) -> None:
    told: list[tuple[int, int]] = []

    def progress(stage: str, done: int, total: int) -> None:
        if stage == "entries":
            told.append((done, total))

    findings = fsck(spoilt, processes=2, progress=progress)
    first = next(findings)
    assert (first.check, first.where) == (Check.TABLE_ENTRIES, "1:20")
    done, total = told[-1]
    assert done < total / 3
    assert [finding.where for finding in findings] == [f"1:{LATE}"]
    assert told[-1][0] == told[-1][1]


def test_processes_find_the_same_in_the_same_order(spoilt: str) -> None:
    alone, together = Report(), Report()
    found = list(fsck(spoilt, processes=0, report=alone))
    assert list(fsck(spoilt, processes=3, report=together)) == found
    assert alone.tried == together.tried


def test_a_killed_process_is_an_error_and_no_hang(spoilt: str) -> None:
    findings = fsck(spoilt, processes=2)
    next(findings)
    *others, last = _children()
    last.kill()
    with pytest.raises(CrewError, match="ended by signal 9") as caught:
        list(findings)
    assert caught.value.reason == "CHECK_INTERRUPTED"
    assert _children() == []
    assert _all_end(others)


def test_a_check_that_is_left_takes_its_processes_along(spoilt: str) -> None:
    findings = fsck(spoilt, processes=2)
    next(findings)
    children = _children()
    assert len(children) == 1 + 2
    findings.close()
    assert _children() == []
    assert _all_end(children)


def test_a_database_that_goes_away_is_named(spoilt: str) -> None:
    findings = fsck(spoilt, processes=2)
    next(findings)
    with psycopg.connect(spoilt, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    with pytest.raises(DatabaseError):
        list(findings)
    assert _children() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_processes_end_with_the_check_however_it_ends(spoilt: str, number: signal.Signals) -> None:
    program = """
import sys, time
from coalition.audit import fsck as module
from coalition.audit import watch
module.RANGE_ENTRIES = 8
findings = module.fsck(sys.argv[1], processes=2)
print(next(findings), flush=True)
time.sleep(600)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", program, spoilt],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("table-entries: 1:20")
    helpers = psutil.Process(process.pid).children(recursive=True)
    assert len(helpers) == 1 + 2
    os.kill(process.pid, number)
    _, errors = process.communicate(timeout=END_SECONDS_MAX)
    assert ("KeyboardInterrupt" in errors) == (number == signal.SIGINT)
    assert errors.count("Traceback") <= 1  # the helpers say nothing
    assert _all_end(helpers)
