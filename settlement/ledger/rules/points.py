"""Pure rules on points put in and taken out: issue, redeem."""

from settlement.errors import BooksError
from settlement.house.state import House
from settlement.journal.leaf import Transfer
from settlement.ledger import chart
from settlement.ledger.acts import Issue, Redeem
from settlement.ledger.book import NEVER_US, Book, Lot, Original
from settlement.ledger.rules.arrears import repay
from settlement.ledger.rules.membership import find
from settlement.ledger.rules.money import money_of_redemption
from settlement.ledger.rules.ruling import ActName, Ruling
from settlement.money import POINTS, WALLET_MAX

SLICES_MAX = 300
"""Lots that one act may consume, so that its leaf stays within bounds."""


def issue(book: Book, house: House, name: ActName, body: Issue, index: int, refusal: str | None) -> Ruling:
    """A new lot, which the caller funds, and which first repays what the member owes."""
    member = find(book, body.name)
    if refusal is None and member is None:
        refusal = "MEMBER_UNKNOWN"
    if refusal is None and member is not None and book.wallets[member].balance + body.amount > WALLET_MAX:
        refusal = "LIMIT_EXCEEDED"
    if refusal is not None or member is None:
        return Ruling("issue", member, refusal)
    partner, amount = name[0], body.amount
    posts = (Transfer(chart.issued(partner), chart.wallet(member), POINTS, amount),)
    lot = Lot(index, 0, member, partner, POINTS, amount, amount, NEVER_US, house.tariff_number)
    book.add_lot(lot)
    book.originals[name] = Original(index, "issue", member, amount, ((lot.name, amount),), lot.tariff)
    return repay(book, house, Ruling("issue", member, None, posts, new_lots=(lot,)), [(lot, amount)])


def redeem(book: Book, house: House, name: ActName, body: Redeem, index: int, refusal: str | None) -> Ruling:
    """Points out of the member's lots; whoever funded them owes the caller."""
    member = find(book, body.name)
    slices: list[tuple[Lot, int]] = []
    if refusal is None:
        refusal, slices = _slices(book, member, body.amount)
    if refusal is not None or member is None:
        return Ruling("redeem", member, refusal)
    partner, tariff = name[0], house.tariff_number
    for lot, quantity in slices:
        book.take(lot, quantity)
    posts = (
        Transfer(chart.wallet(member), chart.redeemed(partner), POINTS, body.amount),
        *money_of_redemption(house, partner, slices, tariff),
    )
    taken = tuple([(lot.name, quantity) for lot, quantity in slices])
    book.originals[name] = Original(index, "redeem", member, body.amount, taken, tariff)
    return Ruling("redeem", member, None, posts, tariff, taken=taken)


def _slices(book: Book, member: str | None, amount: int) -> tuple[str | None, list[tuple[Lot, int]]]:
    """Which lots an amount comes from, soonest expiry first, then oldest; or why not."""
    if member is None:
        return "MEMBER_UNKNOWN", []
    wallet = book.wallets[member]
    if wallet.balance < amount:
        return "INSUFFICIENT_POINTS", []
    slices: list[tuple[Lot, int]] = []
    missing = amount
    for lot in wallet.lots:
        if missing == 0:
            break
        if len(slices) == SLICES_MAX:
            return "TOO_MANY_LOTS", []
        quantity = min(lot.remaining, missing)
        slices.append((lot, quantity))
        missing -= quantity
    if missing:
        raise BooksError(f"the lots of member {member} lack {missing} points of its balance")
    return None, slices
