"""Rows take turns: every round runs each row once, so that a noisy minute of the machine hits all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

from tests.benchmarks.acts import IN_FLIGHT, Act, hot_acts
from tests.benchmarks.load import Burst, Call, run_burst
from tests.benchmarks.process import ServerProcess, Usage
from tests.benchmarks.row import Row, Site

SEED = 20_261_101
WARM_UP_CALLS = 500
WARM_UP_SECONDS_MAX = 60.0
# Calls are signed for twice the rate seen so far; those that are not sent open the next run.
SIGNED_AHEAD = 2.0


@dataclass(frozen=True)
class Run:
    """One row's turn in one round."""

    per_second: float
    p50_ms: float
    p99_ms: float
    server_cpu_s_per_1000: float
    rss_mb_max: float


@dataclass
class Contestant:
    """A row with its running server, the acts that await it, and its runs so far."""

    row: Row
    server: ServerProcess
    acts: Iterator[Act] = field(default_factory=lambda: hot_acts(SEED))
    signed: list[Call] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    rate: float = 0.0

    @classmethod
    def enter(cls, row: Row, site: Site) -> Contestant:
        """Start the row's server and warm it up."""
        contestant = cls(row, row.start(site))
        try:
            contestant._send(calls=WARM_UP_CALLS, seconds=WARM_UP_SECONDS_MAX)
        except BaseException:
            contestant.server.stop()
            raise
        return contestant

    def run(self, *, seconds: float) -> Run:
        """Take one turn of `seconds`."""
        burst, usage = self._send(calls=int(self.rate * seconds * SIGNED_AHEAD), seconds=seconds)
        run = Run(
            per_second=burst.per_second,
            p50_ms=burst.percentile_ms(50),
            p99_ms=burst.percentile_ms(99),
            server_cpu_s_per_1000=usage.cpu_s * 1_000 / len(burst.replies),
            rss_mb_max=usage.rss_mb_max,
        )
        self.runs.append(run)
        return run

    def _send(self, *, calls: int, seconds: float) -> tuple[Burst, Usage]:
        self.signed += self.row.sign(list(islice(self.acts, max(0, calls - len(self.signed)))))
        with self.server.metered() as usage:
            burst = run_burst(self.server.target, self.signed[:calls], in_flight=IN_FLIGHT, seconds=seconds)
        self.row.verify(self.signed, burst.replies)
        del self.signed[: len(burst.replies)]
        self.rate = max(self.rate, burst.per_second)
        return burst, usage


@dataclass(frozen=True)
class Result:
    """A row's median run by rate, its largest resident set, and that set's growth from first to last run as a share."""

    name: str
    median: Run
    rss_mb_max: float
    rss_growth: float


def median_run(name: str, runs: Sequence[Run]) -> Result:
    """Sum up a row's runs, at least one."""
    return Result(
        name,
        median=sorted(runs, key=lambda run: run.per_second)[(len(runs) - 1) // 2],
        rss_mb_max=max(run.rss_mb_max for run in runs),
        rss_growth=runs[-1].rss_mb_max / runs[0].rss_mb_max - 1,
    )


class Tell(Protocol):
    """Shows how far a competition is."""

    def __call__(self, news: str, *, done: bool = False) -> None:
        """Show `news`; `done` when a step, a row prepared or a run, has ended."""


def compete(
    rows: Sequence[Row], site: Site, *, rounds: int, seconds: float, tell: Tell
) -> tuple[list[Result], list[str]]:
    """Run all rows, then stop their servers and check their books; return the results and the findings."""
    contestants: list[Contestant] = []
    try:
        for row in rows:
            tell(f"{row.name}: preparing")
            contestants.append(Contestant.enter(row, site))
            tell(f"{row.name}: warm", done=True)
        for number in range(1, rounds + 1):
            for contestant in contestants:
                name = contestant.row.name
                tell(f"round {number}: {name}")
                run = contestant.run(seconds=seconds)
                tell(f"round {number}: {name} {run.per_second:,.0f}/s, p99 {run.p99_ms:.0f} ms", done=True)
    finally:
        for contestant in contestants:
            contestant.server.stop()
    tell("checking the books")
    findings = [finding for contestant in contestants for finding in contestant.row.findings()]
    return [median_run(contestant.row.name, contestant.runs) for contestant in contestants], findings
