"""When points were first issued that have moved since: lots made by a transfer, an arrival or a renewal are traced back.

Whoever was given points, or got them back too late, has them as old as they are. Costs the entries on their way.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from psycopg import Connection
from psycopg.rows import TupleRow

from settlement.errors import BooksError

MAKING = ("issue", "opening")
"""Kinds of entries that put points into the world; lots of all other entries are made of earlier ones."""
_LEAVES = """SELECT shard, index, kind, recorded_at_us, CASE WHEN kind = ANY(%s) THEN '' ELSE leaf END
    FROM entries JOIN unnest(%s::smallint[], %s::bigint[]) AS named (shard, index) USING (shard, index)"""
_LOT = r"(\d+):(\d+)\.(\d+)"
_TAKEN = re.compile(rf"^lot take {_LOT} ", re.MULTILINE)
_RENEWED = re.compile(rf"^lot renew {_LOT} ", re.MULTILINE)
_ARRIVED = re.compile(r"^original (\d+):(\d+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class LotKey:
    """A lot in the whole network; or the part of a transfer to another shard that is to be one."""

    shard: int
    index: int
    place: int


def issued_at(connection: Connection[TupleRow], lots: Iterable[LotKey]) -> dict[LotKey, int]:
    """When the points of each lot were issued, or loaded with an opening."""
    found: dict[LotKey, int] = {}
    ways = {lot: lot for lot in lots}
    while ways:
        places = sorted({(at.shard, at.index) for at in ways.values()})
        arrays = [shard for shard, _ in places], [index for _, index in places]
        rows = connection.execute(_LEAVES, ([*MAKING], *arrays)).fetchall()
        entries = {(shard, index): facts for shard, index, *facts in rows}
        onward = {}
        for lot, at in ways.items():
            kind, time_us, leaf = entries[at.shard, at.index]
            if kind in MAKING:
                found[lot] = time_us
            else:
                onward[lot] = source_of(kind, leaf, at)
        ways = onward
    return found


def source_of(kind: str, leaf: str, lot: LotKey) -> LotKey:
    """The lot of which an entry made this one. BooksError if the entry's leaf does not say it."""
    if kind == "arrive":
        sent = _ARRIVED.search(leaf)
        lines = [] if sent is None else [(*sent.groups(), str(lot.place))] * (lot.place + 1)
    else:
        lines = (_TAKEN if kind == "transfer" else _RENEWED).findall(leaf)
    if lot.place >= len(lines):
        raise BooksError(f"entry {lot.shard}:{lot.index} does not say of what it made its lot {lot.place}")
    shard, index, place = map(int, lines[lot.place])
    return LotKey(shard, index, place)
