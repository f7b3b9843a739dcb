"""As of when: how many entries of each shard a report looks at.

It is found by halving: the times of a shard rise with its entry numbers, and its house sizes never fall.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass

from psycopg import Connection
from psycopg.rows import TupleRow

from settlement.clock import parse_time
from settlement.errors import CoalitionError
from settlement.house.state import House
from settlement.journal.leaf import HOUSE, parse_leaf
from settlement.ledger.memory import NEWS

_SIZES = "SELECT shard, size FROM shards ORDER BY shard"
_ENTRY = "SELECT recorded_at_us, house FROM entries WHERE shard = %s AND index = %s"
_TIME, _HOUSE_SIZE = 0, 1
_LAST_OF_DAY = "T23:59:59.999999Z"
_PLACE = re.compile(r"(\d{1,5}):(\d{1,18})", re.ASCII)
_CYCLE = re.compile(r"cycle:(\d{1,9})", re.ASCII)
_SIZE = re.compile(r"house:(\d{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Moment:
    """The first so many entries of every shard. `at_us`: the instant asked for, else when the newest of them was recorded."""

    sizes: dict[int, int]
    at_us: int

    def columns(self) -> tuple[list[int], list[int]]:
        """Shards, and how many of their entries are looked at."""
        return list(self.sizes), list(self.sizes.values())


def now(connection: Connection[TupleRow]) -> Moment:
    """All that is recorded."""
    return _newest(connection, dict(connection.execute(_SIZES).fetchall()))


def moment_of(connection: Connection[TupleRow], text: str | None) -> Moment:
    """What was recorded up to an entry `1:250`, it included, up to the end of a day `2026-11-30` or a time, both of UTC, by a
    house of so many entries `house:41`, or up to the close of a cycle `cycle:3`; None: all.

    A house of 41 entries: those, and what was decided under no more of them. CoalitionError FIELD_INVALID, ENTRY_NOT_FOUND,
    CYCLE_NOT_FOUND.
    """
    if text is None:
        return now(connection)
    if place := _PLACE.fullmatch(text):
        return _at(connection, _fact(connection, int(place[1]), int(place[2]), _TIME))
    if size := _SIZE.fullmatch(text):
        return _of_house(connection, int(size[1]))
    if cycle := _CYCLE.fullmatch(text):
        return _of_house(connection, _close_of(connection, int(cycle[1])))
    return _at(connection, _instant(text))


def house_then(connection: Connection[TupleRow], moment: Moment) -> House:
    """The house's state after the entries that the moment looks at."""
    state, size = House(), moment.sizes.get(HOUSE, 0)
    for (leaf,) in connection.execute(NEWS, (0, size)):
        state.apply(parse_leaf(leaf.encode("ascii")))
    state.size = size
    return state


def _instant(text: str) -> int:
    try:
        return parse_time(text + _LAST_OF_DAY if len(text) == len("2026-11-30") else text)
    except ValueError:
        message = f"{text!r} is no entry 1:250, day 2026-11-30, time 2026-11-30T17:00:00.000000Z, house:41 or cycle:3"
        raise CoalitionError("FIELD_INVALID", message, field="as-of") from None


def _close_of(connection: Connection[TupleRow], number: int) -> int:
    cycle = house_then(connection, now(connection)).cycles.get(number)
    if cycle is None or cycle.closed_at is None:
        message = f"cycle {number} is not closed, or there is none; ask for the list of cycles"
        raise CoalitionError("CYCLE_NOT_FOUND", message, field="as-of")
    return cycle.closed_at


def _of_house(connection: Connection[TupleRow], size: int) -> Moment:
    """The first entries of the house, and of the other shards those that knew no more of it."""
    _fact(connection, HOUSE, size - 1, _TIME)
    return _newest(connection, _until(connection, _HOUSE_SIZE, size) | {HOUSE: size})


def _at(connection: Connection[TupleRow], time_us: int) -> Moment:
    sizes = _until(connection, _TIME, time_us)
    if not sizes.get(HOUSE):
        message = "nothing was recorded by then: the network was founded later"
        raise CoalitionError("FIELD_INVALID", message, field="as-of")
    return Moment(sizes, time_us)


def _until(connection: Connection[TupleRow], column: int, most: int) -> dict[int, int]:
    """How many entries of every shard have a time, or a house size, of at most this."""

    def count(shard: int, size: int) -> int:
        return bisect_right(range(size), most, key=lambda index: _fact(connection, shard, index, column))

    return {shard: count(shard, size) for shard, size in connection.execute(_SIZES).fetchall()}


def _newest(connection: Connection[TupleRow], sizes: dict[int, int]) -> Moment:
    times = [_fact(connection, shard, size - 1, _TIME) for shard, size in sizes.items() if size]
    return Moment(sizes, max(times, default=0))


def _fact(connection: Connection[TupleRow], shard: int, index: int, column: int) -> int:
    row = connection.execute(_ENTRY, (shard, index)).fetchone()
    if row is None:
        message = f"there is no entry {shard}:{index}; `coalition entries` lists them"
        raise CoalitionError("ENTRY_NOT_FOUND", message, field="as-of")
    found: int = row[column]
    return found
