"""Entries as PostgreSQL holds them: one snapshot, read in ranges by one or many processes, as the role that may only read."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, LiteralString, TypeAlias

import numpy as np
import psycopg
from psycopg import sql
from psycopg.rows import TupleRow
from psycopg.types.string import ByteaBinaryLoader

from coalition.audit.arrays import Numbers, Texts
from coalition.audit.records import Record
from settlement.database import READER, DatabaseError, connect
from settlement.journal.leaf import LEAF_BYTES_MAX
from settlement.transparency.merkle import leaf_hash

ROWS_AT_ONCE = 4_000
PAGES_AT_ONCE = 200
OPENINGS_AT_ONCE = 50
"""Entries of openings in one range: they are a hundred times as large as others."""
INDEX_MAX = 2**63 - 1
_SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
# Its index walked from end to end; whatever else the planner may prefer for a range reads pages that the next range needs too.
_WALK = (
    "SET enable_seqscan = off",
    "SET enable_bitmapscan = off",
    "SET max_parallel_workers_per_gather = 0",
    "SET jit = off",
)
_RANGE = "shard = %(shard)s AND index >= %(start)s AND index < %(stop)s"
_LISTED = "shard = %(shard)s AND index = ANY(%(indexes)b::bigint[])"
_ROWS = f"""SELECT index, house, recorded_at_us, kind, partner, member::text, refusal, balance_after, leaf_hash, leaf
    FROM entries WHERE {_LISTED} ORDER BY index"""  # noqa: S608 - made of constants
_PAYLOADS = f"SELECT index, payload FROM payloads WHERE {_LISTED}"  # noqa: S608 - made of constants
_PACKED = f"""SELECT index, CASE WHEN refusal IS NULL AND octet_length(leaf_hash) = 32 THEN int8send(index) || int8send(house)
            || int8send(recorded_at_us) || int8send(balance_after) || uuid_send(member) || leaf_hash END,
        kind || ' ' || partner, leaf
    FROM entries WHERE {_RANGE} ORDER BY index"""  # noqa: S608 - made of constants
_PACKED_PAYLOADS = f"""SELECT string_agg(int8send(index) || int8send(octet_length(payload)), ''), string_agg(payload, '')
    FROM (SELECT * FROM payloads WHERE {_RANGE} ORDER BY index) AS p"""  # noqa: S608 - made of constants
FIXED = np.dtype(
    [(name, ">i8") for name in ("index", "house", "time_us", "balance_after")]
    + [("member", "u1", 16), ("leaf_hash", "u1", 32)]
)
_PLACED = np.dtype([("index", ">i8"), ("size", ">i8")])
READ_BEYOND = 512
"""Bytes behind the last payload."""
# Without an order of its own, which would cost: the index is walked in order, and what comes otherwise is read once more.
_POSTED = f"""SELECT string_agg(int8send(index) || int8send(position), ''),
        string_agg(debit || ' ' || credit || ' ' || asset || ' ' || amount, E'\\n')
    FROM transfers WHERE {_RANGE}"""  # noqa: S608 - made of constants
# Names hold neither spaces nor line ends: a name that does may not pass for two names, nor for two transfers.
_NAMES = ", ".join([f"translate({name}, E' \\n', '??')" for name in ("debit", "credit", "asset")])
_POSTED_BY_EACH = f"""SELECT index, array_agg(concat_ws(' ', position, {_NAMES}, amount) ORDER BY position)
    FROM transfers WHERE {_RANGE} GROUP BY index"""  # noqa: S608 - made of constants
_RECORDS = """SELECT index, leaf, payload FROM entries LEFT JOIN payloads USING (shard, index)
    WHERE shard = %s AND index < %s ORDER BY index"""
_EXTENT = "SELECT count(*), min(index), max(index) FROM entries WHERE shard = %s"
_STARTS = """SELECT min(index) FROM (SELECT index, (row_number() OVER (ORDER BY index) - 1) / %s AS range
    FROM entries WHERE shard = %s) AS numbered GROUP BY range ORDER BY 1"""
_PAGES = "SELECT pg_relation_size(%s::regclass) / current_setting('block_size')::int"
_LAST_PAGE = 2**32 - 2
_OPENINGS = "SELECT index FROM openings WHERE shard = %s ORDER BY index"

Connection = psycopg.Connection[TupleRow]
Row: TypeAlias = tuple[int, int, int, str, str | None, str | None, str | None, int | None, bytes, str]
"""An entry's row as in `Columns`, then its leaf."""

PackedRow: TypeAlias = tuple[int, bytes | None, bytes | None, bytes]
"""Number; what all ordinary entries have, as in `FIXED`, None if any of it is missing or the entry is refused; kind and partner,
a blank between them, None without a partner; leaf. Texts are bytes, as they are stored.
"""


@dataclass(frozen=True, slots=True)
class Packed:
    """Entries in order: their rows, the hashes of their leaves, and all leaves in one, a line end behind each; the numbers of
    those that have payloads, in order, and their payloads.
    """

    rows: list[PackedRow]
    leaf_hashes: list[bytes]
    leaves: Texts
    with_payload: Numbers
    payloads: Texts


@dataclass(frozen=True, slots=True)
class Range:
    """Entries of one shard, from `start` up to and without `stop`."""

    shard: int
    start: int
    stop: int


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


@dataclass(slots=True)
class RowsSeen:
    """How many rows were read that belong to entries which can have them. If a table has more, some belong to none."""

    entries: int = 0
    transfers: int = 0
    payloads: int = 0

    def add(self, more: "RowsSeen") -> None:
        """Adds those of another range."""
        self.entries += more.entries
        self.transfers += more.transfers
        self.payloads += more.payloads


@contextmanager
def snapshot(dsn: str, *, shared: str | None = None) -> Iterator[Connection]:
    """A connection that sees one moment of the books and changes nothing. DatabaseError if they cannot be read.

    `shared`: the name of a snapshot that another connection shares, whose moment is to be seen.
    """
    with connect(dsn, READER, autocommit=False) as connection:
        connection.execute(_SNAPSHOT)
        try:
            if shared is not None:
                connection.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(shared)))
            yield connection
        except psycopg.Error as error:
            raise DatabaseError(f"cannot read the books to the end: {str(error).strip()}") from error


def share(connection: Connection) -> str:
    """The name under which other connections can see this snapshot, for as long as it is held."""
    row = connection.execute("SELECT pg_export_snapshot()").fetchone()
    assert row is not None
    return str(row[0])


def shard_sizes(connection: Connection) -> dict[int, int]:
    """Every shard's size, as its row says."""
    return dict(connection.execute("SELECT shard, size FROM shards ORDER BY shard").fetchall())


def ranges_of(connection: Connection, shard: int, *, width: int) -> list[Range]:
    """All entries of a shard, whatever their numbers, in ranges of `width` entries, fewer where they are large."""
    row = connection.execute(_EXTENT, (shard,)).fetchone()
    assert row is not None
    count, first, last = row
    if count and (first, last) == (0, count - 1):
        starts = list(range(0, count, width))
    else:
        starts = _uneven_starts(connection, shard, width)
    large = [index for (index,) in connection.execute(_OPENINGS, (shard,)).fetchall()][::OPENINGS_AT_ONCE]
    starts = sorted({*starts, *[index for index in large if starts and index > starts[0]]})
    return [Range(shard, start, stop) for start, stop in zip(starts, [*starts[1:], INDEX_MAX], strict=False)]


def _uneven_starts(connection: Connection, shard: int, width: int) -> list[int]:
    return [start for (start,) in connection.execute(_STARTS, (width, shard)).fetchall()]


def walk(connection: Connection) -> None:
    """Readies a connection that reads many ranges."""
    for setting in _WALK:
        connection.execute(setting)


def packed(connection: Connection, span: Range) -> Packed:
    """The entries of a range."""
    with connection.cursor(binary=True) as cursor:
        cursor.adapters.register_loader("text", ByteaBinaryLoader)
        rows: list[PackedRow] = cursor.execute(_PACKED, asdict(span), prepare=True).fetchall()
        together = cursor.execute(_PACKED_PAYLOADS, asdict(span), prepare=True).fetchone()
    assert together is not None
    placed = np.frombuffer(together[0] or b"", _PLACED)
    payloads = _texts((together[1] or b"") + bytes(READ_BEYOND), placed["size"].astype(np.int64), between=0)
    leaves = [row[3] for row in rows]
    hashes = list(map(leaf_hash, leaves))
    return Packed(rows, hashes, texts_of(leaves), placed["index"].astype(np.int64), payloads)


def texts_of(leaves: Sequence[bytes]) -> Texts:
    """Leaves in one, a line end behind each."""
    sizes = np.array([len(leaf) for leaf in leaves], np.int64)
    return _texts(b"\n".join([*leaves, bytes(LEAF_BYTES_MAX)]), sizes, between=1)


def _texts(content: bytes, sizes: Numbers, *, between: int) -> Texts:
    ends = (sizes + between).cumsum() - between
    return Texts(content, ends - sizes, ends)


def rows_of(connection: Connection, shard: int, indexes: Sequence[int]) -> list[Row]:
    """The entries of these numbers, in order."""
    with connection.cursor(binary=True) as cursor:
        return cursor.execute(_ROWS, {"shard": shard, "indexes": indexes}).fetchall()


def payloads_of(connection: Connection, shard: int, indexes: Sequence[int]) -> dict[int, bytes]:
    """Their payloads, by their numbers."""
    with connection.cursor(binary=True) as cursor:
        return dict(cursor.execute(_PAYLOADS, {"shard": shard, "indexes": indexes}).fetchall())


def posted_in(connection: Connection, span: Range) -> tuple[Numbers, bytes]:
    """The transfers of a range, in order: a row of entry number and position for each, and all as one text, a line for each."""
    with connection.cursor(binary=True) as cursor:
        cursor.adapters.register_loader("text", ByteaBinaryLoader)
        row = cursor.execute(_POSTED, asdict(span), prepare=True).fetchone()
    assert row is not None
    return np.frombuffer(row[0] or b"", ">i8").reshape(-1, 2).astype(np.int64), row[1] or b""


def posted_by_each(connection: Connection, span: Range) -> dict[int, list[str]]:
    """The lines of each entry, without its number, for where the text is not what it must be."""
    return dict(connection.execute(_POSTED_BY_EACH, asdict(span)).fetchall())


def record_of(shard: int, row: Row, payload: bytes | None) -> Record:
    """The leaf in a row, and its payload."""
    return Record(shard, row[0], _ascii(row[9]), payload)


def records_of(connection: Connection, shard: int, *, stop: int) -> Iterator[Record]:
    """A shard's records below `stop`, in order."""
    for index, leaf, payload in rows_in_turn(connection, _RECORDS, (shard, stop), name=f"records_of_{shard}"):
        yield Record(shard, index, _ascii(leaf), payload)


def _ascii(leaf: str) -> bytes:
    return leaf.encode("ascii", errors="replace")


def rows_in_turn(
    connection: Connection, statement: LiteralString, values: Sequence[object] = (), *, name: str
) -> Iterator[Any]:
    """The rows of a statement, never many of them in memory. `name`: the cursor's, unlike those of others that are open."""
    for rows in _in_parts(connection, statement, values, name=name):
        yield from rows


def pages_in_turn(connection: Connection, table: str, statement: LiteralString) -> Iterator[TupleRow]:
    """The one row that a statement makes of some pages of a table, for all pages in turn. It names them by `%s`: those whose
    `ctid` is not below the first and below the second. Texts are bytes.
    """
    pages = connection.execute(_PAGES, (table,)).fetchone()
    assert pages is not None
    starts = [
        *range(0, max(pages[0], 1), PAGES_AT_ONCE),
        _LAST_PAGE,
    ]  # the last part goes on to wherever the table ends
    with connection.cursor(binary=True) as cursor:
        cursor.adapters.register_loader("text", ByteaBinaryLoader)
        for start, stop in pairwise(starts):
            row = cursor.execute(statement, (f"({start},0)", f"({stop},0)"), prepare=True).fetchone()
            assert row is not None
            yield row


def lines_in_turn(
    connection: Connection, statement: LiteralString, *, name: str
) -> Generator[list[bytes], None, None]:
    """The same for a statement whose rows have one column, some bytes; many lines at a time."""
    for rows in _in_parts(connection, statement, (), name=name):
        yield [line for (line,) in rows]


def _in_parts(
    connection: Connection, statement: LiteralString, values: Sequence[object], *, name: str
) -> Iterator[list[Any]]:
    with connection.cursor(name=name, binary=True) as cursor:
        cursor.execute(statement, values)
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield rows
