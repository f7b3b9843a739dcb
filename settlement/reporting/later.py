"""What was recorded after a moment, read shard by shard from there on: it costs those entries, and nothing if there are none."""

from collections.abc import Iterator
from typing import Any, LiteralString

from psycopg import Connection
from psycopg.rows import TupleRow

from settlement.journal.leaf import Transfer
from settlement.reporting.moment import Moment, now

_POSTED = """SELECT debit, credit, asset, sum(amount) FROM transfers WHERE shard = %s AND index >= %s GROUP BY 1, 2, 3"""

# Out of a hold into its lot and the other way, points stay what they are; only what is spent, sent, expired or undone leaves.
_MOVED = r"""SELECT shard, lot[2]::bigint, lot[3]::smallint, sum(lot[4]::bigint * CASE
        WHEN lot[1] = 'give' THEN CASE kind WHEN 'reverse' THEN -1 ELSE 0 END
        WHEN lot[1] = 'take' AND kind = 'authorize' THEN 0 ELSE 1 END)
    FROM entries, regexp_matches(leaf, E'\nlot (take|give|spend) \\d+:(\\d+)\\.(\\d+) (\\d+)', 'g') AS lot
    WHERE shard = %s AND index >= %s AND shard > 0 GROUP BY 1, 2, 3"""
_ARRIVED = r"""SELECT original[1]::smallint, original[2]::bigint
    FROM entries, regexp_matches(leaf, E'\noriginal (\\d+):(\\d+)\n') AS original
    WHERE shard = %s AND index >= %s AND kind = 'arrive'"""


def posted_since(connection: Connection[TupleRow], moment: Moment) -> Iterator[Transfer]:
    """Sums of postings by accounts and asset."""
    for debit, credit, asset, amount in _since(connection, moment, _POSTED):
        yield Transfer(debit, credit, asset, int(amount))


def left_since(connection: Connection[TupleRow], moment: Moment) -> Iterator[tuple[int, int, int, int]]:
    """Shard, entry and place of lots, and how many points left them for good; below zero: came back."""
    for shard, index, place, points in _since(connection, moment, _MOVED):
        yield shard, index, place, int(points)


def arrived_since(connection: Connection[TupleRow], moment: Moment) -> list[tuple[int, int]]:
    """Transfers that have arrived in another shard."""
    return [(shard, index) for shard, index in _since(connection, moment, _ARRIVED)]


def _since(connection: Connection[TupleRow], moment: Moment, query: LiteralString) -> Iterator[Any]:
    for shard, size in now(connection).sizes.items():
        if moment.sizes[shard] < size:
            yield from connection.execute(query, (shard, moment.sizes[shard])).fetchall()
