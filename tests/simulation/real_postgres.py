"""Real PostgreSQL where the simulator's stand-in stands: the same blows at any statement and at the commit."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from coalition.simulation.cast import new_cast
from coalition.simulation.postgres.blows import AFTER, BEFORE, DURING, Blow, Blows
from coalition.simulation.postgres.tables import (
    ArrearRow,
    Committed,
    EntryRow,
    HoldRow,
    LotRow,
    MemberRow,
    ShardRow,
    Tables,
    TransitRow,
)
from settlement.database import OWNER, READER, connect, connect_async, connect_writer
from settlement.errors import UnavailableError
from settlement.house.records import Network
from settlement.house.tariff import Tariff
from settlement.journal.leaf import HOUSE
from settlement.ledger.founding import found

_NEW = """SELECT e.shard, e.index, e.house, e.recorded_at_us, e.kind, e.partner, e.member::text, e.refusal, e.balance_after,
    e.leaf, e.leaf_hash FROM entries e JOIN unnest(%s::smallint[], %s::bigint[]) AS known (shard, size) USING (shard)
    WHERE e.index >= known.size"""
_END_ALL = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename = session_user"""


class RealPostgres:
    """Founded books in a database. The clock is the server's and cannot be set; a crash ends every session at once."""

    def __init__(self, dsn: str, seed: int, network: Network, tariff: Tariff) -> None:
        self.blows = Blows()
        self.committed: Committed = lambda _shard, _entries, _house_at_lock: None
        self.highest_us = 0
        self.losses = 0
        self._dsn = dsn
        self._down_until = 0.0
        self._sizes = {HOUSE: 1} | dict.fromkeys(range(1, network.shards + 1), 0)
        self._reading = asyncio.Lock()
        self._sessions: list[RealSession] = []
        self._reader: AsyncConnection[TupleRow] | None = None
        with connect(dsn, OWNER) as connection:
            found(connection, network, tariff=tariff, keys=new_cast(seed).founding_keys())

    def clock_us(self) -> int:
        """This machine's clock, which is the server's."""
        now_us = time.time_ns() // 1_000
        self.highest_us = max(self.highest_us, now_us)
        return now_us

    def step_clock(self, step_us: int) -> None:
        """The clock of a real server stays as it is."""

    async def connect(self, role: str) -> "RealSession":
        """A connection that writes; OperationalError while the server is down."""
        if time.monotonic() < self._down_until:
            raise psycopg.OperationalError("the server is down")
        session = RealSession(self, await connect_writer(self._dsn, role, statement_timeout="15s"))
        self._sessions.append(session)
        return session

    def crash(self, *, seconds: float) -> None:
        """Every session of the network ends, and none begins for a while."""
        self._down_until = time.monotonic() + seconds
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            connection.execute(_END_ALL)

    async def catch_up(self) -> None:
        """Tells `committed` of all that was committed by now, in an order in which each entry follows what it rests on."""
        async with self._reading:
            rows = await self._new_rows()
            rows.sort(key=_rests_on)
            for shard, *row in rows:
                self._sizes[shard] += 1
                self.committed(shard, [EntryRow(*row)], 0)

    async def _new_rows(self) -> list[tuple[Any, ...]]:
        known = (list(self._sizes), list(self._sizes.values()))
        while True:
            try:
                if self._reader is None or self._reader.closed:
                    self._reader = await connect_async(self._dsn, READER)
                return await (await self._reader.execute(_NEW, known)).fetchall()
            except (psycopg.OperationalError, UnavailableError):
                await asyncio.sleep(0.05)

    async def end(self) -> None:
        """Hangs up every connection that was ever made."""
        for session in self._sessions:
            await session.close()
        if self._reader is not None:
            await self._reader.close()

    async def read_tables(self) -> Tables:
        """All tables as they are."""
        return await asyncio.to_thread(read_tables, self._dsn)


_SHARDS = "SELECT shard, size, house, cycle, cycle_start, recorded_at_us FROM shards"
_ACTS = "SELECT partner, act_id::text, payload_sha256, shard, index FROM acts"
_ARREARS = (
    "SELECT shard, index, place, member::text, partner, asset, quantity, remaining, tariff FROM arrears"
)
_MEMBERS = "SELECT member::text, shard, active_at_us, idle_months, sent_day, sent_points FROM members"
_HOLDS = "SELECT shard, index, member::text, partner, amount, tariff, until_us, closed_by FROM holds"
_TRANSITS = "SELECT shard, index, to_shard, recipient::text, arrived_by FROM transits"
_LOTS = """SELECT shard, index, place, member::text, funder, asset, quantity, remaining, expires_at_us, tariff,
    idle_months, pending_until_us, expired, notice_us FROM lots"""


def _rests_on(row: tuple[Any, ...]) -> tuple[int, int, int, int]:
    """The order of an audit (`coalition.audit.records`): house entries before what was decided under them."""
    shard, index, house, time_us, *_ = row
    return (index, 1, 0, 0) if shard == HOUSE else (house, 0, time_us, shard)


class RealSession:
    """A real connection that can be lost at any statement."""

    def __init__(self, server: RealPostgres, connection: AsyncConnection[TupleRow]) -> None:
        self._server = server
        self._connection = connection
        self._pipeline: Any = None

    @property
    def closed(self) -> bool:
        """Whether the connection is gone."""
        return self._connection.closed

    @property
    def transaction(self) -> object | None:
        """Something, while a transaction is open."""
        status = psycopg.pq.TransactionStatus
        return None if self._connection.info.transaction_status is status.IDLE else status

    async def execute(self, sql: str, parameters: Any = None) -> Any:
        """Runs a statement, if nothing befalls it."""
        self._meet(self._server.blows.due(BEFORE))
        cursor = await self._connection.execute(sql.encode(), parameters)
        if sql == "COMMIT":
            await self._lose_while_committing(self._server.blows.due(DURING))
        blow = self._server.blows.due(AFTER)
        if blow is not None:
            if self._pipeline is not None:
                await self._pipeline.sync()
            self._meet(blow)
        return cursor

    @asynccontextmanager
    async def pipeline(self) -> AsyncIterator[None]:
        """psycopg's pipeline."""
        async with self._connection.pipeline() as self._pipeline:
            try:
                yield
            finally:
                self._pipeline = None

    async def rollback(self) -> None:
        """Ends the open transaction."""
        await self._connection.rollback()

    async def close(self) -> None:
        """Hangs up."""
        await self._connection.close()

    def lose(self) -> None:
        """The connection is gone, without a word to the server."""
        with contextlib.suppress(StopIteration):
            self._connection.close().send(None)  # it awaits nothing

    def _meet(self, blow: Blow | None) -> None:
        if blow is not None:
            self._server.losses += 1
            blow.strikes(self)
            if self.closed:
                raise psycopg.OperationalError("the connection is lost")

    async def _lose_while_committing(self, blow: Blow | None) -> None:
        """The server gets the commit, and whoever asked for it never hears of it."""
        if blow is not None:
            self._connection.pgconn.pipeline_sync()
            self._connection.pgconn.flush()
            self._meet(blow)


def read_tables(dsn: str) -> Tables:
    """All tables of a database, as they were at one moment."""
    with psycopg.connect(dsn) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ

        def rows(sql: str) -> list[tuple[Any, ...]]:
            return connection.execute(sql.encode()).fetchall()

        tables = Tables()
        for shard, *facts in rows(_SHARDS):
            tables.shards[shard], tables.entries[shard] = ShardRow(*facts), []
        for shard, *facts in rows(
            "SELECT shard, index, house, recorded_at_us, kind, partner, member::text, refusal, balance_after, leaf, leaf_hash"
            " FROM entries ORDER BY shard, index"
        ):
            tables.entries[shard].append(EntryRow(*facts))
        for shard, index, payload in rows("SELECT shard, index, payload FROM payloads"):
            tables.payloads[shard, index] = payload
        for shard, index, *post in rows(
            "SELECT shard, index, debit, credit, asset, amount FROM transfers ORDER BY shard, index, position"
        ):
            tables.transfers.setdefault((shard, index), []).append(tuple(post))
        for partner, act_id, *act in rows(_ACTS):
            tables.acts[partner, act_id] = tuple(act)
        tables.members.update({member: MemberRow(*facts) for member, *facts in rows(_MEMBERS)})
        tables.aliases.update(rows("SELECT token, member::text FROM aliases"))
        for shard, account, asset, debits, credited in rows("SELECT * FROM balances"):
            tables.balances[shard, account, asset] = [int(debits), int(credited)]
        for shard, cycle, debtor, creditor, amount, count in rows("SELECT * FROM obligations"):
            tables.obligations[shard, cycle, debtor, creditor] = [int(amount), count]
        for cycle, *pair, amount in rows("SELECT * FROM accrued"):
            tables.accrued.setdefault(cycle, {})[pair[0], pair[1]] = int(amount)
        _read_points(tables, rows)
        tables.concerns.update(rows("SELECT partner, shard, index FROM concerns"))
        for shard, sha256, part, *facts in rows("SELECT * FROM openings"):
            tables.openings[shard, sha256.hex(), part] = tuple(facts)
        for sha256, *file in rows("SELECT sha256, kind, content FROM payment_files"):
            tables.files[sha256] = tuple(file)
        tables.checkpoints.update(rows("SELECT size, note FROM checkpoints"))
        return tables


def _read_points(tables: Tables, rows: Callable[[str], list[tuple[Any, ...]]]) -> None:
    """Lots, arrears, members' proofs, holds, transits and what is reversed."""
    for shard, *lot in rows(_LOTS):
        tables.lots[shard, *lot[:2]] = LotRow(*lot)
    for shard, *arrear in rows(_ARREARS):
        tables.arrears[shard, *arrear[:2]] = ArrearRow(*arrear)
    for shard, member, name, public in rows("SELECT shard, member::text, name, public FROM proofs"):
        tables.proofs[shard, member, name] = public
    for shard, original, index, amount in rows("SELECT * FROM reversals"):
        tables.reversals.setdefault((shard, original), {})[index] = amount
    for shard, index, *hold in rows(_HOLDS):
        tables.holds[shard, index] = HoldRow(index, *hold)
    for shard, index, *transit in rows(_TRANSITS):
        tables.transits[shard, index] = TransitRow(*transit)
