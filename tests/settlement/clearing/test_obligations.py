"""PostgreSQL nets as the pure rules do, whatever sums it keeps, and reads no more for a late cycle than for an early one."""

from collections.abc import Iterator
from random import Random

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from settlement.clearing.accrual import Accrual, owed_within
from settlement.clearing.netting import net
from settlement.clearing.obligations import (
    ACCRUED,
    ACCRUED_BY,
    FIGURES,
    KEEP,
    accruals_of,
    figures_of,
    owed_by,
)
from settlement.database import GATEWAY, WORKER, connect_writer
from settlement.house.records import Network
from settlement.house.state import House
from tests.support.postgres import drop_database, new_books

HOUSE = House()
HOUSE.network = Network("clearing.example/test", "EUR", 2, 2, "operator", "bilateral")
NAMES = [f"p{number}" for number in range(6)]
CYCLES = 12
ROWS_READ = """SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables
    WHERE relname IN ('obligations', 'accrued', 'shards')"""
Owed = dict[int, dict[tuple[str, str], tuple[int, int]]]


@pytest.fixture
def books() -> Iterator[str]:
    """Two shards that have cut all cycles."""
    dsn = new_books()
    with psycopg.connect(dsn) as connection:
        connection.execute("INSERT INTO shards SELECT shard, 0, 0, 99 FROM generate_series(0, 2) AS shard")
    yield dsn
    drop_database(dsn)


def owe(dsn: str, chance: Random, cycle: int, pairs: int) -> dict[tuple[str, str], tuple[int, int]]:
    """Some pairs' obligations of a cycle, in several shards: micros and postings."""
    made: dict[tuple[str, str], tuple[int, int]] = {}
    with psycopg.connect(dsn) as connection:
        for shard in range(3):
            for _ in range(pairs):
                debtor, creditor = chance.sample(NAMES, 2)
                micros, count = chance.choice((1, 9_999, 10_000, 123_456_789)), chance.randint(1, 3)
                row = (shard, cycle, debtor, creditor, micros, count)
                inserted = connection.execute(
                    "INSERT INTO obligations VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING", row
                )
                if inserted.rowcount:
                    before = made.get((debtor, creditor), (0, 0))
                    made[debtor, creditor] = (before[0] + micros, before[1] + count)
    return made


def accruals(owed: Owed, cycle: int) -> dict[tuple[str, str], Accrual]:
    """Added up from the first cycle on."""
    sums: dict[tuple[str, str], Accrual] = {}
    for number in range(1, cycle + 1):
        for pair, (micros, count) in owed[number].items():
            had = sums.get(pair, Accrual(0, 0, 0))
            sums[pair] = (
                Accrual(had.before_micros, micros, count)
                if number == cycle
                else Accrual(had.before_micros + micros, 0, 0)
            )
    return sums


@pytest.mark.parametrize("seed", range(4))
async def test_figures_are_those_of_the_pure_rules_whatever_is_kept(books: str, seed: int) -> None:
    chance = Random(seed)
    owed = {cycle: owe(books, chance, cycle, chance.randint(0, 9)) for cycle in range(1, CYCLES + 1)}
    async with (
        await connect_writer(books, WORKER, statement_timeout="15s") as worker,
        await connect_writer(books, GATEWAY, statement_timeout="15s") as desk,
    ):
        for cycle in chance.sample(range(1, CYCLES + 1), CYCLES):
            if seed:
                await worker.execute(KEEP, {"cycle": cycle})
            for number in range(1, CYCLES + 1):
                expected = accruals(owed, number)
                minor = owed_within(expected, 2)
                cursor = await desk.execute(ACCRUED, {"cycle": number})
                assert accruals_of(await cursor.fetchall()) == expected
                assert await figures_of(desk, HOUSE, number) == net(minor)
                of_one = {pair: amount for pair, amount in minor.items() if pair[0] == NAMES[0]}
                assert await owed_by(desk, HOUSE, number, NAMES[0]) == of_one
        kept = await (await desk.execute("SELECT cycle, debtor, creditor, amount FROM accrued")).fetchall()
    assert bool(kept) == bool(seed)
    for cycle, debtor, creditor, amount in kept:
        pair = accruals(owed, cycle)[debtor, creditor]
        assert amount == pair.before_micros + pair.within_micros


async def test_a_cycle_that_some_shard_has_not_cut_has_no_figures(books: str) -> None:
    owe(books, Random(1), 1, 5)
    async with await connect_writer(books, GATEWAY, statement_timeout="15s") as desk:
        assert await figures_of(desk, HOUSE, 98) is not None
        assert await figures_of(desk, HOUSE, 99) is None
        assert await owed_by(desk, HOUSE, 99, NAMES[0]) is None


async def test_sums_are_kept_only_where_enough_has_come_to_them(books: str) -> None:
    """Of a cycle of few pairs nothing is kept until others have made up for it."""
    chance = Random(2)
    async with await connect_writer(books, WORKER, statement_timeout="15s") as worker:
        for cycle in range(1, CYCLES + 1):
            owe(books, chance, cycle, 60 if cycle == 1 else 1)
            await worker.execute(KEEP, {"cycle": cycle})
        cursor = await worker.execute("SELECT DISTINCT cycle FROM accrued ORDER BY cycle")
        kept = [cycle for (cycle,) in await cursor.fetchall()]
        rows = await (await worker.execute("SELECT count(*) FROM accrued")).fetchone()
        fell = await (await worker.execute("SELECT count(*) FROM obligations")).fetchone()
    assert kept[0] == 1
    assert 1 < len(kept) < CYCLES / 2
    assert rows is not None
    assert fell is not None
    assert rows[0] <= 2 * fell[0]


@pytest.mark.parametrize("statement", [ACCRUED, ACCRUED_BY, FIGURES])
async def test_a_late_cycle_costs_as_many_rows_as_an_early_one(books: str, statement: str) -> None:
    pairs = [(debtor, creditor) for debtor in NAMES for creditor in NAMES if debtor != creditor]
    keeping, costs = [], []
    async with await connect_writer(books, WORKER, statement_timeout="15s") as worker:
        for cycle in range(1, CYCLES + 1):
            with psycopg.connect(books) as connection, connection.cursor() as cursor:
                rows = [(shard, cycle, *pair, 7_777, 1) for shard in (1, 2) for pair in pairs]
                cursor.executemany("INSERT INTO obligations VALUES (%s, %s, %s, %s, %s, %s)", rows)
            keeping.append(await rows_read_by(worker, KEEP, {"cycle": cycle}))
        for cycle in (2, CYCLES // 2, CYCLES):
            values = {"cycle": cycle, "unit": 10_000, "debtor": NAMES[0]}
            costs.append(await rows_read_by(worker, statement, values))
    assert costs == [costs[0]] * 3
    assert keeping[1:] == [keeping[1]] * (CYCLES - 1)
    # Kept sums, and the cycle's own in both shards; a scan by bitmap counts what it finds twice.
    assert 0 < costs[0] <= 2 * 3 * len(pairs)


async def rows_read_by(worker: AsyncConnection[TupleRow], statement: str, values: dict[str, object]) -> int:
    """How many rows of these tables a statement looks at, as PostgreSQL counts them."""
    async with worker.transaction():
        before = await (await worker.execute(ROWS_READ)).fetchone()
        await worker.execute(statement.encode(), values)
        after = await (await worker.execute(ROWS_READ)).fetchone()
    assert before is not None
    assert after is not None
    return int((after[0] or 0) - (before[0] or 0))
