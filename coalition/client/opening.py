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
from settlement.money import AMOUNT_MAX

FAULTS_SHOWN_MAX = 100
RUN_ROWS = 1_000_000
"""Rows that are sorted in memory; longer files are sorted in runs and merged."""
_DIGITS = re.compile(r"[1-9][0-9]{0,12}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
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
    source: Path, out: Path, *, identity: Identity, tell: Tell = lambda stage, done, total: None
) -> Prepared:
    """Reads CSV or Parquet and writes the prepared file, whose lots the identity's partner will fund.

    Columns: `alias_kind` and `alias`, or `member_id`; `points`; `expires_on` (a day through which points are good, in UTC, or a
    moment with its zone at which they end; nothing: never). The same rows in any order give the same bytes.

    Errors: RowsInvalidError; ClientError OPENING_SOURCE_INVALID, PARQUET_UNAVAILABLE, ALIAS_KEY_MISSING; OSError.
    """
    draft = out.with_name(f".{out.name}.{os.getpid()}.new")
    draft.unlink(missing_ok=True)
    try:
        with ExitStack() as runs:
            files = [
                runs.enter_context(_written(run, out.parent))
                for run in _sorted_runs(_records(source, identity, tell))
            ]
            _write_whole(draft, identity, lambda: heapq.merge(*map(_read, files)))
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
    return read_prepared(out, lambda done, total: tell("checking", done, total))


def _records(source: Path, identity: Identity, tell: Tell) -> Iterator[bytes]:
    """Every row as it stands in the prepared file; RowsInvalidError at the end if one cannot be."""
    faults, count, done, now = list[str](), 0, 0, now_us()
    for done, cells in enumerate(read_cells(source), start=1):
        try:
            record = _record(cells, identity, now)
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


def _record(cells: Cells, identity: Identity, now: int) -> bytes:
    return RECORD.pack(_name(cells, identity), _points(cells.points), _expiry(cells.expires_on, now))


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
        raise _CellError("expires_on", "the points have expired: leave the row out")
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
    rows = members = points = 0
    last = b""
    for name, quantity, _ in map(RECORD.unpack, records()):
        rows += 1
        members += name != last
        points += quantity
        last = name
    if rows == 0:
        raise source_invalid("the file has no rows")
    totals = Totals(identity.network, identity.partner_id, rows, members, points)
    with os.fdopen(create_private(path), "wb") as file:
        file.write(totals.header())
        file.writelines(records())
        file.flush()
        os.fsync(file.fileno())
