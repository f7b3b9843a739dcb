"""The pure rule on pending points that their issuer releases."""

from settlement.house.state import House
from settlement.journal.leaf import Transfer
from settlement.ledger import chart
from settlement.ledger.acts import Release
from settlement.ledger.book import Book, Lot, Original
from settlement.ledger.rules.arrears import repay
from settlement.ledger.rules.expiry import has_expired
from settlement.ledger.rules.ruling import Ruling


def release(
    book: Book, house: House, partner: str, body: Release, now_us: int, refusal: str | None
) -> Ruling:
    """What is left of an issue that is pending becomes spendable, and first repays what the member owes."""
    original = book.originals.get((partner, body.original_act_id))
    if original is not None and original.kind != "issue":
        original = None
    if refusal is None:
        refusal = "ORIGINAL_UNKNOWN" if original is None else _refusal(book, original, now_us)
    if refusal is not None or original is None:
        member = original.member if original is not None else None
        return Ruling("release", member, refusal, original=original)
    lots = [lot for lot in _lots(book, original) if lot.remaining]
    credited = [(lot, lot.remaining) for lot in lots]
    freed = tuple([(lot.name, points) for lot, points in credited])
    member, points = original.member, sum(points for _, points in credited)
    for lot in lots:
        book.free(lot)
    posts = (Transfer(chart.pending(member), chart.wallet(member), original.asset, points),)
    ruling = Ruling("release", member, None, posts, freed=freed, original=original)
    return repay(book, house, ruling, credited, now_us)


def _refusal(book: Book, original: Original, now_us: int) -> str | None:
    wallet, lots = book.wallet(original.member, original.asset), _lots(book, original)
    if any(lot.pending_until_us is None for lot in lots):
        return "ALREADY_RELEASED"
    if original.left == 0:
        return "ALREADY_REVERSED"
    gone = all(lot.remaining == 0 or has_expired(lot, wallet, now_us) for lot in lots)
    return "LOT_EXPIRED" if gone else None


def _lots(book: Book, original: Original) -> list[Lot]:
    return [book.lots[name] for name, _ in original.slices]
