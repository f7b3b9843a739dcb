"""What a run says: the output file, the table, and what must hold."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from rich.table import Table

from tests.benchmarks.audit_speed import AuditSpeed
from tests.benchmarks.growth import FEW, LARGE, MANY, SMALL, Growth
from tests.benchmarks.hold_cost import HoldCost
from tests.benchmarks.opening_speed import OpeningSpeed
from tests.benchmarks.rounds import Result
from tests.benchmarks.settlement_speed import ENTRIES, PARTNERS, SettlementSpeed

NAIVE_MUST, NAIVE_AIM = 1.4, 1.8
ECHO_MUST, ECHO_AIM = 0.32, 0.45
P99_MS_MUST = 100.0
RSS_MB_MUST = 300.0
# Flat memory: the last round's peak at most this share above the first round's.
RSS_GROWTH_MUST = 0.10
# What must hold is a part of the machine's raw rate of verifying signatures.
FSCK_UNSIGNED_MUST, FSCK_UNSIGNED_AIM = 1.2, 50_000
FSCK_MUST, FSCK_AIM = 0.6, 0.7
GROWTH_MUST = 1.2
"""A batch may take so much longer where there are more lots or more entries."""
PAIR_MUST = 2.2
NET_S_MUST, STATEMENTS_S_MUST, HELD_UP_MS_MUST = 5.0, 60.0, 100.0
OPENING_MUST, OPENING_AIM = 0.2, 1_000_000 / 60


@dataclass(frozen=True)
class Judgement:
    """One figure against what must hold and the aim; `holds` is None when a row it needs was not run."""

    what: str
    figure: str
    must: str
    aim: str
    holds: bool | None


def judge(results: Sequence[Result]) -> list[Judgement]:
    """Measure the `unary` row against the other rows and the limits."""
    by_name = {result.name: result for result in results}
    unary = by_name.get("unary")
    judgements = []
    for other, must, aim in (("naive", NAIVE_MUST, NAIVE_AIM), ("echo", ECHO_MUST, ECHO_AIM)):
        ratio = None
        if unary and other in by_name:
            ratio = unary.median.per_second / by_name[other].median.per_second
        figure = "not run" if ratio is None else f"{ratio:.2f}"
        holds = None if ratio is None else ratio >= must
        judgements.append(Judgement(f"unary / {other}", figure, f">= {must}", f">= {aim}", holds))
    limits: list[tuple[str, str, float, float | None]] = [
        ("unary p99", "ms", P99_MS_MUST, unary.median.p99_ms if unary else None),
        ("unary rss", "MiB", RSS_MB_MUST, unary.rss_mb_max if unary else None),
        ("unary rss growth", "%", RSS_GROWTH_MUST * 100, unary.rss_growth * 100 if unary else None),
    ]
    for what, unit, limit, value in limits:
        figure = "not run" if value is None else f"{value:.1f} {unit}"
        judgements.append(
            Judgement(what, figure, f"< {limit:g} {unit}", "", None if value is None else value < limit)
        )
    return judgements


def judge_audit(speed: AuditSpeed | None) -> list[Judgement]:
    """Measure `fsck`: entries a second without signatures, and with them as a part of the raw rate of signatures."""
    unsigned = "not run" if speed is None else f"{speed.per_second_unsigned:,.0f}/s"
    ratio = "not run" if speed is None else f"{speed.ratio:.2f}"
    least = 0.0 if speed is None else FSCK_UNSIGNED_MUST * speed.raw_signatures_per_second
    return [
        Judgement(
            "fsck without signatures",
            unsigned,
            f">= {FSCK_UNSIGNED_MUST} raw",
            f">= {FSCK_UNSIGNED_AIM:,}/s",
            None if speed is None else speed.per_second_unsigned >= least,
        ),
        Judgement(
            "fsck / raw signatures",
            ratio,
            f">= {FSCK_MUST}",
            f">= {FSCK_AIM}",
            None if speed is None else speed.ratio >= FSCK_MUST,
        ),
    ]


def judge_growth(growth: Growth | None) -> list[Judgement]:
    """Measure what grown books cost."""
    return [
        Judgement(
            what,
            "not run" if ratio is None else f"{ratio:.2f}",
            f"<= {GROWTH_MUST}",
            "",
            None if ratio is None else ratio <= GROWTH_MUST,
        )
        for what, ratio in (
            (f"redeem, {MANY:,} open lots / {FEW}", None if growth is None else growth.by_lots),
            (f"redeem, {LARGE:,} entries / {SMALL:,}", None if growth is None else growth.by_entries),
        )
    ]


def judge_holds(cost: HoldCost | None) -> list[Judgement]:
    """Measure what it costs to hold points before they are spent."""
    ratio = None if cost is None else cost.by_redeem
    figure = "not run" if ratio is None else f"{ratio:.2f}"
    holds = None if ratio is None else ratio <= PAIR_MUST
    return [Judgement("authorize and capture / redeem", figure, f"<= {PAIR_MUST}", "", holds)]


def judge_opening(speed: OpeningSpeed | None) -> list[Judgement]:
    """Measure the load of opening balances."""
    figure = "not run" if speed is None else f"{speed.by_copy:.2f}, {speed.loaded_per_second:,.0f}/s"
    holds = None if speed is None else speed.by_copy >= OPENING_MUST
    return [
        Judgement("lots loaded / copied", figure, f">= {OPENING_MUST}", f">= {OPENING_AIM:,.0f}/s", holds)
    ]


def judge_settlement(speed: SettlementSpeed | None) -> list[Judgement]:
    """Measure the end of a large cycle."""
    rows: list[tuple[str, str, float, float | None]] = [
        (
            f"{PARTNERS} partners, {ENTRIES:,} entries: close and net",
            "s",
            NET_S_MUST,
            None if speed is None else speed.close_and_net_s,
        ),
        (
            "all statements in all forms",
            "s",
            STATEMENTS_S_MUST,
            None if speed is None else speed.statements_s,
        ),
        (
            "acts held up by close, proposal, approval",
            "ms",
            HELD_UP_MS_MUST,
            None if speed is None else speed.held_up_ms,
        ),
    ]
    return [
        Judgement(
            what,
            "not run" if value is None else f"{value:.1f} {unit}",
            f"< {most:g} {unit}",
            "",
            None if value is None else value < most,
        )
        for what, unit, most, value in rows
    ]


def as_json(
    results: Sequence[Result],
    findings: Sequence[str],
    speed: AuditSpeed | None,
    growth: Growth | None,
    holds: HoldCost | None,
    opening: OpeningSpeed | None,
    clearing: SettlementSpeed | None,
) -> dict[str, Any]:
    """The output file: `machine`, `rows`, `fsck` ("clean" or the findings), `fsck_speed`, then one for each other measurement."""
    rows = [
        {
            "name": result.name,
            "per_second": round(result.median.per_second, 1),
            "p50_ms": round(result.median.p50_ms, 2),
            "p99_ms": round(result.median.p99_ms, 2),
            "server_cpu_s_per_1000": round(result.median.server_cpu_s_per_1000, 4),
            "rss_mb_max": round(result.rss_mb_max, 1),
            "rss_growth": round(result.rss_growth, 4),
        }
        for result in results
    ]
    return {
        "machine": machine(),
        "rows": rows,
        "fsck": "; ".join(findings) or "clean",
        "fsck_speed": None if speed is None else speed.as_json(),
        "growth": None if growth is None else growth.as_json(),
        "holds": None if holds is None else holds.as_json(),
        "opening": None if opening is None else opening.as_json(),
        "settlement": None if clearing is None else clearing.as_json(),
    }


def machine() -> dict[str, str | int | float]:
    """What the figures were taken on."""
    return {
        "cpu": _cpu_model(),
        "cores": psutil.cpu_count() or 1,
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "load_1m": round(os.getloadavg()[0], 2),
        "platform": platform.platform(),
        "python": platform.python_version(),
        "grpcio": version("grpcio"),
        "sqlalchemy": version("sqlalchemy"),
        "psycopg": version("psycopg"),
    }


def _cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def rows_table(results: Sequence[Result]) -> Table:
    """The rows as a person reads them."""
    table = Table(title="One call per act: 100,000 members, 10 partners, 64 in flight")
    for heading in ("row", "per second", "p50 ms", "p99 ms", "server CPU s / 1000", "rss MiB", "rss growth"):
        table.add_column(heading, justify="left" if heading == "row" else "right")
    for result in results:
        run = result.median
        table.add_row(
            result.name,
            f"{run.per_second:,.0f}",
            f"{run.p50_ms:.1f}",
            f"{run.p99_ms:.1f}",
            f"{run.server_cpu_s_per_1000:.3f}",
            f"{result.rss_mb_max:.0f}",
            f"{result.rss_growth:+.1%}",
        )
    return table


def judgements_table(judgements: Sequence[Judgement]) -> Table:
    """What must hold, and whether it does."""
    table = Table(title="Must and aim")
    for heading in ("figure", "measured", "must", "aim", ""):
        table.add_column(heading)
    words = {True: "[green]holds[/green]", False: "[red]FAILS[/red]", None: "not run"}
    for judgement in judgements:
        table.add_row(judgement.what, judgement.figure, judgement.must, judgement.aim, words[judgement.holds])
    return table
