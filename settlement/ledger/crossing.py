"""Transfers between members in the tables: where recipients live, what members sent today, and what is on its way."""

from collections.abc import Iterable

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from settlement.ledger.acts import TransferPoints
from settlement.ledger.book import Book
from settlement.ledger.recorded import read_transit
from settlement.ledger.transits import Transit
from settlement.ledger.writing import Statement, columns

ARRIVALS_MAX = 20
"""Transfers that one batch lets arrive, each of up to 200 lots: so no act waits long for the shard."""
NAMED = "SELECT member::text, shard, sent_day, sent_points FROM members WHERE member = ANY(%b::uuid[])"
COMING = """SELECT e.leaf FROM transits t JOIN entries e USING (shard, index)
    WHERE t.to_shard = %b AND t.arrived_by IS NULL ORDER BY t.shard, t.index LIMIT %b"""
SENT = """UPDATE members AS m SET sent_day = new.sent_day, sent_points = new.sent_points
    FROM unnest(%b::uuid[], %b::integer[], %b::bigint[]) AS new (member, sent_day, sent_points) WHERE m.member = new.member"""
NEW_TRANSITS = "INSERT INTO transits SELECT %b, * FROM unnest(%b::bigint[], %b::smallint[], %b::uuid[])"
ARRIVED = """UPDATE transits t SET arrived_by = n.arrived_by
    FROM unnest(%b::smallint[], %b::bigint[], %b::bigint[]) AS n (shard, index, arrived_by)
    WHERE t.shard = n.shard AND t.index = n.index"""


async def load_parties(connection: AsyncConnection[TupleRow], book: Book, bodies: Iterable[object]) -> bool:
    """Reads where the members of all transfers live, and what they sent last. Aliases must be in the book.

    Whether any recipient lives in another shard.
    """
    transfers = [body for body in bodies if isinstance(body, TransferPoints)]
    names = [name for body in transfers for name in (body.name, body.recipient)]
    found = {name.member if name.alias is None else book.aliases.get(name.alias) for name in names}
    members = sorted([member for member in found if member is not None])
    if not members:
        return False
    cursor = await connection.execute(NAMED, (members,))
    for member, shard, sent_day, sent_points in await cursor.fetchall():
        book.transits.shards[member] = shard
        book.transits.sent[member] = (sent_day, sent_points)
    return any(shard != book.shard for shard in book.transits.shards.values())


async def read_coming(connection: AsyncConnection[TupleRow], shard: int) -> list[Transit]:
    """The first transfers on their way to a shard."""
    cursor = await connection.execute(COMING, (shard, ARRIVALS_MAX))
    return [read_transit(shard, leaf.encode("ascii")) for (leaf,) in await cursor.fetchall()]


def changes(book: Book) -> list[Statement]:
    """What members sent, and transfers that leave the shard or arrive in it."""
    transits, statements = book.transits, []
    if transits.senders:
        rows = [(member, *transits.sent[member]) for member in sorted(transits.senders)]
        statements.append(Statement(SENT, columns(rows)))
    if transits.new:
        sent = [(each.index, each.to_shard, each.recipient) for each in transits.new]
        statements.append(Statement(NEW_TRANSITS, (book.shard, *columns(sent))))
    if transits.arrived:
        statements.append(Statement(ARRIVED, columns(transits.arrived)))
    return statements
