"""The table of acts against the journal while it is walked: rows come in about the order of the entries, so few wait for theirs.

As every entry finds its own row, and no two rows have one name, no name stands twice in the journal.
"""

from itertools import islice
from typing import TypeAlias

from coalition.audit.checks import Check, Report
from coalition.audit.stored import Connection, rows_in_turn
from coalition.audit.tables import compare

ActName: TypeAlias = tuple[str, str]
"""Partner and act id."""
RecordedAct: TypeAlias = tuple[int, int, bytes]
"""Shard, entry number and the payload's hash."""

# From its first page on, not from where another scan of the table happens to be: that is the order in which it was written.
_FROM_THE_START = "SET synchronize_seqscans = off"
_ROWS = "SELECT partner, act_id::text, shard, index, payload_sha256 FROM acts"
_NAMED_TWICE = """SELECT act_id::text, partner, array_agg(shard ORDER BY shard, index), array_agg(index ORDER BY shard, index)
    FROM acts GROUP BY act_id, partner HAVING count(*) > 1"""
_PLACES = "SELECT shard, index FROM acts WHERE partner = %s AND act_id = %s::uuid"


class ActRows:
    """`check` every entry, `read_on` now and then, and `finish` when there are no more."""

    def __init__(self, connection: Connection, report: Report) -> None:
        connection.execute(_FROM_THE_START)
        self._connection, self._report = connection, report
        self._rows = rows_in_turn(connection, _ROWS, name="acts")
        self._without_entry: dict[ActName, RecordedAct] = {}
        self._without_row: dict[ActName, RecordedAct] = {}
        self._strays: list[tuple[str, str, int, int, bytes]] = []
        self._matched = 0

    def check(self, name: ActName, act: RecordedAct) -> None:
        """An entry's act has its row, now or later."""
        if self._without_entry.get(name) == act:
            del self._without_entry[name]
            self._matched += 1
        elif name in self._without_row:
            self._find(name, self._without_row[name][:2], act[:2])
        else:
            self._without_row[name] = act

    def read_on(self, count: int | None) -> bool:
        """Reads so many rows more, or all; False if there are none."""
        at = -1
        for at, row in enumerate(islice(self._rows, count)):  # noqa: B007 - the last number tells whether there was any
            name, act = row[:2], row[2:]
            if self._without_row.get(name) == act:
                del self._without_row[name]
                self._matched += 1
            elif name in self._without_entry:
                self._strays.append(row)
            else:
                self._without_entry[name] = act
        return at >= 0

    def finish(self) -> None:
        """Finds rows that follow from no entry, entries that have no row or a wrong one, and names that stand twice."""
        self.read_on(None)
        self._report.count(Check.TABLE_ACTS, self._matched)
        self._strays += [(*name, *act) for name, act in self._without_entry.items()]
        self._find_named_twice()
        compare(self._report, Check.TABLE_ACTS, self._strays, self._without_row, key_width=2)

    def _find_named_twice(self) -> None:
        """Two rows of one name that both have their entry; or one such row, and another entry of that name without a row."""
        strays = {(stray[2], stray[3]) for stray in self._strays}
        for act_id, partner, shards, indexes in self._connection.execute(_NAMED_TWICE).fetchall():
            matched = [place for place in zip(shards, indexes, strict=True) if place not in strays]
            for place in matched[1:]:
                self._find((partner, act_id), matched[0], place)
        for name, act in self._without_row.items():
            for place in self._connection.execute(_PLACES, name).fetchall():
                if place not in strays:
                    self._find(name, *sorted([act[:2], place]))

    def _find(self, name: ActName, first: tuple[int, int], other: tuple[int, int]) -> None:
        sentence = f"act {name[1]} of {name[0]} is also {first[0]}:{first[1]}"
        self._report.find(Check.ACT_IDS, f"{other[0]}:{other[1]}", sentence)
