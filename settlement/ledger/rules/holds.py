"""Pure rules on points held for a partner: authorize sets slices aside, capture spends them, void and lapse give them back."""

from collections.abc import Sequence

from settlement.clock import MINUTE_US
from settlement.house.state import House
from settlement.journal.leaf import Transfer
from settlement.ledger import chart
from settlement.ledger.acts import Authorize, Capture, Void
from settlement.ledger.book import Book, Hold, Lot, Original, Slice
from settlement.ledger.rules.arrears import repay
from settlement.ledger.rules.points import points_to_spend
from settlement.ledger.rules.pricing import money_of_redemption, priced
from settlement.ledger.rules.ruling import ActName, Ruling


def authorize(
    book: Book, house: House, name: ActName, body: Authorize, index: int, now_us: int, refusal: str | None
) -> Ruling:
    """Slices of the member's lots set aside for the caller, to be captured at the tariff of now."""
    member, refusal, slices, consent = points_to_spend(book, house, name, body, now_us, refusal)
    if refusal is not None or member is None:
        return Ruling("authorize", member, refusal, consent=consent)
    minutes = min(body.hold_minutes or house.tariff.hold_minutes, house.tariff.hold_minutes)
    until_us = now_us + minutes * MINUTE_US
    taken = tuple([(lot.name, quantity) for lot, quantity in slices])
    facts = (body.amount, house.tariff_number, until_us, taken)
    hold = Hold(index, member, name[0], *facts, asset=body.asset)
    book.open_hold(name, hold)
    book.note_activity(member, now_us)
    posts = (Transfer(chart.wallet(member), chart.held(member), body.asset, body.amount),)
    return Ruling(
        "authorize", member, None, posts, house.tariff_number, taken=taken, until_us=until_us, consent=consent
    )


def capture(
    book: Book, house: House, name: ActName, body: Capture, index: int, now_us: int, refusal: str | None
) -> Ruling:
    """The first points of the hold are spent at its tariff, the others go back to their lots and repay what the member owes."""
    partner, hold = name[0], _find(book, name[0], body.hold_act_id)
    if refusal is None:
        refusal = _why_not_capture(hold, body, now_us)
    if refusal is not None or hold is None:
        return Ruling("capture", hold.member if hold is not None else None, refusal, original=hold)
    spent, given = divided(hold.slices, body.amount)
    book.close_hold(hold, index, given)
    book.note_activity(hold.member, now_us)
    slices = priced(_lots_of(book, spent))
    money = money_of_redemption(house, partner, slices, hold.tariff)
    held, redeemed = chart.held(hold.member), chart.redeemed(partner)
    facts = (body.amount, spent, hold.tariff)
    book.originals[name] = Original(index, "capture", hold.member, *facts, asset=hold.asset)
    spending = Transfer(held, redeemed, hold.asset, body.amount)
    posts = (spending, *money, *_freed(hold, hold.amount - body.amount))
    ruling = Ruling("capture", hold.member, None, posts, hold.tariff, spent=spent, given=given, original=hold)
    return repay(book, house, ruling, _lots_of(book, given), now_us)


def void(
    book: Book, house: House, partner: str, body: Void, at: tuple[int, int], refusal: str | None
) -> Ruling:
    """The caller gives its hold up: all of it goes back. `at`: the entry's number and time."""
    hold = _find(book, partner, body.hold_act_id)
    if refusal is None:
        refusal = _why_not_void(hold)
    if refusal is not None or hold is None:
        return Ruling("void", hold.member if hold is not None else None, refusal, original=hold)
    return _given_back("void", book, house, hold, at)


def lapse(book: Book, house: House, hold: Hold, at: tuple[int, int]) -> Ruling:
    """A hold that has run out: all of it goes back. Nobody asks for it; the entry must not be recorded before `until_us`.

    `at`: the entry's number and time.
    """
    return _given_back("lapse", book, house, hold, at)


def divided(slices: Sequence[Slice], amount: int) -> tuple[tuple[Slice, ...], tuple[Slice, ...]]:
    """Slices that make up the first so many points, and those that make up the rest."""
    first: list[Slice] = []
    rest: list[Slice] = []
    for name, quantity in slices:
        part = min(quantity, amount)
        amount -= part
        first += [(name, part)] if part else []
        rest += [(name, quantity - part)] if part < quantity else []
    return tuple(first), tuple(rest)


def _find(book: Book, partner: str, act_id: str) -> Hold | None:
    number = book.hold_numbers.get((partner, act_id))
    return None if number is None else book.holds[number]


def _why_not_void(hold: Hold | None) -> str | None:
    if hold is None:
        return "HOLD_UNKNOWN"
    return None if hold.is_open else "HOLD_CLOSED"


def _why_not_capture(hold: Hold | None, body: Capture, now_us: int) -> str | None:
    if hold is not None and hold.asset != body.asset:
        return "ASSET_DIFFERS"
    refusal = _why_not_void(hold)
    if refusal is not None or hold is None:
        return refusal
    if now_us >= hold.until_us:
        return "HOLD_EXPIRED"
    return "HOLD_EXCEEDED" if body.amount > hold.amount else None


def _given_back(kind: str, book: Book, house: House, hold: Hold, at: tuple[int, int]) -> Ruling:
    index, now_us = at
    book.close_hold(hold, index, hold.slices)
    ruling = Ruling(kind, hold.member, None, _freed(hold, hold.amount), given=hold.slices, original=hold)
    return repay(book, house, ruling, _lots_of(book, hold.slices), now_us)


def _lots_of(book: Book, slices: Sequence[Slice]) -> list[tuple[Lot, int]]:
    return [(book.lots[name], points) for name, points in slices]


def _freed(hold: Hold, points: int) -> tuple[Transfer, ...]:
    if not points:
        return ()
    return (Transfer(chart.held(hold.member), chart.wallet(hold.member), hold.asset, points),)
