"""Running a target: so many cases, each of them timed, none of them endless; the first that breaks the law ends it."""

import gc
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.target import Target

CASE_SECONDS_MAX = 1.0
HANG_SECONDS = 30
"""By the clock on the wall, which also sees a case that waits."""
BATCH = 500
"""Hypothesis remembers what it drew, so that many short runs need less memory than a long one."""


class SlowError(AssertionError):
    """A case took too long, and did so again."""


class HangError(BaseException):
    """A case did not end. No Exception, lest the code under test catches it."""


@dataclass
class Ran:
    """What became of a target's cases."""

    target: str
    cases: int = 0
    slowest_seconds: float = 0.0
    seconds: float = 0.0


def run(target: Target, *, cases: int, first_seed: int) -> Ran:
    """Tries so many cases at least. Raises what the first bad one raised, with the case as a literal in a note."""
    ran, began = Ran(target.name), time.monotonic()
    batch = first_seed
    while ran.cases < cases:
        _batch(target, ran, min(BATCH, cases - ran.cases), batch)
        batch += 1
        gc.collect()
    ran.seconds = time.monotonic() - began
    return ran


def _batch(target: Target, ran: Ran, cases: int, batch: int) -> None:
    @seed(batch)
    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(target.cases)
    def attempt(case: Any) -> None:
        ran.cases += 1
        try:
            ran.slowest_seconds = max(ran.slowest_seconds, _timed(target, case))
        except BaseException as error:
            error.add_note(f"{target.name}: the case is\n{case!r}")
            raise

    attempt()


def _timed(target: Target, case: Any) -> float:
    """How long this process works on a case: not how long it takes, for others may keep the machine busy. Slow ones try again."""
    times: list[float] = []
    while not times or (min(times) > CASE_SECONDS_MAX and len(times) < 3):
        began = time.process_time()
        with _given_up():
            target.attempt(case)
        times.append(time.process_time() - began)
    if min(times) > CASE_SECONDS_MAX:
        raise SlowError(f"it took {min(times):.1f} s")
    return min(times)


@contextmanager
def _given_up() -> Iterator[None]:
    """HangError after half a minute."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise HangError(f"no end after {HANG_SECONDS} s")

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, HANG_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def peak_bytes() -> int:
    """The most memory that this process ever held. The kernel's own count of it begins anew with the program."""
    status = Path("/proc/self/status").read_text()
    [kibibytes] = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(kibibytes) * 1024
