"""Loading an approved opening: rows of the prepared file become lots, part by part, each part once.

A part that was loaded has its row in `openings`, written with its entry: a load that was cut short goes on where it ended, and
two at once do no harm. Members that nobody knows yet join in one shard, chosen by the part's number, before the others' rows are
written: from then on every name of the part is known, and a repeated load finds each row in the same shard.

While one group of parts is written, the next is made ready.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TypeAlias

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from settlement.errors import BooksError, CoalitionError
from settlement.house.records import Opening
from settlement.house.state import House
from settlement.ledger.batch import ShardHead, post
from settlement.ledger.memory import HouseMemory
from settlement.ledger.opening_file import ALIAS, Prepared, spell_member
from settlement.ledger.opening_rules import OpeningRules, Part, homes_of
from settlement.ledger.rules.opening import parts

PARTS_AT_ONCE = 8
"""Parts that one database transaction loads: so long the shard's tills wait."""
LOADED = (
    "SELECT part, sum(lots)::bigint, sum(points), sum(value) FROM openings WHERE proposal = %b GROUP BY part"
)
Tell = Callable[[int, int], None]
"""`tell(done, total)`: lots in the books."""
Connection: TypeAlias = AsyncConnection[TupleRow]


async def load_opening(
    writer: Connection, reader: Connection, prepared: Prepared, tell: Tell = lambda done, total: None
) -> Opening:
    """Loads what is not loaded yet. May be cancelled, killed and repeated at any time.

    `reader`: looks ahead for whom the next parts name.
    Errors: OPENING_NOT_APPROVED, OPENING_FILE_INVALID (for another network, other totals than approved), MEMBER_NOT_FOUND.
    BooksError if the books end with other totals than the file.
    """
    memory = HouseMemory()
    opening = approved_opening(await memory.refresh(reader), prepared)
    await _check_members(reader, prepared)
    load = _Load(opening, memory, prepared, tell)
    await load.look(reader)
    try:
        await load.run(writer, reader)
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    found = await load.look(reader)
    if found != (opening.rows, opening.points, opening.value):
        lots = "{:,} lots of {:,} points and {:,} minor units of value".format(*found)
        raise BooksError(f"the books hold {lots} of opening {opening.file_sha256}")
    return opening


def approved_opening(house: House, prepared: Prepared) -> Opening:
    """The approved proposal of a file. Errors as for `load_opening`."""
    totals = prepared.totals
    if totals.network != house.founded.origin:
        raise _invalid(f"the file is for the network {totals.network}, this is {house.founded.origin}")
    opening = house.openings.get((totals.partner, prepared.sha256))
    if opening is None or opening.approved_at is None:
        message = f"no approved proposal of {totals.partner} names this file, SHA-256 {prepared.sha256}"
        raise CoalitionError("OPENING_NOT_APPROVED", f"{message}; propose and approve it first")
    approved = (opening.rows, opening.members, opening.points, opening.value)
    if approved != (totals.rows, totals.members, totals.points, totals.value):
        raise _invalid("the control totals approved are not those of the file: propose it with its own")
    return opening


class _Load:
    """One file on its way into the books."""

    def __init__(self, opening: Opening, memory: HouseMemory, prepared: Prepared, tell: Tell) -> None:
        self._opening, self._memory, self._tell = opening, memory, tell
        self._groups = _groups(prepared)
        self._loaded: dict[int, int] = {}
        self._done = 0

    async def look(self, connection: Connection) -> tuple[int, int, int]:
        """Lots, points and value that are in the books."""
        cursor = await connection.execute(LOADED, (bytes.fromhex(self._opening.file_sha256),))
        found = await cursor.fetchall()
        self._loaded = {part: lots for part, lots, _, _ in found}
        self._done = sum(self._loaded.values())
        self._tell(self._done, self._opening.rows)
        points, value = (int(sum(row[at] for row in found)) for at in (2, 3))
        return self._done, points, value

    async def run(self, writer: Connection, reader: Connection) -> None:
        """Loads groups of parts until none is left."""
        ready = await self._next(reader)
        while ready is not None:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._load(writer, ready))
                following = both.create_task(self._next(reader))
            ready = following.result()

    async def _next(self, reader: Connection) -> OpeningRules | None:
        """The next group that is not loaded yet, with all made ready that can be before its shard is locked."""
        for group in self._groups:
            if any(self._loaded.get(number) != len(rows) for number, rows in group):
                joining = 1 + group[0][0] // PARTS_AT_ONCE % self._memory.house.founded.shards
                ready = self._rules(group, joining, joins=True)
                await ready.look_up(reader)
                return ready
        return None

    async def _load(self, writer: Connection, ready: OpeningRules) -> None:
        """Loads parts in every shard where they have rows: first where their new members join."""
        joined = await self._post(writer, ready)
        self._done += joined.lots
        for shard in sorted({home.shard for home in joined.homes.values()} - {joined.shard}):
            further = self._rules(joined.parts, shard, joins=False)
            await further.look_up(writer)
            self._done += (await self._post(writer, further)).lots
        self._tell(self._done, self._opening.rows)

    async def _post(self, writer: Connection, ready: OpeningRules) -> OpeningRules:
        """One transaction; returns the rules by which it was written."""
        made: list[OpeningRules] = []

        def make(head: ShardHead, house: House) -> OpeningRules:
            # What was made ready has failed if it is asked for again: somebody else has just linked one of the aliases.
            made.append(self._rules(ready.parts, ready.shard, joins=ready.joins) if made else ready)
            return made[-1]

        await post(writer, self._memory, make, ready.shard, [])
        return made[-1]

    def _rules(self, parts: Sequence[Part], shard: int, *, joins: bool) -> OpeningRules:
        return OpeningRules(self._opening, parts, self._memory.house, shard=shard, joins=joins)


def _groups(prepared: Prepared) -> Iterator[list[Part]]:
    """The file's parts, as many at once as one transaction takes."""
    numbered = enumerate(parts(prepared.rows()))
    while group := [*islice(numbered, PARTS_AT_ONCE)]:
        yield group


async def _check_members(connection: Connection, prepared: Prepared) -> None:
    """Members that the file names by id must be there; as members stay, they will be when their rows are loaded."""
    names = (row.name for row in prepared.rows() if row.name[:1] != ALIAS)
    while some := {*islice(names, 10_000)}:
        for name in sorted(some - (await homes_of(connection, some)).keys()):
            message = f"the file names member {spell_member(name)}, which is none; nothing was loaded"
            raise CoalitionError("MEMBER_NOT_FOUND", message, field="member_id")


def _invalid(message: str) -> CoalitionError:
    return CoalitionError("OPENING_FILE_INVALID", message, field="prepared")
