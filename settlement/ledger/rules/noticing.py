"""The pure rule on points that are about to expire: their funders are told, in an entry that moves nothing."""

from collections.abc import Sequence

from settlement.clock import format_time
from settlement.journal.acts import ENGINE_LINE, Draft
from settlement.ledger.book import Book, Lot


def notice(book: Book, member: str, lots: Sequence[Lot]) -> Draft:
    """The entry that tells what is left of these lots of a member, by funder and date, and that they are told of once."""
    points: dict[tuple[str, str, int], int] = {}
    for lot in lots:
        kind = (lot.funder, lot.asset, lot.expires_at_us)
        points[kind] = points.get(kind, 0) + lot.remaining
        book.note_notice(lot)
    told = [
        ("expiring", f"{funder} {asset} {left} {format_time(expires_at_us)}")
        for (funder, asset, expires_at_us), left in points.items()
    ]
    funders = tuple(dict.fromkeys([lot.funder for lot in lots]))
    return Draft("notice", (("member", member), ENGINE_LINE, *told), member=member, concerns=funders)
