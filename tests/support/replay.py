"""What a replay of real baskets must have come to: the figures of a plan made anew, and everything that its bank did."""

import json
import zipfile
from pathlib import Path
from typing import Any

from coalition.cli.demo.baskets import read_baskets, transactions_path
from coalition.cli.demo.plan import ReplayPlan, plan_replay
from coalition.cli.demo.stage import MODELS, OPERATOR, ORIGIN
from coalition.cli.demo.trouble import trouble_of
from settlement.house.records import BILATERAL

BASKETS = 1_000
"""So many that two stores have something to pay: one is late, the other in default."""


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


def check_statements(out: Path) -> None:
    """Statements as they were written are those of the evidence."""
    with zipfile.ZipFile(out / "bundle.zip") as bundle:
        derived = {name: bundle.read(name) for name in bundle.namelist() if name.startswith("statements/")}
    # PDF and XLSX are made of the JSON, whose hash they name: the bundle needs none of them.
    written = [path for path in (out / "statements").rglob("*") if path.suffix in (".json", ".csv")]
    assert {path.relative_to(out).as_posix(): path.read_bytes() for path in written} == derived
