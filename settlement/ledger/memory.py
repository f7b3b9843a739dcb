"""The house's state as one process holds it: brought up to date from the journal whenever the house has grown."""

import time

from psycopg import AsyncConnection, Connection
from psycopg.rows import TupleRow

from settlement.house.state import House
from settlement.journal.leaf import parse_leaf

HOUSE_SIZE = "SELECT size FROM shards WHERE shard = 0"
NEWS = "SELECT leaf FROM entries WHERE shard = 0 AND kind <> 'heads' AND index >= %s AND index < %s ORDER BY index"


class HouseMemory:
    """Holds the newest house state seen by this process; it only ever moves forward, over committed entries."""

    def __init__(self) -> None:
        self.house = House()
        self.refreshes = 0
        """How often `refresh` asked the books."""
        self._refreshed_at_ns = 0

    def is_younger_than(self, monotonic_ns: int) -> bool:
        """Whether `refresh` asked after this moment of the monotonic clock."""
        return self._refreshed_at_ns > monotonic_ns

    async def catch_up(self, connection: AsyncConnection[TupleRow], size: int) -> None:
        """Applies the house entries up to `size`, which must be committed."""
        if size > self.house.size:
            cursor = await connection.execute(NEWS, (self.house.size, size))
            self._apply([row[0] for row in await cursor.fetchall()], size)

    async def refresh(self, connection: AsyncConnection[TupleRow]) -> House:
        """Catches up with what is committed now and returns the newest state."""
        self.refreshes += 1
        self._refreshed_at_ns = time.monotonic_ns()
        row = await (await connection.execute(HOUSE_SIZE)).fetchone()
        if row is not None:
            await self.catch_up(connection, row[0])
        return self.house

    def _apply(self, leaves: list[str], size: int) -> None:
        state = self.house.fork()
        for leaf in leaves:
            entry = parse_leaf(leaf.encode("ascii"))
            if entry.index >= state.size:
                state.apply(entry)
        if size > self.house.size:
            state.size = size
            self.house = state


def load_house(connection: Connection[TupleRow]) -> House:
    """The house's state as committed now, for blocking callers."""
    row = connection.execute(HOUSE_SIZE).fetchone()
    state = House()
    if row is not None:
        for (leaf,) in connection.execute(NEWS, (0, row[0])):
            state.apply(parse_leaf(leaf.encode("ascii")))
        state.size = row[0]
    return state
