"""Entries as PostgreSQL holds them: one snapshot, read by server-side cursors, as the role that may only read."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg.rows import TupleRow

from coalition.audit.records import Record
from settlement.database import READER, connect

ROWS_AT_ONCE = 4_000
_SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
_ENTRIES = """SELECT e.index, e.leaf, p.payload, e.house, e.recorded_at_us, e.kind, e.partner, e.member::text, e.refusal,
    e.balance_after, e.leaf_hash, ARRAY(SELECT concat_ws(' ', t.position, t.debit, t.credit, t.asset, t.amount)
        FROM transfers t WHERE t.shard = e.shard AND t.index = e.index ORDER BY t.position)
    FROM entries e LEFT JOIN payloads p USING (shard, index) WHERE e.shard = %s AND e.index < %s ORDER BY e.index"""
INDEX_MAX = 2**63 - 1

Connection = psycopg.Connection[TupleRow]


@dataclass(frozen=True, slots=True)
class Columns:
    """What an entry's row and its transfers' rows say beside the leaf. `transfers`: position, then as in a `post` line."""

    index: int
    house: int
    recorded_at_us: int
    kind: str
    partner: str | None
    member: str | None
    refusal: str | None
    balance_after: int | None
    leaf_hash: bytes
    transfers: list[str]


@contextmanager
def snapshot(dsn: str) -> Iterator[Connection]:
    """A connection that sees one moment of the books and changes nothing. DatabaseError if they cannot be read."""
    with connect(dsn, READER, autocommit=False) as connection:
        connection.execute(_SNAPSHOT)
        yield connection


def shard_sizes(connection: Connection) -> dict[int, int]:
    """Every shard's size, as its row says."""
    return dict(connection.execute("SELECT shard, size FROM shards ORDER BY shard").fetchall())


def entries_of(
    connection: Connection, shard: int, *, stop: int = INDEX_MAX
) -> Iterator[tuple[Record, Columns]]:
    """A shard's entries below `stop`, in order."""
    with connection.cursor(name=f"entries_of_{shard}") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        for index, leaf, payload, *columns in cursor.execute(_ENTRIES, (shard, stop)):
            record = Record(shard, index, leaf.encode("ascii", errors="replace"), payload)
            yield record, Columns(index, *columns)
