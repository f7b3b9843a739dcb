"""Pure rules on undoing: the stored slices of an earlier act, never a new search."""

from settlement.ledger.acts import Reverse
from settlement.ledger.book import Book, Original
from settlement.ledger.rules.ruling import Ruling
from settlement.money import WALLET_MAX


def reverse(book: Book, partner: str, body: Reverse, index: int, refusal: str | None) -> Ruling:
    """The inverse of all that an issue, a redemption or a capture did, last first."""
    original = book.originals.get((partner, body.original_act_id))
    if refusal is None:
        refusal = "ORIGINAL_UNKNOWN" if original is None else _refusal(book, original)
    if refusal is not None or original is None:
        member = original.member if original is not None else None
        return Ruling("reverse", member, refusal, original=original)
    slices = original.slices[::-1]
    move = book.take if original.kind == "issue" else book.give_back
    for name, quantity in slices:
        move(book.lots[name], quantity)
    original.reversed = True
    book.reversals.append((original.index, index))
    posts = tuple([post.inverse() for post in original.transfers[::-1]])
    ruling = Ruling("reverse", original.member, None, posts, original=original)
    if original.kind == "issue":
        ruling.taken = slices
    else:
        ruling.given = slices
    return ruling


def _refusal(book: Book, original: Original) -> str | None:
    if original.reversed:
        return "ALREADY_REVERSED"
    if original.kind == "issue":
        lots = [book.lots[name] for name, _ in original.slices]
        return None if all(lot.remaining == lot.quantity for lot in lots) else "POINTS_SPENT"
    return "LIMIT_EXCEEDED" if book.wallets[original.member].most + original.amount > WALLET_MAX else None
