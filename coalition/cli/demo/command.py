"""`coalition demo`: a network's whole year on real baskets."""

import asyncio
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from coalition.cli.demo.baskets import read_baskets, transactions_path
from coalition.cli.demo.closing import approve_month
from coalition.cli.demo.evidence import check_accounts, prove_books, write_statements_of_all
from coalition.cli.demo.pace import Pace
from coalition.cli.demo.paying import Stated, Treasury
from coalition.cli.demo.plan import ReplayPlan, plan_replay
from coalition.cli.demo.replay import enrol, for_all, replay_month
from coalition.cli.demo.report import print_bank, print_report, summary, write_summary
from coalition.cli.demo.stage import (
    MODELS,
    ORIGIN,
    Stage,
    found_demo,
    open_stage,
    require_same_replay,
    served,
)
from coalition.cli.demo.trouble import trouble_of
from coalition.cli.founding import model_text
from coalition.cli.running import stop_serving
from coalition.cli.sharing import database
from coalition.cli.site import Site
from settlement.house.records import BILATERAL

console = Console(highlight=False)


def demo(
    baskets: Annotated[
        str, typer.Option(help="How many baskets to replay, oldest first, or `all` (155,848).")
    ] = "25000",
    model: Annotated[
        str,
        typer.Option(callback=model_text, metavar="MODEL", help="The settlement model: bilateral or pool."),
    ] = BILATERAL,
    out: Annotated[Path, typer.Option(help="Where results go; `data` below it holds the network.")] = Path(
        "build/demo"
    ),
) -> None:
    """Replay a grocery chain's real baskets through a network of its stores, settle every month, and verify it offline.

    Stores are partners, households are members. A bank is told whom to pay and says who paid: one store does late, one never.
    Killed half-way, the same command goes on and ends with the same books.
    """
    count = None if baskets == "all" else _count(baskets)
    with console.status("Reading baskets"):
        plan = plan_replay(
            read_baskets(transactions_path(), count=count), network=ORIGIN, prices=MODELS[model]
        )
    acts = sum(1 for _ in plan.acts())
    console.print(
        f"{plan.baskets:,} baskets of {len(plan.members):,} members at {len(plan.partners):,} partners:"
        f" {acts:,} acts in {len(plan.months)} cycles"
    )
    site = Site(out.absolute() / "data")
    require_same_replay(site, plan.baskets, model)
    stop_serving(site.data)
    with database(site):
        with console.status("Starting the network"):
            found_demo(site, model)
        pace = Pace.kept(site.data / "pace.json")
        stated = asyncio.run(_replay(site, plan, pace, out))
        entries = write_statements_of_all(site, out / "statements", len(plan.months))
        check_accounts(site, plan, stated)
        prove_books(console, site, out / "bundle.zip")
    write_summary(out / "summary.json", summary(plan, pace, stated))
    print_report(console, plan, entries)
    print_bank(console, plan, stated)
    _say_where(out, pace)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise typer.BadParameter("a number from 1, or `all`", param_hint="--baskets")
    return int(text)


async def _replay(site: Site, plan: ReplayPlan, pace: Pace, out: Path) -> list[Stated]:
    """Runs the network through all months, measuring the acts; what the bank stated."""
    firsts: dict[int, str] = {}
    for act in plan.acts():
        firsts.setdefault(act.member, act.partner)
    async with served(site) as address, open_stage(site, address) as stage:
        await _onboard(stage, plan)
        treasury = await Treasury.opened(stage, trouble_of(plan), out)
        with _progress("enrolling members", len(firsts)) as tell:
            members = await enrol(stage, firsts, tell)
        for cycle, month in enumerate(plan.months, start=1):
            with _progress(f"{month.month} acts", len(month.acts)) as tell:
                start = time.perf_counter()
                sent = await replay_month(stage, month, members, tell)
                pace.add(sent, time.perf_counter() - start)
            legs = sum(1 for cents in month.net_debt_cents().values() if cents)
            with _progress(f"{month.month} settling", legs) as tell:
                await approve_month(stage, cycle, month)
                await treasury.pay(cycle, month, tell)
        # The worker names a cycle's statements a moment later; the last one's have no numbers before those of all others.
        await stage.operator.statement(cycle=len(plan.months))
    return treasury.stated


async def _onboard(stage: Stage, plan: ReplayPlan) -> None:
    with _progress("onboarding partners", len(plan.partners)) as tell:

        async def one(partner: str) -> None:
            await stage.onboard(partner)
            tell()

        await for_all(sorted(plan.partners), one)


@contextmanager
def _progress(title: str, total: int) -> Iterator[Callable[[], None]]:
    """A bar where a person looks on; one line when it is done where nobody does."""
    columns = (
        TextColumn("{task.description:<20}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    start = time.perf_counter()
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=total)
        yield lambda: progress.advance(task)
    if not console.is_terminal:
        console.print(f"{title:<20} {total:>7,} in {time.perf_counter() - start:.1f} s")


def _say_where(out: Path, pace: Pace) -> None:
    console.print(f"\n{pace.acts:,} acts sent in {pace.seconds:.1f} s: {pace.acts_per_second:,.0f} a second")
    written = ("summary.json", "payments/", "bank/", "statements/", "bundle.zip")
    console.print(f"written: {', '.join(f'{out}/{name}' for name in written)}", soft_wrap=True)
    console.print(
        f"check it offline, as an auditor would: {_program()} audit verify {out}/bundle.zip", soft_wrap=True
    )


def _program() -> str:
    """This command as it can be typed here: by its name, or by the path by which it was called."""
    called = Path(sys.argv[0])
    return "coalition" if shutil.which("coalition") or called.name != "coalition" else str(called)
