"""The open lots that a batch reads of a member: those that its acts may come to, in the order of spending, whatever it has."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import TupleRow

from settlement.clock import MINUTE_US
from settlement.ledger.acts import OF_AN_ASSET, Authorize, LinkAlias, Redeem, TransferPoints
from settlement.ledger.book import Book, Lot
from settlement.ledger.rules.expiry import has_expired, months_idle
from settlement.ledger.rules.points import SLICES_MAX
from settlement.ledger.writing import columns
from settlement.money import ASSETS, POINTS, VALUE

LOT_COLUMNS = """index, place, member::text, funder, asset, quantity, remaining, expires_at_us, tariff,
    idle_months, pending_until_us, expired, notice_us"""
# Key by key: see `members`. The bounds are each member's own.
OPEN_LOTS = f"""SELECT found.* FROM (SELECT %b::smallint, %b::bigint) AS here (shard, now_us),
    unnest(%b::uuid[], %b::text[], %b::bigint[], %b::smallint[]) AS asked (member, asset, most, idle), LATERAL
    (SELECT {LOT_COLUMNS} FROM lots WHERE shard = here.shard AND member = asked.member AND asset = asked.asset AND remaining > 0
    AND expires_at_us > here.now_us AND pending_until_us IS NULL AND (idle_months IS NULL OR idle_months > asked.idle)
    ORDER BY expires_at_us, index, place LIMIT asked.most) AS found"""  # noqa: S608 - made of constants
OVER_LOTS = f"""SELECT found.* FROM (SELECT %b::smallint, %b::bigint) AS here (shard, now_us),
    unnest(%b::uuid[], %b::text[], %b::bigint[], %b::smallint[]) AS asked (member, asset, most, idle), LATERAL
    ((SELECT {LOT_COLUMNS} FROM lots WHERE shard = here.shard AND member = asked.member AND asset = asked.asset AND remaining > 0
    AND expires_at_us <= here.now_us ORDER BY expires_at_us, index, place LIMIT asked.most)
    UNION ALL (SELECT {LOT_COLUMNS} FROM lots WHERE shard = here.shard AND member = asked.member AND asset = asked.asset
    AND remaining > 0 AND idle_months <= asked.idle ORDER BY index, place LIMIT asked.most)) AS found"""  # noqa: S608 - made of constants
FIRST = 8
"""Lots of each spender that are read at once. Mostly that is enough, or all there are."""
MARGIN_US = MINUTE_US
"""Lots that expire while a batch goes on, which takes less than this, are read like those that have expired."""
ALL = 2**62
WalletName: TypeAlias = tuple[str, str]
"""A member, and an asset that it may have."""


@dataclass(slots=True)
class Demand:
    """What the acts of a batch may take out of one member's lots: points in all, and from how many lots at most."""

    points: int = 0
    lots: int = 0

    def add(self, points: int, lots: int) -> None:
        """One more act."""
        self.points += points
        self.lots += lots


def assets_of(bodies: Iterable[object], book: Book) -> tuple[str, ...]:
    """What of members is to be read: their points; their value too if any act is about value, or goes back to one that was."""
    assets = [body.asset for body in bodies if isinstance(body, OF_AN_ASSET)]
    assets += [original.asset for original in book.originals.values()]
    assets += [hold.asset for hold in book.holds.values()]
    return ASSETS if VALUE in assets else (POINTS,)


def demands_of(bodies: Iterable[object], book: Book) -> dict[WalletName, Demand]:
    """The demand on what each member has of an asset whose lots an act may use. Aliases and originals must be in the book.

    The end of a hold takes nothing: it gives back to lots that the book has by name.
    """
    demands: dict[WalletName, Demand] = {}
    linking: dict[str, Demand] = {}
    linked: set[str] = set()
    for body in bodies:
        if isinstance(body, Redeem | TransferPoints | Authorize):
            alias = body.name.alias
            member = body.name.member if alias is None else book.aliases.get(alias)
            if member is None:
                # An alias that nobody has yet may be one that an earlier act of the batch links.
                demand = linking.setdefault(body.asset, Demand())
            else:
                demand = demands.setdefault((member, body.asset), Demand())
            demand.add(body.amount, SLICES_MAX)
        elif isinstance(body, LinkAlias):
            linked.add(body.member)
    for original in book.originals.values():
        name = (original.member, original.asset)
        demands.setdefault(name, Demand()).add(original.amount, len(original.slices))
    for member in linked:
        for asset, demand in linking.items():
            demands.setdefault((member, asset), Demand()).add(demand.points, demand.lots)
    return demands


async def ask_first(
    connection: AsyncConnection[TupleRow], shard: int, now_us: int, names: Collection[WalletName]
) -> AsyncCursor[TupleRow]:
    """Asks for the first lots of each wallet that are spendable, or may be: nobody knows yet for how long members were idle."""
    asked = (*columns(names), [FIRST] * len(names), [0] * len(names))
    return await connection.execute(OPEN_LOTS, (shard, now_us, *asked))


async def put_into(
    book: Book,
    first: AsyncCursor[TupleRow],
    connection: AsyncConnection[TupleRow],
    now_us: int,
    demands: Mapping[WalletName, Demand],
) -> None:
    """Puts the first lots into the wallets and, where they do not meet the demand, as many more as it may come to.

    Members without a wallet in this book are passed over. Lots that the book has by name already stand in their wallets too.
    """
    last = add(book, await first.fetchall())
    fill_wallets(book)
    later_us = now_us + MARGIN_US
    short = [
        name
        for name, demand in demands.items()
        if name[0] in book.wallets and _is_short(book, name, later_us, demand, last.get(name))
    ]
    if short:
        idle = idleness_of(book, [member for member, _ in short], later_us)
        # One lot more than can be used shows that there are too many.
        most = [demands[name].lots + 1 for name in short]
        asked, at = columns(short), (book.shard, later_us)
        async with connection.pipeline():
            further = await connection.execute(OPEN_LOTS, (*at, *asked, most, idle))
            over = await connection.execute(OVER_LOTS, (*at, *asked, [ALL] * len(short), idle))
        add(book, await further.fetchall())
        add(book, await over.fetchall())
        fill_wallets(book)


def fill_wallets(book: Book) -> None:
    """Puts every open lot that was read into its member's wallet."""
    lots: dict[WalletName, list[Lot]] = {}
    for lot in book.lots.values():
        if lot.remaining:
            lots.setdefault((lot.member, lot.asset), []).append(lot)
    for (member, asset), own in lots.items():
        if member in book.wallets:
            book.wallet(member, asset).lots = sorted(own)


def idleness_of(book: Book, members: Iterable[str], now_us: int) -> list[int]:
    """For how many months each member has done nothing; 0 of one whose activity nobody keeps."""
    wallets = [book.wallets[member] for member in members]
    return [
        0 if wallet.active_at_us is None else months_idle(wallet.active_at_us, now_us) for wallet in wallets
    ]


def add(book: Book, rows: Iterable[tuple[Any, ...]]) -> dict[WalletName, Lot]:
    """Puts lots that were read into the book, where it does not have them yet; returns the last one of each wallet."""
    last: dict[WalletName, Lot] = {}
    for row in rows:
        found = Lot(*row)
        book.lots.setdefault(found.name, found)
        last[found.member, found.asset] = found
    return last


def _is_short(book: Book, name: WalletName, later_us: int, demand: Demand, last: Lot | None) -> bool:
    """Whether the lots up to the last one that was read lack points. After it there may be others before those known by name."""
    wallet = book.wallet(*name)
    read = [] if last is None else [lot for lot in wallet.lots if not last < lot]
    living = [
        lot.remaining
        for lot in read
        if lot.pending_until_us is None and not has_expired(lot, wallet, later_us)
    ]
    return sum(living) < min(demand.points, wallet.balance)
