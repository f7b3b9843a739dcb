"""The open lots that a batch reads of a member: those that its acts may come to, in the order of spending, whatever it has."""

from bisect import insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import TupleRow

from settlement.ledger.acts import Authorize, LinkAlias, Redeem
from settlement.ledger.book import Book, Lot
from settlement.ledger.rules.points import SLICES_MAX

# Key by key: see `members`. The bounds are each member's own.
OPEN_LOTS = """SELECT found.* FROM (SELECT %b::smallint) AS here (shard),
    unnest(%b::uuid[], %b::bigint[], %b::bigint[]) AS asked (member, skipped, most), LATERAL
    (SELECT index, place, member::text, funder, asset, quantity, remaining, expires_at_us, tariff FROM lots
    WHERE shard = here.shard AND member = asked.member AND remaining > 0
    ORDER BY expires_at_us, index, place OFFSET asked.skipped LIMIT asked.most) AS found"""
FIRST = 8
"""Lots of each spender that are read at once. Mostly that is enough, or all there are."""


@dataclass(slots=True)
class Demand:
    """What the acts of a batch may take out of one member's lots: points in all, and from how many lots at most."""

    points: int = 0
    lots: int = 0

    def add(self, points: int, lots: int) -> None:
        """One more act."""
        self.points += points
        self.lots += lots


def demands_of(bodies: Iterable[object], book: Book) -> dict[str, Demand]:
    """The demand on each member whose lots an act may use. Aliases and originals must be in the book.

    The end of a hold takes nothing: it gives back to lots that the book has by name.
    """
    demands: dict[str, Demand] = {}
    linking = Demand()
    for body in bodies:
        if isinstance(body, Redeem | Authorize):
            alias = body.name.alias
            member = body.name.member if alias is None else book.aliases.get(alias)
            # An alias that nobody has yet may be one that an earlier act of the batch links.
            demand = linking if member is None else demands.setdefault(member, Demand())
            demand.add(body.amount, SLICES_MAX)
        elif isinstance(body, LinkAlias):
            demands.setdefault(body.member, Demand())
    for original in book.originals.values():
        demands.setdefault(original.member, Demand()).add(original.amount, len(original.slices))
    for member in {body.member for body in bodies if isinstance(body, LinkAlias)}:
        demands[member].add(linking.points, linking.lots)
    return demands


async def ask_first(
    connection: AsyncConnection[TupleRow], shard: int, members: Iterable[str]
) -> AsyncCursor[TupleRow]:
    """Asks for the first lots of each member."""
    names = list(members)
    return await connection.execute(OPEN_LOTS, (shard, names, [0] * len(names), [FIRST] * len(names)))


async def put_into(
    book: Book,
    first: AsyncCursor[TupleRow],
    connection: AsyncConnection[TupleRow],
    demands: Mapping[str, Demand],
) -> None:
    """Puts the first lots into the wallets and, where they do not meet the demand, as many more as it may come to.

    Members without a wallet in this book are passed over. Lots that the book has by name already stand in their wallets too.
    """
    _add(book, await first.fetchall())
    short = [
        member for member in demands if member in book.wallets and _is_short(book, member, demands[member])
    ]
    if short:
        # One lot more than can be used shows that there are too many.
        most = [demands[member].lots + 1 for member in short]
        further = await connection.execute(OPEN_LOTS, (book.shard, short, [FIRST] * len(short), most))
        _add(book, await further.fetchall())
    for lot in book.lots.values():
        wallet = book.wallets.get(lot.member)
        if wallet is not None and lot.remaining and lot not in wallet.lots:
            insort(wallet.lots, lot)


def _add(book: Book, rows: Iterable[tuple[Any, ...]]) -> None:
    for row in rows:
        found = Lot(*row)
        lot = book.lots.setdefault(found.name, found)
        if lot.member in book.wallets:
            book.wallets[lot.member].lots.append(lot)


def _is_short(book: Book, member: str, demand: Demand) -> bool:
    wallet = book.wallets[member]
    return sum([lot.remaining for lot in wallet.lots]) < min(demand.points, wallet.balance)
