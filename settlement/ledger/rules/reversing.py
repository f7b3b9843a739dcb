"""Pure rules on undoing, whole or in parts: the stored slices of an earlier act, never a new search."""

from settlement.house.state import House
from settlement.house.tariff import Spent, Tariff
from settlement.journal.leaf import Transfer
from settlement.ledger import chart
from settlement.ledger.acts import Reverse
from settlement.ledger.book import Arrear, Book, Lot, LotName, Original, Slice
from settlement.ledger.rules.arrears import repay
from settlement.ledger.rules.expiry import DAY_US, notice_of
from settlement.ledger.rules.pricing import money_of_issue_undone, money_of_redemption_undone, priced
from settlement.ledger.rules.ruling import ActName, Ruling
from settlement.money import POINTS, WALLET_MAX

ARREARS_MAX = WALLET_MAX
"""Points that a member may owe all partners together."""


def reverse(
    book: Book, house: House, name: ActName, body: Reverse, index: int, now_us: int, refusal: str | None
) -> Ruling:
    """So many points of an issue, a redemption or a capture of the caller, or all that are left, undone."""
    partner = name[0]
    original = book.originals.get((partner, body.original_act_id))
    if original is None:
        return Ruling("reverse", None, refusal or "ORIGINAL_UNKNOWN")
    amount = body.amount or original.left
    refusal = refusal or _refusal(book, house, original, amount)
    ruling = Ruling("reverse", original.member, refusal, original=original, amount=amount)
    if refusal is not None:
        return ruling
    if original.kind == "issue":
        _undo_issue(book, house, partner, original, index, ruling)
    else:
        _undo_redemption(book, house, partner, original, (index, now_us), ruling)
    book.reverse(original, index, amount)
    return ruling


def _refusal(book: Book, house: House, original: Original, amount: int) -> str | None:
    if original.left == 0:
        return "ALREADY_REVERSED"
    if amount > original.left:
        return "REVERSAL_EXCEEDED"
    wallet = book.wallets[original.member]
    if original.kind != "issue":
        return "LIMIT_EXCEEDED" if wallet.most + amount > WALLET_MAX else None
    spent = amount - _there(book, original, amount)
    if spent and house.tariff.spent is Spent.REFUSE:
        return "POINTS_SPENT"
    owed = sum([arrear.remaining for arrear in wallet.arrears])
    owes = spent - min(spent, book.lots[original.slices[0][0]].expired)
    too_much = owes > 0 and owed + owes > ARREARS_MAX
    return "LIMIT_EXCEEDED" if too_much and house.tariff.spent is Spent.ARREARS else None


def _there(book: Book, original: Original, amount: int) -> int:
    """How many of so many points of an issue are still in its lot."""
    return min(amount, book.lots[original.slices[0][0]].remaining)


def _undo_issue(
    book: Book, house: House, partner: str, original: Original, index: int, ruling: Ruling
) -> None:
    """What is still in the lot goes back to its issuer; of the rest the tariff says whether the member comes to owe it.

    What expired is not spent: nobody owes it. The issuer gets its money back for what goes back or is owed, at the lot's tariff,
    which is the arrear's too; not for what expired, nor for what it bears.
    """
    lot, there = book.lots[original.slices[0][0]], _there(book, original, ruling.amount)
    issued, spent = chart.issued(partner), ruling.amount - there
    expired = min(spent, lot.expired)
    book.count_expired(lot, expired)
    owes = spent - expired if house.tariff.spent is Spent.ARREARS else 0
    if there:
        # Points that were pending may be spendable by now: out of wherever they are.
        ruling.posts += (Transfer(lot.account, issued, POINTS, there),)
        ruling.taken = ((lot.name, there),)
        book.take(lot, there)
    if owes:
        arrear = Arrear(index, 0, lot.member, partner, lot.asset, owes, owes, lot.tariff)
        book.add_arrear(arrear)
        ruling.new_arrears = (arrear,)
        ruling.posts += (Transfer(chart.arrears(lot.member, partner), issued, POINTS, owes),)
    ruling.tariff = house.tariff_number if spent else None
    ruling.posts += money_of_issue_undone(house, partner, there + owes, lot.tariff)


def _undo_redemption(
    book: Book, house: House, partner: str, original: Original, at: tuple[int, int], ruling: Ruling
) -> None:
    """Points go back to the lots that they came from, money to the funders; then the member repays what it owes."""
    slices = _slices_to_return(book, original, ruling.amount)
    ruling.posts = (
        Transfer(chart.redeemed(partner), chart.wallet(original.member), POINTS, ruling.amount),
        *money_of_redemption_undone(house, partner, priced(slices), original.tariff),
    )
    repay(book, house, ruling, _give_back(book, slices, at, house.tariff, ruling), at[1])


def _give_back(
    book: Book, slices: list[tuple[Lot, int]], at: tuple[int, int], terms: Tariff, ruling: Ruling
) -> list[tuple[Lot, int]]:
    """Each slice to its lot; to a new one like it, which ends with the grace, if the lot's date has passed. Which lots they are.

    `at`: the entry's number and time. `terms`: those in force, which give the grace.
    """
    index, now_us = at
    grace_ends_us = now_us + terms.grace_days * DAY_US
    notice_us = notice_of(grace_ends_us, terms.notice_days, now_us)
    credited: list[tuple[Lot, int]] = []
    given: list[Slice] = []
    renewed: list[tuple[LotName, Lot]] = []
    for lot, quantity in slices:
        if lot.expires_at_us > now_us:
            book.give_back(lot, quantity)
            given.append((lot.name, quantity))
            credited.append((lot, quantity))
            continue
        facts = (lot.member, lot.funder, lot.asset, quantity, quantity, grace_ends_us, lot.tariff)
        new = Lot(index, len(renewed), *facts, notice_us=notice_us)
        book.add_lot(new)
        renewed.append((lot.name, new))
        credited.append((new, quantity))
    ruling.given, ruling.renewed = tuple(given), tuple(renewed)
    return credited


def _slices_to_return(book: Book, original: Original, amount: int) -> list[tuple[Lot, int]]:
    """The points consumed last that earlier reversals have not returned, slice by slice."""
    slices: list[tuple[Lot, int]] = []
    returned, missing = original.reversed, amount
    for name, quantity in original.slices[::-1]:
        there = quantity - min(quantity, returned)
        returned -= quantity - there
        points = min(there, missing)
        missing -= points
        if points:
            slices.append((book.lots[name], points))
    return slices
