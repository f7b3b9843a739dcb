"""The table of acts against the journal while it is walked: rows come in about the order of the entries, so few wait for theirs.

As every entry finds its own row, and no two rows have one name, no name stands twice in the journal.
"""

from collections.abc import Sequence
from struct import Struct, calcsize
from typing import TypeAlias

import numpy as np

from coalition.audit.arrays import id_bytes, spelled_id
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
# A hash of another length stands as zeros: else a byte of it could pass for one of the partner's name.
_ROWS = """SELECT int2send(shard) || int8send(index) || uuid_send(act_id)
        || CASE WHEN octet_length(payload_sha256) = 32 THEN payload_sha256 ELSE decode(repeat('00', 32), 'hex') END
        || convert_to(partner, 'UTF8')
    FROM acts"""
_FIXED = Struct(">hq16s32s")
_DTYPE = np.dtype([("shard", ">i2"), ("index", ">i8"), ("act_id", "u1", 16), ("payload_sha256", "u1", 32)])
_AHEAD_MAX = 100_000
"""Rows that may wait for their entries: some 15 MB."""
_HALF_BYTES = calcsize(">q")
_HALF_OF_ID = slice(calcsize(">hq"), calcsize(">hq") + _HALF_BYTES)
_NAMED_TWICE = """SELECT act_id::text, partner, array_agg(shard ORDER BY shard, index), array_agg(index ORDER BY shard, index)
    FROM acts GROUP BY act_id, partner HAVING count(*) > 1"""
_PLACES = "SELECT shard, index FROM acts WHERE partner = %s AND act_id = %s::uuid"


class ActRows:
    """Expect the rows of entries, `read_on` now and then, and `finish` when there are no more.

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

    def expect_run(self, shard: int, acts: OrdinaryRows, enrolments: Sequence[Enrolment]) -> None:
        """The rows of ordinary entries."""
        self._ids.extend(np.ascontiguousarray(acts.act_id[:, :_HALF_BYTES]).view(np.uint64)[:, 0])
        self._wait_for(_rows_of_run(shard, acts))
        self.expect([_row_of_enrolment(shard, each) for each in enrolments])

    def expect(self, lines: Sequence[bytes]) -> None:
        """Entries' acts have their rows, now or later."""
        self._ids.extend(np.frombuffer(b"".join([line[_HALF_OF_ID] for line in lines]), np.uint64))
        self._wait_for(lines)

    def read_on(self) -> None:
        """Reads about as many rows as were expected."""
        while self._read < self._expected and self._read_part():
            pass

    def read_ahead(self) -> bool:
        """Reads some rows before their entries come, for when there is nothing better to do; False if enough wait for theirs."""
        return self._read < self._expected + _AHEAD_MAX and self._read_part()

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

    def _wait_for(self, lines: Sequence[bytes]) -> None:
        due = set(lines)
        self._expected += len(due)
        for line in due & self._without_row:
            self._find(_name(line), _place(line), _place(line))
        self._meet(due, self._without_entry, self._without_row)

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


def _row_of_enrolment(shard: int, enrolment: Enrolment) -> bytes:
    name = enrolment.signer[1], enrolment.act_id
    return act_row(name, (shard, enrolment.index), enrolment.payload_sha256)


def _rows_of_run(shard: int, acts: OrdinaryRows) -> list[bytes]:
    rows = np.zeros(len(acts), _DTYPE)
    rows["shard"], rows["index"], rows["act_id"] = shard, acts.index, acts.act_id
    rows["payload_sha256"] = acts.payload_sha256
    partners = [partner.encode() for _, partner, _ in acts.signers]
    text, width = rows.tobytes(), rows.itemsize
    starts = zip(range(0, len(text), width), acts.signer.tolist(), strict=True)
    return [text[start : start + width] + partners[signer] for start, signer in starts]


def _name(line: bytes) -> ActName:
    _, _, act_id, _ = _FIXED.unpack_from(line.ljust(_FIXED.size))
    return line[_FIXED.size :].decode(errors="replace"), spelled_id(act_id)


def _place(line: bytes) -> Place:
    shard, index, _, _ = _FIXED.unpack_from(line.ljust(_FIXED.size))
    return shard, index


def _payload(line: bytes) -> str:
    *_, payload_sha256 = _FIXED.unpack_from(line.ljust(_FIXED.size))
    return bytes(payload_sha256).hex()
