"""The journal as Parquet tables for analysis: entries, transfers, obligations and the lines of all statements.

Amounts are exact decimals in whole units of their asset. Rows are written in groups as they are read, so that memory stays what
one group takes. Needs pyarrow.
"""

from collections.abc import Iterator, Sequence
from decimal import Context, Decimal
from itertools import islice
from pathlib import Path
from typing import Any, LiteralString

import pyarrow as pa
import pyarrow.parquet as pq

from settlement.exports.postings import MICROS_DIGITS, Tell, decimals_of
from settlement.exports.texts import Books, commodities
from settlement.statements.cyclebook import Owed
from settlement.statements.every_cycle import owed_by_cycle

GROUP_ROWS = 50_000
_TIME = pa.timestamp("us", tz="UTC")
_NAME = pa.dictionary(pa.int32(), pa.string())
_AMOUNT = pa.decimal128(38, 6)
_ENTRIES = r"""SELECT shard, index, house, recorded_at_us, kind, partner,
    nullif(split_part(split_part(leaf, E'\nact ', 2), E'\n', 1), ''), member::text, refusal, leaf_hash
    FROM entries ORDER BY shard, index"""
_TRANSFERS = """SELECT shard, index, position, debit, credit, asset, amount FROM transfers ORDER BY shard, index, position"""
_OBLIGATIONS = """SELECT cycle, debtor, creditor, sum(amount), sum(count)::bigint FROM obligations
    GROUP BY 1, 2, 3 ORDER BY cycle, debtor COLLATE "C", creditor COLLATE "C" """
_ENTRY_COLUMNS = (
    ("shard", pa.int16()),
    ("entry_number", pa.int64()),
    ("house", pa.int64()),
    ("recorded_at", _TIME),
    ("kind", _NAME),
    ("partner", _NAME),
    ("act_id", pa.string()),
    ("member", pa.string()),
    ("refusal", _NAME),
    ("leaf_hash", pa.binary()),
)
_TRANSFER_COLUMNS = (
    ("shard", pa.int16()),
    ("entry_number", pa.int64()),
    ("position", pa.int16()),
    ("debit", pa.string()),
    ("credit", pa.string()),
    ("asset", _NAME),
    ("amount", _AMOUNT),
)
_OBLIGATION_COLUMNS = (
    ("cycle", pa.int32()),
    ("debtor", _NAME),
    ("creditor", _NAME),
    ("amount", _AMOUNT),
    ("postings", pa.int64()),
)
_LINE_COLUMNS = (
    ("cycle", pa.int32()),
    ("partner", _NAME),
    ("counterparty", _NAME),
    ("owes", _AMOUNT),
    ("owes_postings", pa.int64()),
    ("owed", _AMOUNT),
    ("owed_postings", pa.int64()),
)
_EXACTLY = Context(prec=60)
_Rows = Iterator[Sequence[Any]]


def write_tables(books: Books, folder: Path, tell: Tell) -> list[Path]:
    """Writes `entries`, `transfers`, `obligations` and `statement_lines` into a folder and returns their paths."""
    tables = (
        ("entries", _ENTRY_COLUMNS, _read(books, _ENTRIES)),
        ("transfers", _TRANSFER_COLUMNS, _transfers(books)),
        ("obligations", _OBLIGATION_COLUMNS, _obligations(books)),
        ("statement_lines", _LINE_COLUMNS, _lines(books)),
    )
    paths = [folder.joinpath(f"{name}.parquet") for name, *_ in tables]
    for path, (name, columns, rows) in zip(paths, tables, strict=True):
        done = 0
        with pq.ParquetWriter(path, pa.schema(columns)) as writer:
            while group := list(islice(rows, GROUP_ROWS)):
                arrays = [
                    pa.array(cells, type=of_type)
                    for cells, (_, of_type) in zip(zip(*group, strict=True), columns, strict=True)
                ]
                writer.write_table(pa.Table.from_arrays(arrays, schema=writer.schema))
                done += len(group)
                tell(f"exporting {name}", done, 0)
    return paths


def _read(books: Books, query: LiteralString) -> _Rows:
    with books.connection.cursor(name="export") as cursor:
        cursor.itersize = GROUP_ROWS
        yield from cursor.execute(query)


def _transfers(books: Books) -> _Rows:
    digits = {asset: decimals_of(asset, books.network.minor_digits) for asset in commodities(books.network)}
    for *facts, asset, units in _read(books, _TRANSFERS):
        yield *facts, asset, _exact(units, digits[asset])


def _obligations(books: Books) -> _Rows:
    for *facts, micros, count in _read(books, _OBLIGATIONS):
        yield *facts, _exact(micros, MICROS_DIGITS), count


def _lines(books: Books) -> _Rows:
    digits, nothing = books.network.minor_digits, Owed(0, 0)
    for cycle, owed in owed_by_cycle(books.connection, digits):
        for one, other in sorted({*owed, *[(creditor, debtor) for debtor, creditor in owed]}):
            owes, back = owed.get((one, other), nothing), owed.get((other, one), nothing)
            sides = [
                cell for each in (owes, back) for cell in (_exact(each.amount_minor, digits), each.count)
            ]
            yield cycle, one, other, *sides


def _exact(units: int | Decimal, digits: int) -> Decimal:
    """So many smallest units in whole ones."""
    return _EXACTLY.scaleb(Decimal(units), -digits)
