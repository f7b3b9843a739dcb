"""The table of acts against the journal while it is walked: rows come in about the order of the entries, so few wait for theirs.

As every entry finds its own row, and no two rows have one name, no name stands twice in the journal.
"""

from collections.abc import Iterable
from typing import TypeAlias

from coalition.audit.checks import Check, Report
from coalition.audit.stored import Connection, lines_in_turn
from coalition.audit.tables import compare

ActName: TypeAlias = tuple[str, str]
"""Partner and act id."""
Place: TypeAlias = tuple[int, int]
"""Shard and entry number."""

# From its first page on, not from where another scan of the table happens to be: that is the order in which it was written.
_FROM_THE_START = "SET synchronize_seqscans = off"
_ROWS = "SELECT concat_ws(' ', partner, act_id, shard, index, encode(payload_sha256, 'hex')) FROM acts"
_NAMED_TWICE = """SELECT act_id::text, partner, array_agg(shard ORDER BY shard, index), array_agg(index ORDER BY shard, index)
    FROM acts GROUP BY act_id, partner HAVING count(*) > 1"""
_PLACES = "SELECT shard, index FROM acts WHERE partner = %s AND act_id = %s::uuid"


class ActRows:
    """`expect` the rows of entries, `read_on` now and then, and `finish` when there are no more.

    A row is a line: partner, act id, shard, entry number and the payload's hash.
    """

    def __init__(self, connection: Connection, report: Report) -> None:
        connection.execute(_FROM_THE_START)
        self._connection, self._report = connection, report
        self._parts = lines_in_turn(connection, _ROWS, name="acts")
        self._without_entry: set[str] = set()
        self._without_row: set[str] = set()
        self._expected = self._read = self._matched = 0

    def expect(self, lines: Iterable[str]) -> None:
        """Entries' acts have their rows, now or later."""
        due = set(lines)
        self._expected += len(due)
        for line in due & self._without_row:
            self._find(_name(line), _place(line), _place(line))
        self._meet(due, self._without_entry, self._without_row)

    def read_on(self) -> None:
        """Reads about as many rows as were expected."""
        while self._read < self._expected and self._read_part():
            pass

    def finish(self) -> None:
        """Finds rows that follow from no entry, entries that have no row or a wrong one, and names that stand twice."""
        while self._read_part():
            pass
        self._report.count(Check.TABLE_ACTS, self._matched)
        self._find_named_twice()
        missing = {_name(line): (*_place(line), line.rsplit(" ", 1)[1]) for line in self._without_row}
        strays = [
            (*_name(line), *_place(line), line.rsplit(" ", 1)[1]) for line in sorted(self._without_entry)
        ]
        compare(self._report, Check.TABLE_ACTS, strays, missing, key_width=2)

    def _read_part(self) -> bool:
        lines = next(self._parts, [])
        self._read += len(lines)
        self._meet(set(lines), self._without_row, self._without_entry)
        return bool(lines)

    def _meet(self, lines: set[str], waiting: set[str], still: set[str]) -> None:
        found = lines & waiting
        waiting -= found
        still |= lines - found
        self._matched += len(found)

    def _find_named_twice(self) -> None:
        """Two rows of one name that both have their entry; or one such row, and other entries of that name without a row."""
        strays = {_place(line) for line in self._without_entry}
        for act_id, partner, shards, indexes in self._connection.execute(_NAMED_TWICE).fetchall():
            self._find_all((partner, act_id), set(zip(shards, indexes, strict=True)) - strays)
        missing: dict[ActName, set[Place]] = {}
        for line in self._without_row:
            missing.setdefault(_name(line), set()).add(_place(line))
        for name, places in sorted(missing.items()):
            rows = self._connection.execute(_PLACES, name).fetchall()
            self._find_all(name, places | (set(rows) - strays))

    def _find_all(self, name: ActName, places: set[Place]) -> None:
        first, *others = sorted(places)
        for place in others:
            self._find(name, first, place)

    def _find(self, name: ActName, first: Place, other: Place) -> None:
        sentence = f"act {name[1]} of {name[0]} is also {first[0]}:{first[1]}"
        self._report.find(Check.ACT_IDS, f"{other[0]}:{other[1]}", sentence)


def act_row(name: ActName, place: Place, payload_sha256: str) -> str:
    """The row that an entry's act must have."""
    return f"{name[0]} {name[1]} {place[0]} {place[1]} {payload_sha256}"


def _name(line: str) -> ActName:
    partner, act_id, *_ = line.rsplit(" ", 4)
    return partner, act_id


def _place(line: str) -> Place:
    *_, shard, index, _ = line.rsplit(" ", 4)
    return int(shard), int(index)
