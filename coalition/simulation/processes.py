"""The network's own processes, as `coalition serve` runs them, and how they are killed.

Everything above the connection to PostgreSQL is the real thing: door, exchange, lanes, batches, worker, publisher.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, cast

import psycopg
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from psycopg_pool import PoolTimeout

from coalition.exchange.exchange import Exchange
from coalition.gateway.means import Means
from coalition.gateway.services import Handler, handlers
from coalition.simulation.programmes import Programme
from settlement.errors import CoalitionError, UnavailableError
from settlement.ledger.memory import HouseMemory
from settlement.ledger.opening import load_opening
from settlement.signing import KeySigner
from settlement.worker.publisher import Publisher

RETRY_SECONDS = 1.0
CUT_SECONDS = 0.5
SWEEP_SECONDS = 1.0
PUBLISH_SECONDS = 60.0
READ_CONNECTIONS_MAX = 4
LOADS_MAX = 100
Connect = Callable[[], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call comes back with: a body, or the reason of an error. `text` says more of an error."""

    body: bytes = b""
    reason: str | None = None
    text: str = ""


class NoAnswerError(Exception):
    """The call ended without an answer: the process is gone."""


class Process:
    """Tasks and connections that can be ended all at once, as by `kill -9`."""

    def __init__(self, connect: Connect) -> None:
        self.alive = True
        self._connect = connect
        self._tasks: set[asyncio.Task[Any]] = set()
        self._connections: list[Any] = []

    async def connect(self) -> Any:
        """A connection that dies with the process."""
        connection = await self._connect()
        self._connections = [known for known in self._connections if not known.closed]
        self._connections.append(connection)
        return connection

    def owns(self, connection: object) -> bool:
        """Whether this process speaks through the connection."""
        return any(known is connection for known in self._connections)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """Runs something as a part of the process."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def kill(self) -> None:
        """Ends the process at once: its connections drop, nothing of it runs any more."""
        self.alive = False
        for connection in self._connections:
            connection.lose()
        for task in list(self._tasks):
            task.cancel()


class Gateway(Process):
    """One server's door with its lanes."""

    def __init__(self, connect: Connect, *, receipt_signer: KeySigner, log: Path) -> None:
        super().__init__(connect)
        self._receipt_signer = receipt_signer
        self._log = log
        self._handlers: dict[str, Handler] = {}
        self.exchange: Exchange | None = None

    async def start(self) -> None:
        """Ready for calls once the database answers."""
        memory, reads = HouseMemory(), _Reads(self.connect)
        while memory.house.network is None:
            with contextlib.suppress(psycopg.Error, PoolTimeout):
                async with reads.connection() as connection:
                    await memory.refresh(connection)
        shards = memory.house.founded.shards
        self.exchange = Exchange(connect=self.connect, reads=cast(Any, reads), memory=memory, shards=shards)
        means = Means(self.exchange, cast(Any, reads), memory, self._receipt_signer, self._log, "")
        self._handlers = handlers(means)
        self.spawn(self.exchange.run())
        self.spawn(_refresh(means))

    async def call(self, path: str, data: bytes) -> Answer:
        """Answers one call. NoAnswerError if the process is killed meanwhile, or is not up."""
        if not self.alive or not self._handlers:
            raise NoAnswerError
        task = self.spawn(self._answer(path, data))
        ended = asyncio.get_running_loop().create_future()
        task.add_done_callback(lambda _: None if ended.done() else ended.set_result(None))
        await ended
        if task.cancelled():
            raise NoAnswerError
        answer: Answer = task.result()
        return answer

    async def _answer(self, path: str, data: bytes) -> Answer:
        try:
            return Answer(await self._handlers[path](data, cast(Any, _Context())))
        except _Aborted as aborted:
            return Answer(reason=aborted.reason, text=aborted.text)


async def _refresh(means: Means) -> None:
    while True:
        await asyncio.sleep(RETRY_SECONDS)
        with contextlib.suppress(psycopg.Error, PoolTimeout):
            async with means.reading():
                pass


class _Aborted(Exception):  # noqa: N818 - gRPC's word
    def __init__(self, reason: str, text: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.text = text


class _Context:
    """The part of gRPC's context that the door uses."""

    def peer(self) -> str:
        """The caller's address, as gRPC spells it."""
        return "unix:"

    def auth_context(self) -> dict[str, list[bytes]]:
        """No certificates: the channel is not what is simulated."""
        return {}

    async def abort(self, code: Any, text: str, metadata: Any = ()) -> NoReturn:
        """Ends the call with an error."""
        info = ErrorInfo()
        for _, value in metadata:
            for detail in Status.FromString(value).details:
                detail.Unpack(info)
        raise _Aborted(info.reason or code.name, text)


class _Reads:
    """The pool of connections for reading."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._idle: list[Any] = []
        self._free = asyncio.Semaphore(READ_CONNECTIONS_MAX)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        """A connection that is open. PoolTimeout if there is none to be had."""
        async with self._free:
            self._idle = [known for known in self._idle if not known.closed]
            try:
                connection = self._idle.pop() if self._idle else await self._connect()
            except (psycopg.OperationalError, UnavailableError) as error:
                await asyncio.sleep(RETRY_SECONDS)
                raise PoolTimeout("no connection in time") from error
            try:
                yield connection
            finally:
                self._idle.append(connection)


class Worker(Process):
    """The process that cuts cycles, sweeps up what is due and publishes the journal."""

    def __init__(self, connect: Connect, *, log_signer: KeySigner, log: Path) -> None:
        super().__init__(connect)
        self._log_signer = log_signer
        self._log = log
        self.published = 0

    def start(self) -> None:
        """Begins; a lost connection is made again."""
        self.spawn(self._run())

    async def _run(self) -> None:
        while True:
            try:
                publisher = Publisher(await self.connect(), self._log, self._log_signer)
                await publisher.check_guard()
                await self._work_on(publisher)
            except (psycopg.Error, OSError, UnavailableError):
                await asyncio.sleep(RETRY_SECONDS)

    async def _work_on(self, publisher: Publisher) -> None:
        loop = asyncio.get_running_loop()
        next_sweep = next_publication = loop.time()
        while True:
            await publisher.cut()
            await publisher.record_statements()
            await publisher.see_to_house()
            if loop.time() >= next_sweep and not await publisher.sweep():
                next_sweep = loop.time() + SWEEP_SECONDS
            if loop.time() >= next_publication:
                self.published += await publisher.publish()
                next_publication = loop.time() + PUBLISH_SECONDS
            await asyncio.sleep(CUT_SECONDS)


async def load_to_the_end(connect: Connect, programme: Programme, folder: Path) -> None:
    """`coalition opening load`, again for as long as it is cut short; it may be refused."""
    prepared = programme.written(folder)
    for wait in (0.0, *[RETRY_SECONDS] * LOADS_MAX):
        await asyncio.sleep(wait)
        try:
            async with _session(connect) as writer, _session(connect) as reader:
                await load_opening(writer, reader, prepared)
            return
        except (psycopg.Error, UnavailableError):
            continue
        except CoalitionError as error:
            if error.reason in ("OPENING_NOT_APPROVED", "OPENING_FILE_INVALID"):
                return
            if error.reason != "BOOKS_UNAVAILABLE":
                raise
    raise AssertionError("an opening is cut short again and again")


@asynccontextmanager
async def _session(connect: Connect) -> AsyncIterator[Any]:
    session = await connect()
    try:
        yield session
    finally:
        await session.close()
