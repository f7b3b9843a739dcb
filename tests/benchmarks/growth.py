"""What an act costs as books grow: the same redemptions for members with many lots and with few, on large books and on small.

Batches go to PostgreSQL as a lane posts them; signatures and gRPC cost the same whatever the books hold. The past is made up in
SQL: rows of the right number and size that no audit would accept, and that no act of the future looks at.
"""

from __future__ import annotations

import asyncio
import hashlib
import statistics
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from coalition.api.v1.exchange_pb2 import RedeemRequest
from settlement.database import GATEWAY, OWNER, connect_writer, create_roles, migrate
from settlement.ids import new_act_id
from settlement.journal.acts import Outcome
from tests.benchmarks.rounds import Tell
from tests.benchmarks.row import Site
from tests.support.small_network import SmallNetwork, just_now

SMALL, LARGE = 100_000, 1_000_000
"""Entries in the books."""
FEW, MANY = 3, 10_000
"""Open lots of a member."""
BATCH = 32
ROUNDS = 25
SPENDERS = 2_000
_PAST = (
    """CREATE TABLE past AS SELECT i, ('01900000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid AS act,
        md5('m' || i % {members})::uuid AS member
        FROM generate_series({start}, {stop} - 1) AS i""",
    "INSERT INTO members (member, shard) SELECT md5('m' || i)::uuid, 1 FROM generate_series(0, {members} - 1) AS i",
    """INSERT INTO balances (shard, account, asset, debits, credits)
        SELECT 1, 'wallet:' || md5('m' || i)::uuid, 'PTS', 0, 1000000 FROM generate_series(0, {members} - 1) AS i""",
    """INSERT INTO entries (shard, index, house, recorded_at_us, kind, partner, member, balance_after, leaf, leaf_hash)
        SELECT 1, i, 1, 1000 + i, 'redeem', 'grocer', member, 100, repeat('a line of a leaf ', 40), sha256(act::text::bytea)
        FROM past""",
    "INSERT INTO payloads (shard, index, payload) SELECT 1, i, repeat('x', 280)::bytea FROM past",
    """INSERT INTO transfers (shard, index, position, debit, credit, asset, amount)
        SELECT 1, i, 0, 'wallet:' || member, 'redeemed:grocer', 'PTS', 100 FROM past""",
    """INSERT INTO acts (partner, act_id, payload_sha256, shard, index)
        SELECT 'grocer', act, sha256(act::text::bytea), 1, i FROM past""",
    """INSERT INTO lots (shard, index, place, member, funder, asset, quantity, remaining, expires_at_us, tariff)
        SELECT 1, i, 0, member, 'grocer', 'PTS', 1000, 0, {never}, 0 FROM past""",
    "DROP TABLE past",
)
_LOTS = """INSERT INTO lots (shard, index, place, member, funder, asset, quantity, remaining, expires_at_us, tariff)
    SELECT 1, {first} + i, 0, md5('m' || {member} + i / {lots})::uuid, 'grocer', 'PTS', 1000, 1000, {never}, 0
    FROM generate_series(0, {lots} * {count} - 1) AS i"""


@dataclass(frozen=True)
class Growth:
    """Milliseconds that a batch of redemptions takes, as a median, in each of three books."""

    few_lots_ms: float
    many_lots_ms: float
    large_books_ms: float

    @property
    def by_lots(self) -> float:
        """How much longer for members with `MANY` open lots than for members with `FEW`."""
        return self.many_lots_ms / self.few_lots_ms

    @property
    def by_entries(self) -> float:
        """How much longer in books of `LARGE` entries than in books of `SMALL`."""
        return self.large_books_ms / self.few_lots_ms

    def as_json(self) -> dict[str, float]:
        """The figures, rounded."""
        ratios = {"by_lots": self.by_lots, "by_entries": self.by_entries}
        return {name: round(value, 3) for name, value in (asdict(self) | ratios).items()}


def measure_growth(site: Site, tell: Tell) -> Growth:
    """Fills two books, then lets the three kinds of members redeem in turns."""
    tell(f"growth: filling books of {SMALL:,} and {LARGE:,} entries")
    growth = asyncio.run(_measure(site))
    tell(f"growth: {growth.by_lots:.2f} by lots, {growth.by_entries:.2f} by entries", done=True)
    return growth


async def _measure(site: Site) -> Growth:
    small, large = (new_books(site, f"growth_{entries}") for entries in (SMALL, LARGE))
    folder: Path = site.folder
    async with (
        SmallNetwork.found(small, folder / "small", shards=1) as in_small,
        SmallNetwork.found(large, folder / "large", shards=1) as in_large,
    ):
        for network, entries in ((in_small, SMALL), (in_large, LARGE)):
            await network.take_in("grocer")
            await network.take_in("cinema")
            _fill(network.dsn, entries)
            network.gateway = await connect_writer(network.dsn, GATEWAY, statement_timeout="60s")
        seconds: dict[str, list[float]] = {"few": [], "many": [], "large": []}
        for number in range(ROUNDS):
            few = [f"m{(number * BATCH + at) % SPENDERS}" for at in range(BATCH)]
            many = [f"m{SPENDERS + (number * BATCH + at) % BATCH}" for at in range(BATCH)]
            seconds["few"].append(await _redeem(in_small, few))
            seconds["many"].append(await _redeem(in_small, many))
            seconds["large"].append(await _redeem(in_large, few))
        await in_small.gateway.close()
        await in_large.gateway.close()
    return Growth(*[statistics.median(taken) * 1_000 for taken in seconds.values()])


def new_books(site: Site, name: str) -> str:
    """An empty database with all tables and roles."""
    dsn = site.create_database(name)
    with psycopg.connect(dsn, autocommit=True) as connection:
        create_roles(connection)
        connection.execute(sql.SQL("GRANT ALL ON SCHEMA public TO {}").format(sql.Identifier(OWNER)))
    migrate(dsn)
    return dsn


def _fill(dsn: str, entries: int) -> None:
    """A past of so many entries; then `SPENDERS` members with few open lots each, and a batch of members with many."""
    members, never = entries // 10, 2**62
    lots = ((0, FEW, SPENDERS), (SPENDERS, MANY, BATCH))
    first = 10 * LARGE
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in _PAST:
            connection.execute(statement.format(start=0, stop=entries, members=members, never=never).encode())
        for member, each, count in lots:
            connection.execute(
                _LOTS.format(first=first, member=member, lots=each, count=count, never=never).encode()
            )
            first += each * count
        connection.execute(
            "UPDATE shards SET size = %s, recorded_at_us = %s WHERE shard = 1", (2 * first, 10**9)
        )
        connection.execute("VACUUM ANALYZE")


async def _redeem(network: SmallNetwork, names: Sequence[str]) -> float:
    """Seconds that one batch takes in which each of these members redeems a point."""
    now = just_now()
    requests = [RedeemRequest(member_id=_member(name), amount=1, occurred_at=now) for name in names]
    acts = [network.act("cinema", request, act_id=new_act_id()) for request in requests]
    began = time.perf_counter()
    verdicts = await network.post(1, acts)
    taken = time.perf_counter() - began
    assert all(isinstance(verdict, Outcome) and verdict.refusal is None for verdict in verdicts)
    return taken


def _member(name: str) -> str:
    """The id that PostgreSQL made of a name."""
    return str(uuid.UUID(hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()))
