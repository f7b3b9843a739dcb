"""Loading an approved opening: rows of the prepared file become lots, part by part, each part once.

A part that was loaded has its row in `openings`, written with its entry: a load that was cut short goes on where it ended, and
two at once do no harm. Members that nobody knows yet join in one shard, chosen by the part's number, before the others' rows are
written: from then on every name of the part is known, and a repeated load finds each row in the same shard.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

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

PARTS_AT_ONCE = 4
"""Parts that one database transaction loads: so long the shard's tills wait."""
LOADED = "SELECT part, sum(lots)::bigint, sum(points) FROM openings WHERE proposal = %b GROUP BY part"
Tell = Callable[[int, int], None]
"""`tell(done, total)`: lots in the books."""


async def load_opening(
    connections: Sequence[AsyncConnection[TupleRow]],
    prepared: Prepared,
    tell: Tell = lambda done, total: None,
) -> Opening:
    """Loads what is not loaded yet. May be cancelled, killed and repeated at any time.

    `connections`: each loads parts of its own; with two, one transaction is made ready while the other is written.
    Errors: OPENING_NOT_APPROVED, OPENING_FILE_INVALID (for another network, other totals than approved), MEMBER_NOT_FOUND.
    BooksError if the books end with other totals than the file.
    """
    memory = HouseMemory()
    opening = approved_opening(await memory.refresh(connections[0]), prepared)
    await _check_members(connections[0], prepared)
    load = _Load(opening, memory, prepared, tell)
    await load.look(connections[0])
    try:
        async with asyncio.TaskGroup() as lanes:
            for connection in connections:
                lanes.create_task(load.run(connection))
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    lots, points = await load.look(connections[0])
    if (lots, points) != (opening.rows, opening.points):
        raise BooksError(
            f"the books hold {lots:,} lots of {points:,} points of opening {opening.file_sha256}"
        )
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
    if (opening.rows, opening.members, opening.points) != (totals.rows, totals.members, totals.points):
        raise _invalid("the control totals approved are not those of the file: propose it with its own")
    return opening


class _Load:
    """One file on its way into the books."""

    def __init__(self, opening: Opening, memory: HouseMemory, prepared: Prepared, tell: Tell) -> None:
        self._opening, self._memory, self._tell = opening, memory, tell
        self._groups = _groups(prepared)
        self._loaded: dict[int, int] = {}
        self._done = 0

    async def look(self, connection: AsyncConnection[TupleRow]) -> tuple[int, int]:
        """Lots and points that are in the books."""
        cursor = await connection.execute(LOADED, (bytes.fromhex(self._opening.file_sha256),))
        found = await cursor.fetchall()
        self._loaded = {part: lots for part, lots, _ in found}
        self._done = sum(self._loaded.values())
        self._tell(self._done, self._opening.rows)
        return self._done, int(sum(points for _, _, points in found))

    async def run(self, connection: AsyncConnection[TupleRow]) -> None:
        """Loads groups of parts until none is left."""
        for group in self._groups:
            if any(self._loaded.get(number) != len(rows) for number, rows in group):
                self._done += await self._load(connection, group)
                self._tell(self._done, self._opening.rows)

    async def _load(self, connection: AsyncConnection[TupleRow], group: Sequence[Part]) -> int:
        """Loads parts in every shard where they have rows; returns how many lots were new."""
        joining = 1 + group[0][0] // PARTS_AT_ONCE % self._memory.house.founded.shards
        rules = await self._post(connection, group, shard=joining, joins=True)
        lots = rules.lots
        for shard in sorted({home.shard for home in rules.homes.values()} - {joining}):
            lots += (await self._post(connection, group, shard=shard, joins=False)).lots
        return lots

    async def _post(
        self, connection: AsyncConnection[TupleRow], group: Sequence[Part], *, shard: int, joins: bool
    ) -> OpeningRules:
        """One transaction. All that can be is made ready before it locks the shard."""
        ready = OpeningRules(self._opening, group, self._memory.house, shard=shard, joins=joins)
        await ready.look_up(connection)
        made: list[OpeningRules] = []

        def make(head: ShardHead, house: House) -> OpeningRules:
            # What was made ready has failed if it is asked for again: somebody else has just linked one of the aliases.
            again = OpeningRules(self._opening, group, house, shard=shard, joins=joins)
            made.append(again if made else ready)
            return made[-1]

        await post(connection, self._memory, make, shard, [])
        return made[-1]


def _groups(prepared: Prepared) -> Iterator[list[Part]]:
    """The file's parts, as many at once as one transaction takes."""
    numbered = enumerate(parts(prepared.rows()))
    while group := [*islice(numbered, PARTS_AT_ONCE)]:
        yield group


async def _check_members(connection: AsyncConnection[TupleRow], prepared: Prepared) -> None:
    """Members that the file names by id must be there; as members stay, they will be when their rows are loaded."""
    names = (row.name for row in prepared.rows() if row.name[:1] != ALIAS)
    while some := {*islice(names, 10_000)}:
        for name in sorted(some - (await homes_of(connection, some)).keys()):
            message = f"the file names member {spell_member(name)}, which is none; nothing was loaded"
            raise CoalitionError("MEMBER_NOT_FOUND", message, field="member_id")


def _invalid(message: str) -> CoalitionError:
    return CoalitionError("OPENING_FILE_INVALID", message, field="prepared")
