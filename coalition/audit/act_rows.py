"""The table of acts against the journal while it is walked: rows come in about the order of the entries, so few wait for theirs.

As every entry finds its own row, and no two rows have one name, no name stands twice in the journal.
"""

from collections.abc import Sequence
from struct import Struct, calcsize
from typing import TypeAlias

import numpy as np

from coalition.audit.arrays import id_bytes, rows_of, spelled_id
from coalition.audit.checks import Check, Report
from coalition.audit.comparing import compare
from coalition.audit.growing import Growing
from coalition.audit.ordinary_rows import Enrolment, OrdinaryRows
from coalition.audit.stored import Connection, lines_in_turn

ActName: TypeAlias = tuple[str, str]
"""Partner and act id."""
Place: TypeAlias = tuple[int, int]
"""Shard and entry number."""

# From its first page on, not from where another scan of the table happens to be: that is the order in which it was written.
_FROM_THE_START = "SET synchronize_seqscans = off"
_ROWS = """SELECT int2send(shard) || int8send(index) || uuid_send(act_id) || payload_sha256 || convert_to(partner, 'UTF8')
    FROM acts"""
_FIXED = Struct(">hq16s32s")
_DTYPE = np.dtype([("shard", ">i2"), ("index", ">i8"), ("act_id", "u1", 16), ("payload_sha256", "u1", 32)])
_HALF_OF_ID = slice(calcsize(">hq"), calcsize(">hqq"))
_NAMED_TWICE = """SELECT act_id::text, partner, array_agg(shard ORDER BY shard, index), array_agg(index ORDER BY shard, index)
    FROM acts GROUP BY act_id, partner HAVING count(*) > 1"""
_PLACES = "SELECT shard, index FROM acts WHERE partner = %s AND act_id = %s::uuid"


class ActRows:
    """`expect` the rows of entries, `read_on` now and then, and `finish` when there are no more.

    A row is one text of bytes: shard, entry number, act id, the payload's hash and the partner.
    """

    def __init__(self, connection: Connection, report: Report) -> None:
        connection.execute(_FROM_THE_START)
        self._connection, self._report = connection, report
        self._parts = lines_in_turn(connection, _ROWS, name="acts")
        self._without_entry: set[bytes] = set()
        self._without_row: set[bytes] = set()
        self._ids = Growing(np.uint64)
        """Of the acts that are expected, the first half: unlike halves are of unlike ids."""
        self._expected = self._read = self._matched = 0

    def expect(self, lines: Sequence[bytes]) -> None:
        """Entries' acts have their rows, now or later."""
        due = set(lines)
        self._expected += len(due)
        self._ids.extend(np.frombuffer(b"".join([line[_HALF_OF_ID] for line in lines]), np.uint64))
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
        missing = {_name(line): (*_place(line), _payload(line)) for line in self._without_row}
        strays = sorted([(*_name(line), *_place(line), _payload(line)) for line in self._without_entry])
        compare(self._report, Check.TABLE_ACTS, strays, missing, key_width=2)

    def close(self) -> None:
        """Reads no more, whatever is left."""
        self._parts.close()

    def _read_part(self) -> bool:
        lines = next(self._parts, [])
        self._read += len(lines)
        self._meet(set(lines), self._without_row, self._without_entry)
        return bool(lines)

    def _meet(self, lines: set[bytes], waiting: set[bytes], still: set[bytes]) -> None:
        found = lines & waiting
        waiting -= found
        still |= lines - found
        self._matched += len(found)

    def _find_named_twice(self) -> None:
        """Two rows of one name that both have their entry; or one such row, and other entries of that name without a row."""
        strays = {_place(line) for line in self._without_entry}
        ids = np.sort(self._ids.values)
        alike = (ids[1:] == ids[:-1]).any()
        for act_id, partner, shards, indexes in (
            self._connection.execute(_NAMED_TWICE).fetchall() if alike else ()
        ):
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


def act_row(name: ActName, place: Place, payload_sha256: bytes) -> bytes:
    """The row that an entry's act must have."""
    partner, act_id = name
    return _FIXED.pack(*place, id_bytes(act_id), payload_sha256) + partner.encode()


def act_rows(shard: int, acts: OrdinaryRows, enrolments: Sequence[Enrolment]) -> list[bytes]:
    """The rows that ordinary entries must have."""
    rows = np.zeros(len(acts), _DTYPE)
    rows["shard"], rows["index"], rows["act_id"] = shard, acts.index, acts.act_id
    rows["payload_sha256"] = acts.payload_sha256
    partners = [partner.encode() for _, partner, _ in acts.signers]
    due = [row + partners[signer] for row, signer in zip(rows_of(rows), acts.signer.tolist(), strict=True)]
    for each in enrolments:
        due.append(act_row((each.signer[1], each.act_id), (shard, each.index), each.payload_sha256))
    return due


def _name(line: bytes) -> ActName:
    _, _, act_id, _ = _FIXED.unpack_from(line.ljust(_FIXED.size))
    return line[_FIXED.size :].decode(errors="replace"), spelled_id(act_id)


def _place(line: bytes) -> Place:
    shard, index, _, _ = _FIXED.unpack_from(line.ljust(_FIXED.size))
    return shard, index


def _payload(line: bytes) -> str:
    *_, payload_sha256 = _FIXED.unpack_from(line.ljust(_FIXED.size))
    return bytes(payload_sha256).hex()
