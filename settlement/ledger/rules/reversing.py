"""Pure rules on undoing: the stored slices of an earlier act, never a new search."""

from settlement.house.state import House
from settlement.journal.leaf import Transfer
from settlement.ledger import chart
from settlement.ledger.acts import Reverse
from settlement.ledger.book import Book, Lot, LotName, Original, Slice
from settlement.ledger.rules.expiry import DAY_US
from settlement.ledger.rules.ruling import Ruling
from settlement.money import POINTS, WALLET_MAX


def reverse(
    book: Book, house: House, partner: str, body: Reverse, index: int, now_us: int, refusal: str | None
) -> Ruling:
    """The inverse of all that an issue, a redemption or a capture did, last first."""
    original = book.originals.get((partner, body.original_act_id))
    if refusal is None:
        refusal = "ORIGINAL_UNKNOWN" if original is None else _refusal(book, original)
    if refusal is not None or original is None:
        member = original.member if original is not None else None
        return Ruling("reverse", member, refusal, original=original)
    ruling = Ruling("reverse", original.member, original=original)
    if original.kind == "issue":
        _take(book, original, ruling)
    else:
        ruling.posts = tuple([post.inverse() for post in original.transfers[::-1]])
        grace_ends_us = now_us + house.tariff.grace_days * DAY_US
        _give_back(book, original.slices[::-1], ruling, (index, now_us, grace_ends_us))
    original.reversed = True
    book.reversals.append((original.index, index))
    return ruling


def _take(book: Book, original: Original, ruling: Ruling) -> None:
    """Out of wherever the points are by now: those that were pending may be spendable."""
    ruling.taken = original.slices[::-1]
    for name, quantity in ruling.taken:
        lot = book.lots[name]
        ruling.posts += (Transfer(lot.account, chart.issued(lot.funder), POINTS, quantity),)
        book.take(lot, quantity)


def _give_back(book: Book, slices: tuple[Slice, ...], ruling: Ruling, at: tuple[int, int, int]) -> None:
    """Each slice to its lot; to a new one like it, which ends with the grace, if the lot's date has passed.

    `at`: the entry's number and time, and when the grace ends.
    """
    index, now_us, grace_ends_us = at
    given: list[Slice] = []
    renewed: list[tuple[LotName, Lot]] = []
    for name, quantity in slices:
        lot = book.lots[name]
        if lot.expires_at_us > now_us:
            book.give_back(lot, quantity)
            given.append((name, quantity))
            continue
        new = Lot(
            index,
            len(renewed),
            lot.member,
            lot.funder,
            lot.asset,
            quantity,
            quantity,
            grace_ends_us,
            lot.tariff,
        )
        book.add_lot(new)
        renewed.append((name, new))
    ruling.given, ruling.renewed = tuple(given), tuple(renewed)


def _refusal(book: Book, original: Original) -> str | None:
    if original.reversed:
        return "ALREADY_REVERSED"
    if original.kind == "issue":
        lots = [book.lots[name] for name, _ in original.slices]
        return None if all(lot.remaining == lot.quantity for lot in lots) else "POINTS_SPENT"
    return "LIMIT_EXCEEDED" if book.wallets[original.member].most + original.amount > WALLET_MAX else None
