"""What a cycle's book costs to read depends on the cycle and not on how many cycles were before it, or came after."""

from pathlib import Path

import psycopg

from coalition.api.v1.exchange_pb2 import IssueRequest, RedeemRequest
from settlement.database import READER, connect
from settlement.house.state import House
from settlement.ledger.memory import load_house
from settlement.statements.reading import read_cycle_book
from tests.support.postgres import drop_database, new_books
from tests.support.small_network import SmallNetwork, points

CYCLES = 12
HISTORY = "SELECT (SELECT count(*) FROM entries) + (SELECT count(*) FROM transfers)"
ROWS_READ = "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"


async def live(dsn: str, log: Path) -> None:
    """As many cycles, the same in each: members of two partners earn at one and spend at the other."""
    async with SmallNetwork.found(dsn, log, shards=2) as network:
        for partner in ("bakery", "grocer"):
            await network.take_in(partner)
        members = [(shard, await network.enrol("bakery", shard)) for shard in (1, 2)]
        for cycle in range(1, CYCLES + 1):
            for shard, member in members:
                await network.ask(shard, "bakery", IssueRequest(**points(member, 500)))
                await network.ask(shard, "grocer", RedeemRequest(**points(member, 300)))
                await network.ask(shard, "bakery", RedeemRequest(**points(member, 100)))
            await network.close_cycle(cycle, f"cycle-{cycle}")


def rows_read(connection: psycopg.Connection, house: House, cycle: int) -> int:
    """How many rows of all tables PostgreSQL counts while the book is read."""
    with connection.transaction():
        counts = []
        for read in (False, True):
            if read:
                assert read_cycle_book(connection, house, cycle).obligations
            row = connection.execute(ROWS_READ).fetchone()
            assert row is not None
            counts.append(int(row[0] or 0))
    return counts[1] - counts[0]


async def test_a_late_cycle_is_read_with_no_more_rows_than_an_early_one(tmp_path: Path) -> None:
    dsn = new_books()
    await live(dsn, tmp_path)
    with psycopg.connect(dsn, autocommit=True) as superuser:
        superuser.execute("ANALYZE")
    with connect(dsn, READER) as connection:
        # Else the planner scans these tables from end to end, for they are small.
        connection.execute("SET enable_seqscan = off")
        house = load_house(connection)
        costs = [rows_read(connection, house, cycle) for cycle in (2, CYCLES // 2, CYCLES)]
        row = connection.execute(HISTORY).fetchone()
    assert row is not None
    # A merge reads a row or two beyond the end, and an index may have the answer alone: no reason to grow.
    assert 0 < max(costs) <= 1.25 * min(costs)
    assert row[0] > 3 * max(costs)
    drop_database(dsn)
