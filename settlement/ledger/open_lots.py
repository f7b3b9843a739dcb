"""The open lots that a batch reads of a member: those that its acts may come to, in the order of spending, whatever it has."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import TupleRow

from settlement.clock import MINUTE_US
from settlement.ledger.acts import Authorize, LinkAlias, Redeem, TransferPoints
from settlement.ledger.book import Book, Lot
from settlement.ledger.rules.expiry import has_expired, months_idle
from settlement.ledger.rules.points import SLICES_MAX

LOT_COLUMNS = """index, place, member::text, funder, asset, quantity, remaining, expires_at_us, tariff,
    idle_months, pending_until_us, expired, notice_us"""
# Key by key: see `members`. The bounds are each member's own.
OPEN_LOTS = f"""SELECT found.* FROM (SELECT %b::smallint, %b::bigint) AS here (shard, now_us),
    unnest(%b::uuid[], %b::bigint[], %b::smallint[]) AS asked (member, most, idle), LATERAL
    (SELECT {LOT_COLUMNS} FROM lots WHERE shard = here.shard AND member = asked.member AND remaining > 0
    AND expires_at_us > here.now_us AND pending_until_us IS NULL AND (idle_months IS NULL OR idle_months > asked.idle)
    ORDER BY expires_at_us, index, place LIMIT asked.most) AS found"""  # noqa: S608 - made of constants
OVER_LOTS = f"""SELECT found.* FROM (SELECT %b::smallint, %b::bigint) AS here (shard, now_us),
    unnest(%b::uuid[], %b::bigint[], %b::smallint[]) AS asked (member, most, idle), LATERAL
    ((SELECT {LOT_COLUMNS} FROM lots WHERE shard = here.shard AND member = asked.member AND remaining > 0
    AND expires_at_us <= here.now_us ORDER BY expires_at_us, index, place LIMIT asked.most)
    UNION ALL (SELECT {LOT_COLUMNS} FROM lots WHERE shard = here.shard AND member = asked.member AND remaining > 0
    AND idle_months <= asked.idle ORDER BY index, place LIMIT asked.most)) AS found"""  # noqa: S608 - made of constants
FIRST = 8
"""Lots of each spender that are read at once. Mostly that is enough, or all there are."""
MARGIN_US = MINUTE_US
"""Lots that expire while a batch goes on, which takes less than this, are read like those that have expired."""
ALL = 2**62


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
        if isinstance(body, Redeem | TransferPoints | Authorize):
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
    connection: AsyncConnection[TupleRow], shard: int, now_us: int, members: Iterable[str]
) -> AsyncCursor[TupleRow]:
    """Asks for the first lots of each member that are spendable, or may be: nobody knows yet how long it has been idle."""
    names = list(members)
    asked = (names, [FIRST] * len(names), [0] * len(names))
    return await connection.execute(OPEN_LOTS, (shard, now_us, *asked))


async def put_into(
    book: Book,
    first: AsyncCursor[TupleRow],
    connection: AsyncConnection[TupleRow],
    now_us: int,
    demands: Mapping[str, Demand],
) -> None:
    """Puts the first lots into the wallets and, where they do not meet the demand, as many more as it may come to.

    Members without a wallet in this book are passed over. Lots that the book has by name already stand in their wallets too.
    """
    last = add(book, await first.fetchall())
    fill_wallets(book)
    later_us = now_us + MARGIN_US
    short = [
        member
        for member in demands
        if member in book.wallets and _is_short(book, member, later_us, demands[member], last.get(member))
    ]
    if short:
        idle = idleness_of(book, short, later_us)
        # One lot more than can be used shows that there are too many.
        most = [demands[member].lots + 1 for member in short]
        async with connection.pipeline():
            further = await connection.execute(OPEN_LOTS, (book.shard, later_us, short, most, idle))
            over = await connection.execute(
                OVER_LOTS, (book.shard, later_us, short, [ALL] * len(short), idle)
            )
        add(book, await further.fetchall())
        add(book, await over.fetchall())
        fill_wallets(book)


def fill_wallets(book: Book) -> None:
    """Puts every open lot that was read into its member's wallet."""
    lots: dict[str, list[Lot]] = {}
    for lot in book.lots.values():
        if lot.remaining:
            lots.setdefault(lot.member, []).append(lot)
    for member, own in lots.items():
        if member in book.wallets:
            book.wallets[member].lots = sorted(own)


def idleness_of(book: Book, members: Iterable[str], now_us: int) -> list[int]:
    """For how many months each member has done nothing; 0 of one whose activity nobody keeps."""
    wallets = [book.wallets[member] for member in members]
    return [
        0 if wallet.active_at_us is None else months_idle(wallet.active_at_us, now_us) for wallet in wallets
    ]


def add(book: Book, rows: Iterable[tuple[Any, ...]]) -> dict[str, Lot]:
    """Puts lots that were read into the book, where it does not have them yet; returns the last one of each member."""
    last: dict[str, Lot] = {}
    for row in rows:
        found = Lot(*row)
        book.lots.setdefault(found.name, found)
        last[found.member] = found
    return last


def _is_short(book: Book, member: str, later_us: int, demand: Demand, last: Lot | None) -> bool:
    """Whether the lots up to the last one that was read lack points. After it there may be others before those known by name."""
    wallet = book.wallets[member]
    living = [
        lot.remaining
        for lot in wallet.lots
        if last is not None
        and not last < lot
        and lot.pending_until_us is None
        and not has_expired(lot, wallet, later_us)
    ]
    return sum(living) < min(demand.points, wallet.balance)
