"""One connection to the stand-in, with the part of psycopg's interface that the engine uses, and all that can befall it."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import psycopg
from psycopg import errors

from coalition.simulation.postgres.blows import AFTER, BEFORE, DURING, Blow, Blows
from coalition.simulation.postgres.statements import STATEMENTS
from coalition.simulation.postgres.tables import Committed, Key, Tables, Transaction, Wait
from settlement.clock import SECOND_US

ROUND_TRIP_SECONDS = 0.000_4
DEADLOCK_SECONDS = 1.0
STATEMENT_SECONDS_MAX = 15.0


@dataclass
class Postgres:
    """The server. `committed` hears of every transaction that wrote entries, in the order of commits."""

    clock: Callable[[], float]
    start_us: int
    chance: Random
    committed: Committed = lambda _shard, _entries, _house_at_lock: None
    tables: Tables = field(default_factory=Tables)
    shard_locks: dict[int, Transaction] = field(default_factory=dict)
    keys: dict[Key, Transaction] = field(default_factory=dict)
    sessions: list["Session"] = field(default_factory=list)
    blows: Blows = field(default_factory=Blows)
    stepped_us: int = 0
    highest_us: int = 0
    down_until: float = 0.0

    def clock_us(self) -> int:
        """The server's clock, as set forward and back."""
        now_us = self.start_us + self.stepped_us + int(self.clock() * SECOND_US)
        self.highest_us = max(self.highest_us, now_us)
        return now_us

    def step_clock(self, step_us: int) -> None:
        """Sets the clock forward or back."""
        self.stepped_us += step_us

    async def catch_up(self) -> None:
        """Returns when `committed` has heard of every commit: it has."""

    async def read_tables(self) -> Tables:
        """All tables as they are."""
        return self.tables

    async def connect(self, _role: str) -> "Session":
        """A new connection; OperationalError while the server is down."""
        await asyncio.sleep(ROUND_TRIP_SECONDS)
        if self.clock() < self.down_until:
            raise psycopg.OperationalError("the server is down")
        session = Session(self)
        self.sessions.append(session)
        return session

    def crash(self, *, seconds: float) -> None:
        """Ends every session; what was committed stays."""
        self.down_until = self.clock() + seconds
        for session in list(self.sessions):
            session.lose()

    def release(self, transaction: Transaction) -> None:
        """Frees what a transaction held."""
        if transaction.shard is not None and self.shard_locks.get(transaction.shard) is transaction:
            del self.shard_locks[transaction.shard]
        for key in transaction.keys:
            del self.keys[key]
        for waiter in transaction.waiters:
            if not waiter.done():
                waiter.set_result(None)


class Answered:
    """What a statement answered, as a cursor."""

    def __init__(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self._rows = list(rows)

    async def fetchone(self) -> tuple[Any, ...] | None:
        """The first row."""
        return self._rows[0] if self._rows else None

    async def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows."""
        return self._rows


class Pipeline:
    """The part of psycopg's pipeline that the engine uses: a context, at whose end the answers come."""

    def __init__(self, session: "Session") -> None:
        self._session = session

    async def __aenter__(self) -> None:
        self._session.begin_pipeline()

    async def __aexit__(self, error: type[BaseException] | None, *_: object) -> None:
        await self._session.end_pipeline(wait=error is None)


class Session:
    """A connection in autocommit mode; BEGIN opens a transaction."""

    def __init__(self, server: Postgres) -> None:
        self.server = server
        self.closed = False
        self.transaction: Transaction | None = None
        self._waits_for: Transaction | None = None
        self._pipelined = False
        self._failed: psycopg.Error | None = None

    async def execute(self, sql: str, parameters: Any = ()) -> Answered:
        """Runs one statement. Inside of a pipeline an error comes at its end, and what follows the failed one is not run."""
        if self._pipelined and self._failed is not None:
            return Answered(())
        seconds = self._seconds_under_way()
        if seconds:
            await asyncio.sleep(seconds)
        self._require_open()
        blows = self.server.blows
        try:
            if blows.armed:
                self._meet(blows.due(BEFORE))
            rows = await self._run(sql, parameters)
        except psycopg.Error as error:
            if not self._pipelined or self.closed:
                raise
            self._failed = error
            return Answered(())
        if blows.armed:
            self._meet(blows.due(AFTER))
        return Answered(rows)

    def pipeline(self) -> "Pipeline":
        """Sends statements without waiting for their answers."""
        return Pipeline(self)

    def begin_pipeline(self) -> None:
        """What is executed from now on is only sent."""
        self._pipelined = True

    async def end_pipeline(self, *, wait: bool) -> None:
        """Waits for the answers, if they matter; raises the first error among them."""
        try:
            if wait:
                await asyncio.sleep(ROUND_TRIP_SECONDS)
                self._require_open()
                if self._failed is not None:
                    raise self._failed
        finally:
            self._pipelined, self._failed = False, None

    async def rollback(self) -> None:
        """Ends the open transaction, if any, without a change."""
        self._require_open()
        await asyncio.sleep(ROUND_TRIP_SECONDS)
        self._require_open()
        self._end()

    async def close(self) -> None:
        """Hangs up."""
        self.lose()

    def lose(self) -> None:
        """The connection is gone: the server rolls back what was open."""
        if not self.closed:
            self.closed = True
            self.server.sessions.remove(self)
            self._end()
            if self._waits_for is not None:
                self._waits_for.wake()

    def _seconds_under_way(self) -> float:
        chance = self.server.chance.random()
        if not self._pipelined:
            return ROUND_TRIP_SECONDS * (1 + 4 * chance)
        return ROUND_TRIP_SECONDS if chance < 0.05 else 0.0

    def _require_open(self) -> None:
        if self.closed:
            raise psycopg.OperationalError("the connection is lost")

    def _meet(self, blow: Blow | None) -> None:
        if blow is not None:
            blow.strikes(self)
            self._require_open()

    async def _run(self, sql: str, parameters: Any) -> Sequence[tuple[Any, ...]]:
        if sql == "BEGIN":
            self.transaction = Transaction()
            return ()
        if sql == "COMMIT":
            return await self._commit()
        own = self.transaction is None
        transaction = self.transaction = self.transaction or Transaction()
        statement = STATEMENTS[sql]
        try:
            while isinstance(result := statement(self.server, transaction, parameters), Wait):
                await self._wait_for(result.holder)
        except BaseException:
            if own:
                self._end()
            raise
        if own:
            self._write(transaction)
        return result

    async def _commit(self) -> tuple[()]:
        assert self.transaction is not None
        blow = self.server.blows.due(DURING)
        if blow is not None:
            transaction, self.transaction = self.transaction, None
            loop = asyncio.get_running_loop()
            loop.call_later(0.05 * self.server.chance.random(), self._write, transaction)
            self._meet(blow)
            raise psycopg.OperationalError("the connection was lost while committing")
        self._write(self.transaction)
        return ()

    def _write(self, transaction: Transaction) -> None:
        """Commits: what the transaction changes is there for everybody."""
        if self.transaction is transaction:
            self.transaction = None
        for change in transaction.changes:
            change(self.server.tables)
        self.server.release(transaction)
        if transaction.entries and transaction.shard is not None:
            self.server.committed(transaction.shard, transaction.entries, transaction.house_at_lock)

    def _end(self) -> None:
        if self.transaction is not None:
            transaction, self.transaction = self.transaction, None
            self.server.release(transaction)

    async def _wait_for(self, holder: Transaction) -> None:
        """Until the holder ends; DeadlockDetected if it waits for this session, QueryCanceled after the longest time."""
        self._waits_for = holder
        try:
            for waited in range(int(STATEMENT_SECONDS_MAX / DEADLOCK_SECONDS)):
                if await holder.ended_within(DEADLOCK_SECONDS):
                    self._require_open()
                    return
                self._require_open()
                if waited == 0 and any(each is self.transaction for each in self._chain(holder)):
                    raise errors.DeadlockDetected("each of two transactions waits for the other")
            raise errors.QueryCanceled("canceling statement due to statement timeout")
        finally:
            self._waits_for = None

    def _chain(self, holder: Transaction | None) -> Iterator[Transaction]:
        """Whom the holder waits for, and so on."""
        waits = {id(s.transaction): s._waits_for for s in self.server.sessions if s.transaction is not None}
        seen: set[int] = set()
        while holder is not None and id(holder) not in seen:
            seen.add(id(holder))
            yield holder
            holder = waits.get(id(holder))
