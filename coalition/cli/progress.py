"""Progress of long work, shown on a terminal only, and only once it takes long enough to wonder."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from coalition.cli.printing import err

QUIET_SECONDS = 2.0
Tell = Callable[[str, int, int], None]
"""`tell(stage, done, total)`; a total of 0 means that it is not known."""


class _Rate(ProgressColumn):
    """Steps a second, over the last half minute."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f}/s", style="progress.data.speed")


@contextmanager
def progress() -> Iterator[Tell]:
    """Gives the function to tell progress to; nothing appears where standard error is no terminal."""
    if not err.is_terminal:
        yield lambda stage, done, total: None
        return
    started = time.monotonic()
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        auto_refresh=False,
    )
    stages: dict[str, int] = {}

    def tell(stage: str, done: int, total: int) -> None:
        if stage not in stages:
            stages[stage] = bars.add_task(stage, total=None)
        bars.update(stages[stage], completed=done, total=total or None)  # type: ignore[arg-type]  # a TaskID is an int
        if time.monotonic() - started > QUIET_SECONDS:
            bars.start()
            bars.refresh()

    try:
        yield tell
    finally:
        bars.stop()


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Shows that something without countable steps goes on."""
    if err.is_terminal:
        with err.status(what):
            yield
    else:
        yield
