"""The streams of one method: so many of one partner, and in all. They wait for news, which one look brings to all."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from typing import Generic, Protocol, TypeVar

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from coalition.gateway.limits import RateLimitedError
from settlement.errors import CoalitionError, UnavailableError, what_failed

HEARTBEAT_SECONDS = 15.0
STREAMS_OF_PARTNER_MAX = 8
STREAMS_MAX = 512
RETRY_SECONDS = 15.0
_log = structlog.get_logger(__name__)


class Stream(Protocol):
    """What a caller follows. `news` is set when something waits for it."""

    owner: str
    news: asyncio.Event


S = TypeVar("S", bound=Stream)


class Streams(Generic[S]):
    """Those that are open. `run` looks for news; after `stop` every stream ends and none begins."""

    def __init__(self) -> None:
        self.open: deque[S] = deque()
        self._wanted = asyncio.Event()
        self._stopped = asyncio.Event()

    @contextlib.contextmanager
    def opened(self, stream: S) -> Iterator[None]:
        """Counts the stream meanwhile. Errors: RATE_LIMITED beyond STREAMS_OF_PARTNER_MAX or STREAMS_MAX; SHUTTING_DOWN."""
        self.check_running()
        own = sum([each.owner == stream.owner for each in self.open])
        if own >= STREAMS_OF_PARTNER_MAX or len(self.open) >= STREAMS_MAX:
            raise RateLimitedError("streams at once", RETRY_SECONDS)
        self.open.append(stream)
        try:
            yield
        finally:
            self.open.remove(stream)

    def check_running(self) -> None:
        """CoalitionError SHUTTING_DOWN after `stop`."""
        if self._stopped.is_set():
            message = (
                "this server drains; follow again, with the resume_token of the last message if it had one"
            )
            raise CoalitionError("SHUTTING_DOWN", message)

    def look_soon(self) -> None:
        """Lets the next look come at once."""
        self._wanted.set()

    async def news_of(self, stream: S) -> None:
        """Returns when something waits for the stream, or after a while. SHUTTING_DOWN."""
        stream.news.clear()
        await _within(HEARTBEAT_SECONDS, stream.news)
        self.check_running()

    async def rest(self, seconds: float) -> None:
        """Returns after so long. SHUTTING_DOWN at once."""
        await _within(seconds, self._stopped)
        self.check_running()

    async def run(self, look: Callable[[], Awaitable[bool]], *, every_seconds: float) -> None:
        """Looks as long as there are streams. `look` answers whether there may be more to find at once."""
        while True:
            self._wanted.clear()
            try:
                more = bool(self.open) and await look()
            except (psycopg.OperationalError, PoolTimeout, UnavailableError) as error:
                _log.warning("followers_wait_for_the_books", error=what_failed(error))
                more = False
            except Exception as error:  # noqa: BLE001 - a bug; streams go on living, and a person sees it in the log
                _log.error("following_broke", error=type(error).__name__, exc_info=error)
                more = False
            if not more:
                await _within(every_seconds if self.open else None, self._wanted)

    def stop(self) -> None:
        """Ends every stream with SHUTTING_DOWN, and lets none begin."""
        self._stopped.set()
        for stream in self.open:
            stream.news.set()


async def _within(seconds: float | None, event: asyncio.Event) -> None:
    """Returns when the event is set, or after so long."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
