"""Pure rules on points whose time has come: they expire, become spendable, or their funders are told that they will expire.

Nobody asks for it: the entry is the engine's.

An entry sees to the first lots of one member whose time has come by the entry's own time, to those that expire before all others:
so there is only one that can stand at its place.
"""

from collections.abc import Iterable

from settlement.house.state import House
from settlement.journal.acts import Draft
from settlement.journal.leaf import Transfer
from settlement.ledger import chart
from settlement.ledger.book import Book, Lot, Wallet
from settlement.ledger.rules.arrears import repay
from settlement.ledger.rules.expiry import has_expired, moment_of
from settlement.ledger.rules.noticing import notice
from settlement.ledger.rules.points import SLICES_MAX
from settlement.ledger.rules.pricing import money_of_expiry, priced
from settlement.ledger.rules.ruling import Ruling, spelled_by_engine
from settlement.money import ASSETS


def see_to(book: Book, house: House, member: str, now_us: int) -> tuple[Draft, int] | None:
    """The `expire`, or else the `mature`, or else the `notice` that is due for a member, and when the last of its lots fell due.

    Of its points, or else of its value. None if nothing is. LookupError for a member that is not in the book.
    """
    for asset in ASSETS:
        found = _see_to(book, house, member, book.wallet(member, asset), now_us)
        if found is not None:
            return found
    return None


def _see_to(book: Book, house: House, member: str, wallet: Wallet, now_us: int) -> tuple[Draft, int] | None:
    expired = _first(lot for lot in wallet.lots if has_expired(lot, wallet, now_us))
    if expired:
        due_us = max([moment_of(lot, wallet) for lot in expired])
        funders = tuple(dict.fromkeys([lot.funder for lot in expired]))
        return spelled_by_engine(book.shard, _expire(book, house, member, expired), (), funders), due_us
    coming = _first(lot for lot in wallet.lots if (lot.pending_until_us or now_us + 1) <= now_us)
    if coming:
        due_us = max([lot.pending_until_us or 0 for lot in coming])
        return spelled_by_engine(book.shard, _mature(book, house, member, coming, now_us), ()), due_us
    ending = _first(lot for lot in wallet.lots if (lot.notice_us or now_us + 1) <= now_us)
    if ending:
        due_us = max([lot.notice_us or 0 for lot in ending])
        return notice(book, member, ending), due_us
    return None


def _expire(book: Book, house: House, member: str, lots: list[Lot]) -> Ruling:
    """Ends points, for whoever funded them."""
    slices = priced([(lot, lot.remaining) for lot in lots])
    points = _posts((lot.account, chart.expired(lot.funder), lot) for lot in lots)
    posts = (*points, *money_of_expiry(house, slices))
    taken = tuple([(lot.name, lot.remaining) for lot in lots])
    for lot in lots:
        book.expire(lot)
    return Ruling("expire", member, None, posts, taken=taken)


def _mature(book: Book, house: House, member: str, lots: list[Lot], now_us: int) -> Ruling:
    """Makes points spendable that were pending until now; they first repay what the member owes."""
    posts = _posts((chart.pending(member), chart.wallet(member), lot) for lot in lots)
    credited = [(lot, lot.remaining) for lot in lots]
    for lot in lots:
        book.free(lot)
    freed = tuple([(lot.name, points) for lot, points in credited])
    return repay(book, house, Ruling("mature", member, None, posts, freed=freed), credited, now_us)


def _first(lots: Iterable[Lot]) -> list[Lot]:
    return list(lots)[:SLICES_MAX]


def _posts(moves: Iterable[tuple[str, str, Lot]]) -> tuple[Transfer, ...]:
    """All points of the lots, one posting for each two accounts."""
    sums: dict[tuple[str, str, str], int] = {}
    for debit, credit, lot in moves:
        pair = (debit, credit, lot.asset)
        sums[pair] = sums.get(pair, 0) + lot.remaining
    return tuple([Transfer(*pair, points) for pair, points in sums.items()])
