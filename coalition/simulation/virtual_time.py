"""An event loop on virtual time: while nothing is ready the clock jumps to the next timer. Same program, same order of events."""

import asyncio
import selectors
from typing import Any


class StalledError(RuntimeError):
    """Everybody waits and no timer is left: the program would wait for ever."""


class _NoWaiting(selectors.SelectSelector):
    """Instead of waiting for files, lets the time pass at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now_seconds = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise StalledError("everybody waits, and nothing is left that could happen")
        self.now_seconds += max(timeout, 0.0)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its `time()` is virtual and begins at zero. There are no files, threads or signals in it."""

    def __init__(self) -> None:
        self._passing = _NoWaiting()
        super().__init__(self._passing)

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._passing.now_seconds
