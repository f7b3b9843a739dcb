"""How much of each month's points was spent and how much never will be, as of a moment.

No table remembers when points of which age were spent, so all entries up to the moment are read: it costs the history. What it
reads of them are the `lot` lines of their leaves, and when the points of each lot were issued.
"""

from collections.abc import Iterator
from datetime import datetime

from psycopg import Connection
from psycopg.rows import TupleRow

from settlement.clock import from_us
from settlement.money import ASSETS
from settlement.reporting.ladder import Cohort, Estimate, cumulative, estimates
from settlement.reporting.moment import Moment
from settlement.reporting.origins import MAKING, LotKey, issued_at

_ISSUED, _SPENT, _EXPIRED = "issued", "spent", "expired"
_MONTHS = 12
_MADE = """SELECT l.asset, NULL, to_char(to_timestamp(e.recorded_at_us / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM') AS month,
        'issued', NULL, sum(l.quantity)
    FROM unnest(%(shards)s::smallint[], %(sizes)s::bigint[]) AS seen (shard, size)
    JOIN lots l USING (shard) JOIN entries e USING (shard, index)
    WHERE l.index < seen.size AND e.kind = ANY(%(making)s) AND (%(funder)s::text IS NULL OR l.funder = %(funder)s)
    GROUP BY 1, 3"""

# What repays an arrear is spent. Points that are sent, or held, are not. A reversal that gives nothing back undoes an issue.
# Materialized, or each leaf may be read again for every lot where the tables have no statistics yet.
_MOVED = r"""WITH moves AS MATERIALIZED (
        SELECT e.shard, e.index AS by, e.recorded_at_us, e.kind, lot[1] AS word, lot[2]::bigint AS index,
            lot[3]::smallint AS place, lot[4]::bigint AS points,
            e.kind = 'reverse' AND e.leaf !~ E'\nlot (give|renew) ' AS undoes_issue
        FROM unnest(%(shards)s::smallint[], %(sizes)s::bigint[]) AS seen (shard, size)
        JOIN entries e ON e.shard = seen.shard AND e.index < seen.size,
        regexp_matches(e.leaf, E'\nlot (take|give|spend|renew) \\d+:(\\d+)\\.(\\d+) (\\d+)', 'g') AS lot
        WHERE e.shard > 0 AND e.kind NOT IN ('authorize', 'enrol', 'link', 'cut', 'opening')
    ), sorted AS (
        SELECT *, CASE
            WHEN word IN ('give', 'renew') THEN CASE kind WHEN 'reverse' THEN -points END
            WHEN undoes_issue THEN -points
            WHEN kind = 'transfer' AND index <> by THEN NULL ELSE points END AS counted,
            CASE WHEN undoes_issue THEN 'issued' WHEN kind = 'expire' THEN 'expired' ELSE 'spent' END AS purpose
        FROM moves
    ) SELECT l.asset, CASE WHEN NOT made THEN ARRAY[l.shard, l.index, l.place] END,
        CASE WHEN made THEN to_char(to_timestamp(e.recorded_at_us / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM') END,
        purpose, to_char(to_timestamp(m.recorded_at_us / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM'), sum(counted)
    FROM sorted m JOIN lots l USING (shard, index, place) JOIN entries e USING (shard, index)
    CROSS JOIN LATERAL (SELECT e.kind = ANY(%(making)s)) AS of_kind (made)
    WHERE counted IS NOT NULL AND (%(funder)s::text IS NULL OR l.funder = %(funder)s) GROUP BY 1, 2, 3, 4, 5"""
_Sums = dict[str, dict[tuple[str, str], dict[str, int]]]
"""Asset to (month of issue, what became of the points) to the month in which it did."""


def breakage(
    connection: Connection[TupleRow], moment: Moment, *, funder: str | None = None
) -> dict[str, list[Estimate]]:
    """By asset what became of each month's points, and what is expected to. `funder`: of this partner's alone."""
    sums = _sums(connection, moment, funder)
    last = from_us(moment.at_us)
    found = {}
    for asset in ASSETS:
        by = sums.get(asset, {})
        cohorts = []
        for month in sorted({month for month, _ in by}):
            spent = cumulative(_months(month, last), by.get((month, _SPENT), {}))
            issued, expired = (sum(by.get((month, purpose), {}).values()) for purpose in (_ISSUED, _EXPIRED))
            cohorts.append(Cohort(month, issued, spent, expired))
        if cohorts:
            found[asset] = estimates(cohorts)
    return found


def _sums(connection: Connection[TupleRow], moment: Moment, funder: str | None) -> _Sums:
    shards, sizes = moment.columns()
    facts = {"shards": shards, "sizes": sizes, "making": [*MAKING], "funder": funder}
    rows = [*connection.execute(_MADE, facts), *connection.execute(_MOVED, facts)]
    times = issued_at(connection, {LotKey(*lot) for _, lot, *_ in rows if lot is not None})
    sums: _Sums = {}
    for asset, lot, month, purpose, then, points in rows:
        issued = month if lot is None else f"{from_us(times[LotKey(*lot)]):%Y-%m}"
        of_month = sums.setdefault(asset, {}).setdefault((issued, purpose), {})
        of_month[then or issued] = of_month.get(then or issued, 0) + int(points)
    return sums


def _months(first: str, last: datetime) -> list[str]:
    """From a month to the one of a moment, both included."""
    return list(_count(int(first[:4]), int(first[5:]), last))


def _count(year: int, month: int, last: datetime) -> Iterator[str]:
    while (year, month) <= (last.year, last.month):
        yield f"{year:04}-{month:02}"
        year, month = (year, month + 1) if month < _MONTHS else (year + 1, 1)
