"""A cycle's obligations, read from the books. The rule of the minor unit is in `settlement.clearing.accrual`."""

from collections.abc import Iterable
from decimal import Decimal

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from settlement.clearing.accrual import Accrual, owed_within
from settlement.clearing.netting import Figures, net
from settlement.house.state import House

OPEN_IN_SOME_SHARD = "SELECT min(cycle) FROM shards WHERE shard > 0"
"""The first cycle that not every shard has cut; NULL if there is no shard of members."""
ACCRUED = """SELECT debtor, creditor, coalesce(sum(amount) FILTER (WHERE cycle < %(cycle)s), 0),
    coalesce(sum(amount) FILTER (WHERE cycle = %(cycle)s), 0), coalesce(sum(count) FILTER (WHERE cycle = %(cycle)s), 0)
    FROM obligations WHERE cycle <= %(cycle)s GROUP BY debtor, creditor"""
"""Rows for `accruals_of`."""


def accruals_of(rows: Iterable[tuple[str, str, Decimal, Decimal, Decimal]]) -> dict[tuple[str, str], Accrual]:
    """What `ACCRUED` answered, by (debtor, creditor)."""
    return {
        (debtor, creditor): Accrual(int(before), int(within), int(count))
        for debtor, creditor, before, within, count in rows
    }


async def minor_obligations(
    connection: AsyncConnection[TupleRow], house: House, cycle: int
) -> dict[tuple[str, str], int] | None:
    """(debtor, creditor) to minor units of a closed cycle; None while some shard has not cut it."""
    cut = await (await connection.execute(OPEN_IN_SOME_SHARD)).fetchone()
    if cut is None or cut[0] is None or cut[0] <= cycle:
        return None
    cursor = await connection.execute(ACCRUED, {"cycle": cycle})
    return owed_within(accruals_of(await cursor.fetchall()), house.founded.minor_digits)


async def figures_of(connection: AsyncConnection[TupleRow], house: House, cycle: int) -> Figures | None:
    """The figures of a closed cycle; None while it is not closed in every shard."""
    owed = await minor_obligations(connection, house, cycle)
    return None if owed is None else net(owed)
