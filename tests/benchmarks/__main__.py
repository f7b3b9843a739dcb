"""`python -m tests.benchmarks --out build/bench.json`: measure, print, judge.

Exits 1 if a must fails or the books are not clean.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from coalition.cli.sharing import database
from coalition.cli.site import Site as NetworkSite
from settlement import embedded
from tests.benchmarks.audit_speed import measure_audit
from tests.benchmarks.growth import measure_growth
from tests.benchmarks.hold_cost import measure_holds
from tests.benchmarks.opening_speed import measure_opening
from tests.benchmarks.report import (
    as_json,
    judge,
    judge_audit,
    judge_growth,
    judge_holds,
    judge_opening,
    judge_settlement,
    judgements_table,
    rows_table,
)
from tests.benchmarks.rounds import Tell, compete
from tests.benchmarks.row import Site
from tests.benchmarks.rows import ROWS
from tests.benchmarks.settlement_speed import measure_settlement

GROWTH, HOLDS, OPENING, SETTLEMENT, FSCK = "growth", "holds", "opening", "settlement", "fsck"


def main() -> int:
    """Run the chosen rows on a fresh PostgreSQL next to the output file; return the exit code."""
    options = _options()
    console = Console()
    out: Path = options.out.resolve()
    folder = out.with_suffix(".work")
    data = folder / "postgres"
    embedded.stop(data)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    rows = [make() for name, make in ROWS.items() if not options.only or name in options.only]
    steps = len(rows) * (options.rounds + 1) + 5
    # The `unary` server would stop the PostgreSQL that all rows share, were it the only one to use it.
    with _progress(console, steps=steps) as tell, database(NetworkSite(data)):
        site = Site(embedded.start(data), folder)
        results, findings = compete(rows, site, rounds=options.rounds, seconds=options.seconds, tell=tell)
        growth = measure_growth(site, tell) if not options.only or GROWTH in options.only else None
        holds = measure_holds(site, tell) if not options.only or HOLDS in options.only else None
        opening = measure_opening(site, tell) if not options.only or OPENING in options.only else None
        clearing = measure_settlement(site, tell) if not options.only or SETTLEMENT in options.only else None
        speed = None
        if not options.only or FSCK in options.only:
            speed, found = measure_audit(site, tell)
            findings += found
    shutil.rmtree(data, ignore_errors=True)
    out.write_text(
        json.dumps(as_json(results, findings, speed, growth, holds, opening, clearing), indent=2) + "\n"
    )
    judgements = [*judge(results), *judge_audit(speed), *judge_growth(growth), *judge_holds(holds)]
    judgements += [*judge_opening(opening), *judge_settlement(clearing)]
    console.print(rows_table(results), judgements_table(judgements))
    console.print("books: clean" if not findings else f"[red]books: {'; '.join(findings)}[/red]")
    console.print(f"written: {options.out}")
    # What was not run cannot hold, unless rows were left out on purpose.
    failed = [one for one in judgements if one.holds is False or (one.holds is None and not options.only)]
    return 1 if failed or findings else 0


@contextmanager
def _progress(console: Console, *, steps: int) -> Iterator[Tell]:
    """Show a bar that is drawn between runs only: a clock that ticks during a run would slow the client."""
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, auto_refresh=False) as progress:
        task = progress.add_task("starting PostgreSQL", total=steps)

        def tell(news: str, *, done: bool = False) -> None:
            progress.update(task, description=news, advance=int(done), refresh=True)
            if done:
                progress.console.print(news)

        yield tell


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/bench.json"), help="the output file")
    parser.add_argument("--seconds", type=float, default=6.0, help="length of each row's turn")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each row; the median counts")
    parser.add_argument(
        "--only",
        action="append",
        choices=[*ROWS, GROWTH, HOLDS, OPENING, SETTLEMENT, FSCK],
        help="run this only; may be repeated",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
