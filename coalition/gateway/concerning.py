"""Which entries concern a caller: one statement for lists (ListEntries) and streams (FollowEntries)."""

from collections.abc import Sequence
from typing import NamedTuple

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

_SIZES = "SELECT shard, size FROM shards ORDER BY shard"
_HERE = "shard = asked.shard AND index >= asked.start AND index < asked.stop ORDER BY index LIMIT asked.most"
# Each part is read in the order of its index, and no further than it can count.
_CONCERNING = f"""SELECT asked.place, e.index, e.leaf
    FROM unnest(%b::int[], %b::text[], %b::smallint[], %b::bigint[], %b::bigint[], %b::int[])
    AS asked (place, partner, shard, start, stop, most) CROSS JOIN LATERAL
    ((SELECT index FROM entries WHERE partner = asked.partner AND {_HERE})
    UNION (SELECT DISTINCT index FROM transfers WHERE asset <> 'PTS' AND debit = 'position:' || asked.partner AND {_HERE})
    UNION (SELECT DISTINCT index FROM transfers WHERE debit LIKE 'issued:%%' AND debit = 'issued:' || asked.partner AND {_HERE})
    UNION (SELECT DISTINCT index FROM transfers WHERE credit LIKE 'issued:%%' AND credit = 'issued:' || asked.partner AND {_HERE})
    UNION (SELECT index FROM concerns WHERE partner = asked.partner AND {_HERE})
    UNION (SELECT index FROM entries WHERE asked.partner IS NULL AND {_HERE})
    ORDER BY index LIMIT asked.most) AS found JOIN entries e ON e.shard = asked.shard AND e.index = found.index
    ORDER BY asked.place, e.index"""  # noqa: S608 - made of constants


class Span(NamedTuple):
    """Entries of one shard from `start` up to and without `stop`: the first `most` that concern the partner; of all, if None."""

    partner: str | None
    shard: int
    start: int
    stop: int
    most: int


async def shard_sizes(connection: AsyncConnection[TupleRow]) -> dict[int, int]:
    """Every shard's size."""
    return dict(await (await connection.execute(_SIZES)).fetchall())


async def entries_concerning(
    connection: AsyncConnection[TupleRow], spans: Sequence[Span]
) -> list[tuple[int, int, bytes]]:
    """(place in `spans`, entry number, leaf), in order."""
    columns = [list(column) for column in zip(*spans, strict=True)]
    rows = await (await connection.execute(_CONCERNING, [list(range(len(spans))), *columns])).fetchall()
    return [(place, index, leaf.encode("ascii")) for place, index, leaf in rows]
