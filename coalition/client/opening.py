"""Preparing opening balances: from a partner's own export to the one file that both companies sign by its hash.

Aliases become tokens here, so that no number ever travels. Either every row is sound, or nothing is written.
"""

import heapq
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from typing import IO

from coalition.client.aliases import alias_token
from coalition.client.errors import ClientError
from coalition.client.identity import Identity
from coalition.client.opening_source import Cells, read_cells, source_invalid
from coalition.client.private_files import create_private
from coalition.wire.openings import OPENING_ROWS_MAX
from settlement.clock import TIME_MAX_US, now_us, to_us
from settlement.ids import is_uuid
from settlement.ledger.book import NEVER_US
from settlement.ledger.opening_file import ALIAS, RECORD, Prepared, Totals, member_name, read_prepared
from settlement.money import AMOUNT_MAX, ASSETS, POINTS, VALUE, format_minor

FAULTS_SHOWN_MAX = 100
RUN_ROWS = 1_000_000
"""Rows that are sorted in memory; longer files are sorted in runs and merged."""
_DIGITS = re.compile(r"[1-9][0-9]{0,12}", re.ASCII)
_MONEY = re.compile(r"(0|[1-9][0-9]{0,12})(?:\.([0-9]{1,6}))?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
Digits = Callable[[], int]
Tell = Callable[[str, int, int], None]


class RowsInvalidError(ClientError):
    """Rows of the file cannot be taken. `faults` names the first hundred by row and column, without quoting a cell."""

    def __init__(self, faults: list[str], count: int) -> None:
        shown = "\n".join(f"  {fault}" for fault in faults)
        more = f"\n  and {count - len(faults):,} more" if count > len(faults) else ""
        super().__init__("OPENING_ROWS_INVALID", f"{count:,} bad rows, nothing was written:\n{shown}{more}")
        self.faults = faults
        self.count = count


class _CellError(Exception):
    """What is wrong with one cell."""

    def __init__(self, column: str, demand: str) -> None:
        super().__init__(f"{column}: {demand}")


def prepare_opening(
    source: Path,
    out: Path,
    *,
    identity: Identity,
    minor_digits: Digits,
    tell: Tell = lambda stage, done, total: None,
) -> Prepared:
    """Reads CSV or Parquet and writes the prepared file, whose lots the identity's partner will fund.

    Columns: `alias_kind` and `alias`, or `member_id`; `points`, or `value` as money with all its decimals, 25.00; `expires_on` (a
    day through which a lot is good, in UTC, or a moment with its zone at which it ends; nothing: never). The same rows in any
    order give the same bytes. `minor_digits`: how many decimals the network's currency has; asked once there is value.

    Errors: RowsInvalidError; ClientError OPENING_SOURCE_INVALID, PARQUET_UNAVAILABLE, ALIAS_KEY_MISSING; OSError.
    """
    draft = out.with_name(f".{out.name}.{os.getpid()}.new")
    draft.unlink(missing_ok=True)
    try:
        with ExitStack() as runs:
            files = [
                runs.enter_context(_written(run, out.parent))
                for run in _sorted_runs(_records(source, identity, cache(minor_digits), tell))
            ]
            _write_whole(draft, identity, lambda: heapq.merge(*map(_read, files)))
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
    return read_prepared(out, lambda done, total: tell("checking", done, total))


def _records(source: Path, identity: Identity, minor_digits: Digits, tell: Tell) -> Iterator[bytes]:
    """Every row as it stands in the prepared file; RowsInvalidError at the end if one cannot be."""
    faults, count, done, now = list[str](), 0, 0, now_us()
    for done, cells in enumerate(read_cells(source), start=1):
        try:
            record = _record(cells, identity, minor_digits, now)
        except _CellError as error:
            count += 1
            if count <= FAULTS_SHOWN_MAX:
                faults.append(f"row {cells.number}, {error}")
        else:
            yield record
        if done % 10_000 == 0:
            tell("reading", done, 0)
        if done > OPENING_ROWS_MAX:
            raise source_invalid(f"it has over {OPENING_ROWS_MAX:,} rows: make several files of it")
    if count:
        raise RowsInvalidError(faults, count)


def _record(cells: Cells, identity: Identity, minor_digits: Digits, now: int) -> bytes:
    name, asset = _name(cells, identity), _asset(cells)
    amount = _minor(cells.value, minor_digits()) if asset == VALUE else _points(cells.points)
    return RECORD.pack(name, amount, _expiry(cells.expires_on, now), ASSETS.index(asset))


def _name(cells: Cells, identity: Identity) -> bytes:
    if (cells.alias is None) == (cells.member_id is None):
        raise _CellError("member_id", "each row names its member once, by alias or by member_id")
    if cells.alias is None:
        if not is_uuid(cells.member_id):
            raise _CellError("member_id", "a lower-case UUID")
        return member_name(cells.member_id)
    if identity.alias_key is None:
        raise ClientError("ALIAS_KEY_MISSING", "this identity has no alias key: name members by their ids")
    try:
        return ALIAS + alias_token(identity.alias_key, cells.alias_kind or "", cells.alias)
    except ClientError as error:
        raise _CellError("alias", error.message) from None


def _asset(cells: Cells) -> str:
    if (cells.points is None) == (cells.value is None):
        raise _CellError("points", "each row brings points or value, and what has both is two rows")
    return POINTS if cells.value is None else VALUE


def _minor(cell: object, digits: int) -> int:
    """Money in minor units. All decimals must be there, so that cents are not taken for units."""
    found = _MONEY.fullmatch(str(cell))
    minor = int(found[1] + (found[2] or "")) if found and len(found[2] or "") == digits else 0
    if not 1 <= minor <= AMOUNT_MAX:
        first, last = (format_minor(minor, minor_digits=digits) for minor in (1, AMOUNT_MAX))
        raise _CellError("value", f"money with {digits} decimals and no sign, from {first} to {last}")
    return minor


def _points(cell: object) -> int:
    if isinstance(cell, str) and _DIGITS.fullmatch(cell):
        cell = int(cell)
    if not isinstance(cell, int) or not 1 <= cell <= AMOUNT_MAX:
        raise _CellError("points", f"a whole number in plain digits, from 1 to {AMOUNT_MAX:,}")
    return cell


def _expiry(cell: object, now: int) -> int:
    if cell is None:
        return NEVER_US
    try:
        expires_at_us = _moment(cell)
    except (ValueError, OverflowError):
        expires_at_us = -1
    if not 0 < expires_at_us <= TIME_MAX_US:
        raise _CellError("expires_on", "a day, 2027-06-30, or a moment with its zone, 2027-06-30T22:00:00Z")
    if expires_at_us <= now:
        raise _CellError("expires_on", "that is over: leave the row out")
    return expires_at_us


def _moment(cell: object) -> int:
    """The moment at which points end; for a day, the end of it."""
    if isinstance(cell, str) and _DAY.fullmatch(cell):
        cell = date.fromisoformat(cell)
    elif isinstance(cell, str) and _MOMENT.fullmatch(cell):
        cell = datetime.fromisoformat(cell)
    if isinstance(cell, datetime):
        return to_us(cell)
    if isinstance(cell, date):
        return to_us(datetime.fromisoformat(f"{cell + timedelta(days=1)}T00:00:00+00:00"))
    raise ValueError


def _sorted_runs(records: Iterator[bytes]) -> Iterator[list[bytes]]:
    while run := sorted(islice(records, RUN_ROWS)):
        yield run


def _written(records: list[bytes], folder: Path) -> IO[bytes]:
    """An open file of records that is gone once it is closed."""
    file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - the caller closes it
    file.writelines(records)
    return file


def _read(run: IO[bytes]) -> Iterator[bytes]:
    run.seek(0)
    while chunk := run.read(RECORD.size * 10_000):
        yield from [chunk[at : at + RECORD.size] for at in range(0, len(chunk), RECORD.size)]


def _write_whole(path: Path, identity: Identity, records: Callable[[], Iterator[bytes]]) -> None:
    """The prepared file: its totals, which only the last row completes, stand before the rows."""
    rows = members = points = value = 0
    last = b""
    for name, amount, _, asset in map(RECORD.unpack, records()):
        rows += 1
        members += name != last
        points += 0 if asset else amount
        value += amount if asset else 0
        last = name
    if rows == 0:
        raise source_invalid("the file has no rows")
    totals = Totals(identity.network, identity.partner_id, rows, members, points, value)
    with os.fdopen(create_private(path), "wb") as file:
        file.write(totals.header())
        file.writelines(records())
        file.flush()
        os.fsync(file.fileno())
