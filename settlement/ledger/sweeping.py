"""What falls due in member shards by itself: the engine's own entries, which no partner asks for.

A sweep is a batch without acts. Its entries are due by their own time, and timed no later than the last of them fell due
(`batch`): a clock that was set ahead moves the books no further than what it made due.
"""

from collections.abc import Sequence

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from settlement.clock import format_time
from settlement.house.state import House
from settlement.journal.acts import Act, Draft
from settlement.ledger.batch import ShardHead, post
from settlement.ledger.book import Book, Hold
from settlement.ledger.members import MemberRules, read_hold
from settlement.ledger.memory import HouseMemory
from settlement.ledger.rules.holds import lapse
from settlement.ledger.rules.ruling import spelled_by_engine

LAPSES_MAX = 200
"""Holds that one batch lets lapse: so no act waits long for the shard."""
DUE_SHARDS = """SELECT shard FROM shards s WHERE shard > 0 AND EXISTS (SELECT FROM holds h WHERE h.shard = s.shard
    AND h.closed_by IS NULL AND h.until_us <= (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint))
    ORDER BY shard"""
DUE_HOLDS = """SELECT h.index, h.member::text, h.partner, h.amount, h.tariff, h.until_us, e.leaf, true
    FROM holds h JOIN entries e USING (shard, index)
    WHERE h.shard = %b AND h.closed_by IS NULL AND h.until_us <= %b ORDER BY h.until_us, h.index LIMIT %b"""


async def sweep(connection: AsyncConnection[TupleRow], memory: HouseMemory) -> bool:
    """One batch for every shard in which something is due; whether there was such a shard, and so perhaps more to sweep."""
    cursor = await connection.execute(DUE_SHARDS)
    shards = [shard for (shard,) in await cursor.fetchall()]
    for shard in shards:
        await post(connection, memory, SweepRules, shard, [])
    return bool(shards)


class SweepRules(MemberRules):
    """Rules of a batch that takes no acts: it cuts what is closed, then sees to what is due."""

    def __init__(self, head: ShardHead, house: House) -> None:
        super().__init__(head, house)
        self._due: list[Hold] = []

    async def load(
        self,
        connection: AsyncConnection[TupleRow],
        head: ShardHead,
        house: House,
        acts: Sequence[Act[object]],
    ) -> bool:
        """Reads the holds that have run out, the lots and the wallets that they go back to."""
        cursor = await connection.execute(DUE_HOLDS, (head.shard, head.now_us, LAPSES_MAX))
        self._due = [read_hold(*row) for row in await cursor.fetchall()]
        head.due_us = max([hold.until_us for hold in self._due], default=0)
        await self._load_lots(connection, {name for hold in self._due for name, _ in hold.slices})
        await self._load_wallets(connection, list({hold.member for hold in self._due}), {})
        return False

    def begin(self, head: ShardHead, house: House) -> list[Draft]:
        """The cuts, then a `lapse` for each hold."""
        drafts = super().begin(head, house)
        for hold in self._due:
            drafts.append(lapse_draft(head.shard, self._book, hold, head.size + len(drafts)))
        return drafts


def lapse_draft(shard: int, book: Book, hold: Hold, index: int) -> Draft:
    """The entry by which a hold lapses."""
    about = (("original", f"{shard}:{hold.index}"), ("until", format_time(hold.until_us)))
    return spelled_by_engine(shard, lapse(book, hold, index), about)
