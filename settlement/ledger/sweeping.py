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
from settlement.ledger import crossing, open_lots
from settlement.ledger.batch import LATER, ShardHead, post
from settlement.ledger.book import Book, Hold
from settlement.ledger.members import MemberRules
from settlement.ledger.memory import HouseMemory
from settlement.ledger.recorded import read_hold
from settlement.ledger.rules.expiring import see_to
from settlement.ledger.rules.expiry import idle_since, moment_of, months_of_idleness
from settlement.ledger.rules.holds import lapse
from settlement.ledger.rules.points import SLICES_MAX
from settlement.ledger.rules.ruling import spelled_by_engine
from settlement.ledger.rules.transferring import arrive
from settlement.ledger.transits import Transit
from settlement.money import ASSETS

LAPSES_MAX = 200
"""Holds that one batch lets lapse: so no act waits long for the shard."""
LOTS_MAX = 200
"""Lots in search of whose members one batch looks, of each kind."""
# The bounds that the parameters pass anyway are those of the indexes, and let PostgreSQL use them.
DUE_SHARDS = """SELECT shard FROM shards s WHERE shard > 0 AND (
    EXISTS (SELECT FROM transits t WHERE t.to_shard = s.shard AND t.arrived_by IS NULL)
    OR EXISTS (SELECT FROM holds h WHERE h.shard = s.shard AND h.closed_by IS NULL AND h.until_us <= %(now_us)b)
    OR EXISTS (SELECT FROM lots l WHERE l.shard = s.shard AND l.remaining > 0
        AND l.expires_at_us <= %(now_us)b AND l.expires_at_us < 2305843009213693952)
    OR EXISTS (SELECT FROM lots l WHERE l.shard = s.shard AND l.remaining > 0
        AND l.pending_until_us <= %(now_us)b AND l.pending_until_us < 4611686018427387904)
    OR EXISTS (SELECT FROM lots l WHERE l.shard = s.shard AND l.remaining > 0 AND l.notice_us <= %(now_us)b)
    OR EXISTS (SELECT FROM unnest(%(months)b::smallint[], %(since_us)b::bigint[]) AS idle (months, since_us)
        JOIN members m ON m.shard = s.shard AND m.idle_months = idle.months AND m.active_at_us <= idle.since_us)
    ) ORDER BY shard"""
COMING_LOTS = f"""SELECT found.* FROM (SELECT %b::smallint, %b::bigint) AS here (shard, now_us),
    unnest(%b::uuid[], %b::text[], %b::bigint[]) AS asked (member, asset, most), LATERAL
    (SELECT {open_lots.LOT_COLUMNS} FROM lots WHERE shard = here.shard AND member = asked.member AND asset = asked.asset
    AND remaining > 0 AND pending_until_us <= here.now_us AND pending_until_us < 4611686018427387904
    ORDER BY expires_at_us, index, place LIMIT asked.most) AS found"""  # noqa: S608 - made of constants
ENDING_LOTS = f"""SELECT found.* FROM (SELECT %b::smallint, %b::bigint) AS here (shard, now_us),
    unnest(%b::uuid[], %b::text[], %b::bigint[]) AS asked (member, asset, most), LATERAL
    (SELECT {open_lots.LOT_COLUMNS} FROM lots WHERE shard = here.shard AND member = asked.member AND asset = asked.asset
    AND remaining > 0 AND notice_us <= here.now_us ORDER BY expires_at_us, index, place LIMIT asked.most) AS found"""  # noqa: S608 - made of constants
DUE_MEMBERS = """(SELECT member::text FROM lots WHERE shard = %(shard)b AND remaining > 0
        AND expires_at_us <= %(now_us)b AND expires_at_us < 2305843009213693952
        ORDER BY expires_at_us LIMIT %(most)b)
    UNION (SELECT member::text FROM lots WHERE shard = %(shard)b AND remaining > 0
        AND pending_until_us <= %(now_us)b AND pending_until_us < 4611686018427387904
        ORDER BY pending_until_us LIMIT %(most)b)
    UNION (SELECT member::text FROM lots WHERE shard = %(shard)b AND remaining > 0
        AND notice_us <= %(now_us)b ORDER BY notice_us LIMIT %(most)b)
    UNION (SELECT found.member::text FROM unnest(%(months)b::smallint[], %(since_us)b::bigint[]) AS idle (months, since_us),
        LATERAL (SELECT member FROM members WHERE shard = %(shard)b AND idle_months = idle.months
            AND active_at_us <= idle.since_us ORDER BY active_at_us LIMIT %(most)b) AS found)
    ORDER BY 1"""
DUE_HOLDS = """SELECT h.index, h.member::text, h.partner, h.amount, h.tariff, h.until_us, e.leaf, true
    FROM holds h JOIN entries e USING (shard, index)
    WHERE h.shard = %b AND h.closed_by IS NULL AND h.until_us <= %b ORDER BY h.until_us, h.index LIMIT %b"""


async def sweep(connection: AsyncConnection[TupleRow], memory: HouseMemory) -> bool:
    """One batch for every shard in which something is due; whether there was such a shard, and so perhaps more to sweep."""
    row = await (await connection.execute(LATER)).fetchone()
    clock_us, _, house_size = row if row is not None else (0, 0, 0)
    await memory.catch_up(connection, house_size)
    cursor = await connection.execute(DUE_SHARDS, _due(memory.house, clock_us + memory.house.ahead_us))
    shards = [shard for (shard,) in await cursor.fetchall()]
    for shard in shards:
        await post(connection, memory, SweepRules, shard, [])
    return bool(shards)


class SweepRules(MemberRules):
    """Rules of a batch that takes no acts: it cuts what is closed, then sees to what is due."""

    def __init__(self, head: ShardHead, house: House) -> None:
        super().__init__(head, house)
        self._coming: list[Transit] = []
        self._due: list[Hold] = []
        self._members: list[str] = []

    async def load(
        self,
        connection: AsyncConnection[TupleRow],
        head: ShardHead,
        house: House,
        acts: Sequence[Act[object]],
    ) -> bool:
        """Reads what comes from other shards, the holds that have run out, the members with lots whose time has come, and all
        their lots, wallets and arrears.

        What comes from other shards waits while any member's time has come: it may move the batch's time on, past lots that fall
        due meanwhile and are not read.
        """
        sought = _due(house, head.now_us) | {"shard": head.shard, "most": LOTS_MAX}
        cursor = await connection.execute(DUE_MEMBERS, sought)
        self._members = [member for (member,) in await cursor.fetchall()]
        if not self._members:
            self._coming = await crossing.read_coming(connection, head.shard)
        cursor = await connection.execute(DUE_HOLDS, (head.shard, head.now_us, LAPSES_MAX))
        self._due = [read_hold(*row) for row in await cursor.fetchall()]
        head.due_us = max([hold.until_us for hold in self._due], default=0)
        await self._load_lots(connection, {name for hold in self._due for name, _ in hold.slices})
        recipients = [transit.recipient for transit in self._coming]
        members = list({*self._members, *recipients, *[hold.member for hold in self._due]})
        await self._load_wallets(connection, head.now_us, members, ASSETS, {})
        await self._load_arrears(connection, members)
        await self._load_due_lots(connection, head.now_us)
        return bool(recipients)

    async def _load_due_lots(self, connection: AsyncConnection[TupleRow], now_us: int) -> None:
        """The first lots of each member that is due: those over, those pending no longer, and those about to be over."""
        book, here = self._book, [member for member in self._members if member in self._book.wallets]
        members = [member for member in here for _ in ASSETS]
        asked = (book.shard, now_us, members, [*ASSETS] * len(here), [SLICES_MAX] * len(members))
        idle = open_lots.idleness_of(book, members, now_us)
        async with connection.pipeline():
            over = await connection.execute(open_lots.OVER_LOTS, (*asked, idle))
            coming = await connection.execute(COMING_LOTS, asked)
            ending = await connection.execute(ENDING_LOTS, asked)
        open_lots.add(book, await over.fetchall())
        open_lots.add(book, await coming.fetchall())
        open_lots.add(book, await ending.fetchall())
        open_lots.fill_wallets(book)

    def begin(self, head: ShardHead, house: House) -> list[Draft]:
        """The cuts; an `arrive` for each transfer, a `lapse` for each hold, an `expire`, `mature` or `notice` for each member.

        They are judged by a time that their own time may turn out to be before, but never before anything in them fell due.
        """
        drafts = super().begin(head, house)
        for transit in self._coming:
            drafts.append(arrival_draft(self._book, house, transit, head.size + len(drafts)))
        for hold in self._due:
            at = (head.size + len(drafts), head.now_us + len(drafts))
            head.due_us = max(head.due_us, self._what_is_over(hold, at[1]))
            drafts.append(lapse_draft(head.shard, self._book, house, hold, at))
        for member in self._members:
            seen_to = see_to(self._book, house, member, head.now_us + len(drafts))
            if seen_to is not None:
                draft, due_us = seen_to
                drafts.append(draft)
                head.due_us = max(head.due_us, due_us)
        return drafts

    def _what_is_over(self, hold: Hold, now_us: int) -> int:
        """When the last of the hold's lots that are over fell due; 0: none is. What is over repays no arrear."""
        wallet = self._book.wallets[hold.member]
        moments = [moment_of(self._book.lots[name], wallet) for name, _ in hold.slices]
        return max([moment for moment in moments if moment <= now_us], default=0)


def _due(house: House, now_us: int) -> dict[str, object]:
    """What the statements look for: by when anything is due, and since when members must be idle for how many months."""
    months = months_of_idleness(tariff.expiry for tariff in house.tariffs.values())
    return {"now_us": now_us, "months": months, "since_us": [idle_since(now_us, each) for each in months]}


def lapse_draft(shard: int, book: Book, house: House, hold: Hold, at: tuple[int, int]) -> Draft:
    """The entry by which a hold lapses. `at`: its number and time."""
    about = (("original", f"{shard}:{hold.index}"), ("until", format_time(hold.until_us)))
    return spelled_by_engine(shard, lapse(book, house, hold, at), about, (hold.partner,))


def arrival_draft(book: Book, house: House, transit: Transit, index: int) -> Draft:
    """The entry by which a transfer from another shard arrives."""
    about = (("original", f"{transit.shard}:{transit.index}"),)
    return spelled_by_engine(book.shard, arrive(book, house, transit, index), about)
