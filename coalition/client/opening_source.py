"""The file of a programme that joins, as its owner exports it: rows of cells out of CSV or Parquet, never many in memory.

A file is not trusted: lines, cells and what Parquet unpacks to have limits.
"""

import csv
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from coalition.client.errors import ClientError

COLUMNS = ("alias_kind", "alias", "member_id", "points", "value", "expires_on")
LINE_BYTES_MAX = 4_096
CELL_BYTES_MAX = 512
_PARQUET_MAGIC = b"PAR1"
_BYTES_A_ROW_MAX = 1_024
"""More than the six cells of any row take, unpacked."""
_ROWS_AT_ONCE = 10_000


class Cells(NamedTuple):
    """A row as it is written; None where there is nothing. `number`: its line (CSV) or row (Parquet), from 1."""

    number: int
    alias_kind: Any
    alias: Any
    member_id: Any
    points: Any
    value: Any
    expires_on: Any


def read_cells(path: Path) -> Iterator[Cells]:
    """Every row. ClientError OPENING_SOURCE_INVALID where the file cannot be read on; OSError."""
    with path.open("rb") as file:
        is_parquet = file.read(len(_PARQUET_MAGIC)) == _PARQUET_MAGIC
        file.seek(0)
        yield from _parquet(path) if is_parquet else _csv(file)


def _csv(file: BinaryIO) -> Iterator[Cells]:
    reader = csv.reader(_lines(file), strict=True)
    try:
        names = next(reader, [])
        places = _places(names)
        for row in reader:
            if len(row) != len(names):
                message = f"line {reader.line_num} has {len(row)} cells, the first line has {len(names)}"
                raise source_invalid(message)
            yield Cells(reader.line_num, *[None if at is None else row[at] or None for at in places])
    except csv.Error as error:
        raise source_invalid(f"line {reader.line_num} is no CSV: {error}") from None


def _lines(file: BinaryIO) -> Iterator[str]:
    """The lines as text; a byte order mark at the beginning is passed over."""
    number = 0
    while line := file.readline(LINE_BYTES_MAX + 1):
        number += 1
        if len(line) > LINE_BYTES_MAX:
            raise source_invalid(f"line {number} has over {LINE_BYTES_MAX:,} bytes")
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise source_invalid(f"line {number} is not UTF-8: export the file as CSV in UTF-8") from None


def _places(names: Sequence[str]) -> list[int | None]:
    """Where each of our columns stands."""
    unknown = [name for name in names if name not in COLUMNS]
    twice = sorted({name for name in names if names.count(name) > 1})
    lacks = any(each.isdisjoint(names) for each in ({"points", "value"}, {"alias", "member_id"}))
    if unknown or twice or lacks:
        columns = f"of {', '.join(COLUMNS)}, each once, separated by commas"
        message = f"the columns must be {columns}, with points or value and a name"
        found = (
            f"column {twice[0]} stands twice" if twice and not unknown else f"found are {len(names)} columns"
        )
        raise source_invalid(f"{message}; {found}")
    if ("alias" in names) != ("alias_kind" in names):
        raise source_invalid("alias and alias_kind stand together: the kind is card, phone, app or email")
    return [names.index(name) if name in names else None for name in COLUMNS]


def _parquet(path: Path) -> Iterator[Cells]:
    try:
        import pyarrow as pa  # the extra `parquet` only
        import pyarrow.compute
        import pyarrow.parquet as pq
    except ImportError:
        message = "reading Parquet needs pyarrow: pip install 'coalition-settlement[parquet]', or give CSV"
        raise ClientError("PARQUET_UNAVAILABLE", message) from None
    try:
        with pq.ParquetFile(path) as file:
            schema, metadata = file.schema_arrow, file.metadata
        places = _places(schema.names)
        _check_types(pa, schema)
        _check_size(metadata)
        # Texts stay in their dictionaries, so that a small file cannot unpack to one huge text in every row.
        texts = [name for name in schema.names if name in ("alias_kind", "alias", "member_id")]
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            numbers = count(1)
            for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE):
                columns = [_values(pa, batch, at) for at in places]
                yield from map(Cells, numbers, *columns)
    except (pa.ArrowException, OSError) as error:
        raise source_invalid(f"it is no whole Parquet file: {str(error).partition(chr(10))[0]}") from None


def _check_types(pa: Any, schema: Any) -> None:
    types = pa.types
    for field in schema:
        kind = field.type.value_type if types.is_dictionary(field.type) else field.type
        is_text = types.is_string(kind) or types.is_large_string(kind)
        is_moment = types.is_date(kind) or (types.is_timestamp(kind) and kind.tz is not None)
        fits = {
            "points": types.is_integer(kind),
            "value": types.is_decimal(kind),
            "expires_on": is_text or is_moment,
        }
        if not fits.get(field.name, is_text):
            raise source_invalid(
                f"column {field.name} is {field.type}: points are integers, value decimals, expires_on dates, times "
                "with a zone or text, all others text"
            )


def _check_size(metadata: Any) -> None:
    for at in range(metadata.num_row_groups):
        group = metadata.row_group(at)
        if group.total_byte_size > _BYTES_A_ROW_MAX * (group.num_rows + 1_000):
            raise source_invalid(
                f"row group {at} unpacks to {group.total_byte_size:,} bytes, too many for its rows"
            )


def _values(pa: Any, batch: Any, at: int | None) -> list[Any]:
    if at is None:
        return [None] * int(batch.num_rows)
    column = batch.column(at)
    if pa.types.is_dictionary(column.type):
        longest = pa.compute.max(pa.compute.binary_length(column.dictionary)).as_py() or 0
        if longest > CELL_BYTES_MAX:
            raise source_invalid(f"a cell of {batch.schema.names[at]} has {longest:,} bytes")
    values: list[Any] = column.to_pylist()
    return values


def source_invalid(message: str) -> ClientError:
    """The file as a whole is not what it must be."""
    return ClientError("OPENING_SOURCE_INVALID", message, field="file")
