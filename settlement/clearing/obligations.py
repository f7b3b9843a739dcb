"""A cycle's obligations and figures, read from the books. The rule of the minor unit is in `settlement.clearing.accrual`.

What accrued before a cycle is summed from the newest cycle of which the sums are kept, so old cycles are not read again.
PostgreSQL nets a cycle by itself: the figures are a few hundred rows, where obligations may be hundreds of thousands.
"""

from collections.abc import Iterable
from decimal import Decimal

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from settlement.clearing.accrual import Accrual, owed_within
from settlement.clearing.netting import Figures, figures_from
from settlement.house.state import House
from settlement.money import micros_per_minor

OPEN_IN_SOME_SHARD = "SELECT min(cycle) FROM shards WHERE shard > 0"
"""The first cycle that not every shard has cut; NULL if there is no shard of members."""
_PARTS = """WITH since AS (SELECT coalesce(max(cycle), 0) AS cycle FROM accrued WHERE cycle < %(cycle)s), parts AS (
        SELECT debtor, creditor, amount AS before, 0 AS within, 0 AS count, 0 AS fresh
        FROM accrued WHERE cycle = (SELECT cycle FROM since)
    UNION ALL
        SELECT debtor, creditor, CASE WHEN o.cycle < %(cycle)s THEN amount ELSE 0 END,
            CASE WHEN o.cycle < %(cycle)s THEN 0 ELSE amount END, CASE WHEN o.cycle < %(cycle)s THEN 0 ELSE count END, 1
        FROM shards s JOIN obligations o
            ON o.shard = s.shard AND o.cycle > (SELECT cycle FROM since) AND o.cycle <= %(cycle)s
    )"""
"""Kept sums and the obligations since then: each pair's micros before the cycle and in it, and its postings in it."""
_SUMS = "SELECT debtor, creditor, sum(before), sum(within), sum(count) FROM parts"
ACCRUED = f"{_PARTS} {_SUMS} GROUP BY 1, 2"
"""Rows for `accruals_of`."""
ACCRUED_BY = f"{_PARTS} {_SUMS} WHERE debtor = %(debtor)s GROUP BY 1, 2"
"""The same of one debtor."""
FIGURES = f"""{_PARTS}, owed AS (
        SELECT debtor, creditor, div(sum(before) + sum(within), %(unit)s) - div(sum(before), %(unit)s) AS amount
        FROM parts GROUP BY 1, 2 HAVING sum(within) > 0
    ), pairs AS (
        SELECT least(debtor, creditor) AS one, greatest(debtor, creditor) AS other, sum(amount) AS gross,
            sum(CASE WHEN debtor < creditor THEN amount ELSE -amount END) AS net FROM owed GROUP BY 1, 2
    ) SELECT name, sum(side.gross), sum(bilateral), sum(side.net) FROM pairs
    CROSS JOIN LATERAL (VALUES (one, gross, abs(net), net), (other, 0, 0, -net)) AS side (name, gross, bilateral, net)
    GROUP BY 1"""  # noqa: S608 - made of constants
"""Rows for `figures_from`. `unit`: micros of a minor unit."""
KEEP = f"""{_PARTS}, sums AS (
        SELECT debtor, creditor, sum(before + within) AS amount, sum(fresh) AS fresh FROM parts GROUP BY 1, 2
    ) INSERT INTO accrued SELECT %(cycle)s, debtor, creditor, amount FROM sums
    WHERE 2 * (SELECT sum(fresh) FROM sums) >= (SELECT count(*) FROM sums) ON CONFLICT DO NOTHING"""  # noqa: S608 - as above
"""Keeps the sums up to the end of a cycle that every shard has cut, unless few obligations came to them since the last that are
kept: so neither outgrows the other by more than twice.
"""


def accruals_of(rows: Iterable[tuple[str, str, Decimal, Decimal, Decimal]]) -> dict[tuple[str, str], Accrual]:
    """What `ACCRUED` answered, by (debtor, creditor)."""
    return {
        (debtor, creditor): Accrual(int(before), int(within), int(count))
        for debtor, creditor, before, within, count in rows
    }


async def owed_by(
    connection: AsyncConnection[TupleRow], house: House, cycle: int, debtor: str
) -> dict[tuple[str, str], int] | None:
    """(debtor, creditor) to minor units of what one owes for a closed cycle; None while some shard has not cut it."""
    if not await _is_cut(connection, cycle):
        return None
    cursor = await connection.execute(ACCRUED_BY, {"cycle": cycle, "debtor": debtor})
    return owed_within(accruals_of(await cursor.fetchall()), house.founded.minor_digits)


async def figures_of(connection: AsyncConnection[TupleRow], house: House, cycle: int) -> Figures | None:
    """The figures of a closed cycle; None while it is not closed in every shard."""
    if not await _is_cut(connection, cycle):
        return None
    unit = micros_per_minor(house.founded.minor_digits)
    return figures_from(await (await connection.execute(FIGURES, {"cycle": cycle, "unit": unit})).fetchall())


async def _is_cut(connection: AsyncConnection[TupleRow], cycle: int) -> bool:
    row = await (await connection.execute(OPEN_IN_SOME_SHARD)).fetchone()
    return row is not None and row[0] is not None and row[0] > cycle
