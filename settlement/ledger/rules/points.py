"""Pure rules on points put in and taken out: issue, redeem."""

from settlement.errors import BooksError
from settlement.house.state import House
from settlement.journal.leaf import Transfer
from settlement.ledger import chart
from settlement.ledger.acts import Authorize, Consent, Issue, Redeem
from settlement.ledger.book import Book, Lot, Original, Wallet
from settlement.ledger.rules.arrears import repay
from settlement.ledger.rules.expiry import expiry_of, has_expired, notice_of
from settlement.ledger.rules.membership import find
from settlement.ledger.rules.pricing import money_of_issue, money_of_redemption, priced
from settlement.ledger.rules.proofs import consent_to_spend, use_up
from settlement.ledger.rules.ruling import ActName, Ruling
from settlement.ledger.rules.sharing import Part, parts_of_issue
from settlement.money import POINTS, WALLET_MAX

SLICES_MAX = 200
"""Lots that one act may consume, so that its leaf stays within bounds."""


def issue(
    book: Book, house: House, name: ActName, body: Issue, index: int, now_us: int, refusal: str | None
) -> Ruling:
    """A new lot for each who funds it and pays for it: pending if that is asked, else they first repay what the member owes."""
    member = find(book, body.name)
    parts = parts_of_issue(house, name[0], body.campaign, body.amount, now_us)
    if refusal is None:
        refusal = _why_not_issue(book, member, body.amount, parts)
    if refusal is not None or member is None:
        return Ruling("issue", member, refusal)
    pending = body.pending_until_us if (body.pending_until_us or 0) > now_us else None
    lots = _new_lots(house, member, parts, (index, now_us), pending)
    put_in = [Transfer(chart.issued(lot.funder), lot.account, POINTS, lot.quantity) for lot in lots]
    money = [post for lot in lots for post in money_of_issue(house, lot.funder, lot.quantity, lot.tariff)]
    for lot in lots:
        book.add_lot(lot)
    book.note_activity(member, now_us)
    slices = tuple([(lot.name, lot.quantity) for lot in lots])
    book.originals[name] = Original(index, "issue", member, body.amount, slices, house.tariff_number)
    ruling = Ruling("issue", member, None, (*put_in, *money), new_lots=lots)
    credited = [(lot, lot.quantity) for lot in lots]
    return ruling if pending is not None else repay(book, house, ruling, credited, now_us)


def _why_not_issue(book: Book, member: str | None, amount: int, parts: list[Part]) -> str | None:
    if member is None:
        return "MEMBER_UNKNOWN"
    if not parts:
        return "CAMPAIGN_UNKNOWN"
    return "LIMIT_EXCEEDED" if book.wallets[member].most + amount > WALLET_MAX else None


def _new_lots(
    house: House, member: str, parts: list[Part], at: tuple[int, int], pending: int | None
) -> tuple[Lot, ...]:
    """One lot for each part. `at`: the entry's number and time."""
    index, now_us = at
    date_us, idle = expiry_of(house.tariff.expiry, now_us)
    notice_us = notice_of(date_us, house.tariff.notice_days, now_us)
    life = (date_us, house.tariff_number, idle, pending)
    return tuple(
        [
            Lot(index, place, member, funder, POINTS, points, points, *life, notice_us=notice_us)
            for place, (funder, points) in enumerate(parts)
        ]
    )


def redeem(
    book: Book, house: House, name: ActName, body: Redeem, index: int, now_us: int, refusal: str | None
) -> Ruling:
    """Points out of the member's lots, for which the caller is paid."""
    member, refusal, slices, consent = points_to_spend(book, house, name, body, now_us, refusal)
    if refusal is not None or member is None:
        return Ruling("redeem", member, refusal, consent=consent)
    partner, tariff = name[0], house.tariff_number
    book.note_activity(member, now_us)
    for lot, quantity in slices:
        book.take(lot, quantity)
    posts = (
        Transfer(chart.wallet(member), chart.redeemed(partner), POINTS, body.amount),
        *money_of_redemption(house, partner, priced(slices), tariff),
    )
    taken = tuple([(lot.name, quantity) for lot, quantity in slices])
    book.originals[name] = Original(index, "redeem", member, body.amount, taken, tariff)
    return Ruling("redeem", member, None, posts, tariff, taken=taken, consent=consent)


def points_to_spend(
    book: Book, house: House, name: ActName, body: Redeem | Authorize, now_us: int, refusal: str | None
) -> tuple[str | None, str | None, list[tuple[Lot, int]], Consent | None]:
    """Whose points are asked for; why not, or else which; and the consent that holds, which is used up if they are spent."""
    member, consent = find(book, body.name), None
    slices: list[tuple[Lot, int]] = []
    if refusal is None:
        refusal = consent_to_spend(book, house, name, body, member)
        consent = body.proof if refusal is None and member is not None else None
    if refusal is None:
        refusal, slices = slices_of(book, member, body.amount, now_us)
    if refusal is None and member is not None:
        use_up(book, member, consent)
    return member, refusal, slices, consent


def slices_of(
    book: Book, member: str | None, amount: int, now_us: int
) -> tuple[str | None, list[tuple[Lot, int]]]:
    """Which lots an amount comes from, soonest expiry first, then oldest; or why not. BooksError if lots lack points."""
    if member is None:
        return "MEMBER_UNKNOWN", []
    wallet = book.wallets[member]
    if wallet.balance < amount:
        return "INSUFFICIENT_POINTS", []
    slices: list[tuple[Lot, int]] = []
    missing = amount
    for lot in wallet.lots:
        if missing == 0 or len(slices) == SLICES_MAX:
            break
        if _is_spendable(lot, wallet, now_us):
            quantity = min(lot.remaining, missing)
            slices.append((lot, quantity))
            missing -= quantity
    if missing == 0:
        return None, slices
    # A book holds all lots that are over, but of the others no more than may be used: what lives is the rest.
    if wallet.balance - _over(wallet, now_us) < amount:
        return "LOT_EXPIRED", []
    if len(slices) == SLICES_MAX:
        return "TOO_MANY_LOTS", []
    raise BooksError(f"the lots of member {member} lack {missing} points of its balance")


def _is_spendable(lot: Lot, wallet: Wallet, now_us: int) -> bool:
    return lot.pending_until_us is None and not has_expired(lot, wallet, now_us)


def _over(wallet: Wallet, now_us: int) -> int:
    """Points that have expired and stand in the balance until the worker comes."""
    return sum(
        [
            lot.remaining
            for lot in wallet.lots
            if lot.pending_until_us is None and has_expired(lot, wallet, now_us)
        ]
    )
