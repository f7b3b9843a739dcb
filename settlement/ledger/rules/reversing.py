"""Pure rules on undoing, whole or in parts: the stored slices of an earlier act, never a new search."""

from typing import NamedTuple

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
from settlement.ledger.rules.sharing import undone_of
from settlement.money import WALLET_MAX

ARREARS_MAX = WALLET_MAX
"""Points that a member may owe all partners together; and as many minor units of value."""


class _Part(NamedTuple):
    """Points of one lot of an issue that are undone: those that are still there, those that expired, and those that are spent."""

    lot: Lot
    there: int
    expired: int
    spent: int


def reverse(
    book: Book, house: House, name: ActName, body: Reverse, index: int, now_us: int, refusal: str | None
) -> Ruling:
    """So many points of an issue, a redemption or a capture of the caller, or all that are left, undone."""
    partner = name[0]
    original = book.originals.get((partner, body.original_act_id))
    if original is None:
        return Ruling("reverse", None, refusal or "ORIGINAL_UNKNOWN")
    amount = body.amount or original.left
    if refusal is None and body.amount and body.asset != original.asset:
        refusal = "ASSET_DIFFERS"
    refusal = refusal or _refusal(book, house, original, amount)
    ruling = Ruling("reverse", original.member, refusal, original=original, amount=amount)
    if refusal is not None:
        return ruling
    if original.kind == "issue":
        _undo_issue(book, house, _parts(book, original, amount), index, ruling)
    else:
        _undo_redemption(book, house, partner, original, (index, now_us), ruling)
    book.reverse(original, index, amount)
    return ruling


def _refusal(book: Book, house: House, original: Original, amount: int) -> str | None:
    if original.left == 0:
        return "ALREADY_REVERSED"
    if amount > original.left:
        return "REVERSAL_EXCEEDED"
    wallet = book.wallet(original.member, original.asset)
    if original.kind != "issue":
        return "LIMIT_EXCEEDED" if wallet.most + amount > WALLET_MAX else None
    parts = _parts(book, original, amount)
    if house.tariff.spent is Spent.REFUSE and any(part.spent or part.expired for part in parts):
        return "POINTS_SPENT"
    owed = sum([arrear.remaining for arrear in wallet.arrears])
    owes = sum([part.spent for part in parts])
    too_much = owes > 0 and owed + owes > ARREARS_MAX
    return "LIMIT_EXCEEDED" if too_much and house.tariff.spent is Spent.ARREARS else None


def _parts(book: Book, original: Original, amount: int) -> list[_Part]:
    """What becomes of so many more points of an issue, lot by lot; a lot of which none are undone is left out."""
    quantities = [quantity for _, quantity in original.slices]
    before = undone_of(quantities, original.reversed)
    after = undone_of(quantities, original.reversed + amount)
    parts: list[_Part] = []
    for (name, _), had, has in zip(original.slices, before, after, strict=True):
        lot, points = book.lots[name], has - had
        there = min(points, lot.remaining)
        expired = min(points - there, lot.expired)
        if points:
            parts.append(_Part(lot, there, expired, points - there - expired))
    return parts


def _undo_issue(book: Book, house: House, parts: list[_Part], index: int, ruling: Ruling) -> None:
    """What is still in a lot goes back to its funder; of the rest the tariff says whether the member comes to owe it.

    What expired is not spent: nobody owes it. The funder gets its money back for what goes back or is owed, at the lot's tariff,
    which is the arrear's too; not for what expired, nor for what it bears.
    """
    points: list[Transfer] = []
    money: list[Transfer] = []
    arrears: list[Arrear] = []
    for lot, there, expired, spent in parts:
        issued, owes = chart.issued(lot.funder), spent if house.tariff.spent is Spent.ARREARS else 0
        # Points that were pending may be spendable by now: out of wherever they are.
        points += [Transfer(lot.account, issued, lot.asset, there)] if there else []
        book.count_expired(lot, expired)
        if there:
            book.take(lot, there)
        if owes:
            facts = (lot.member, lot.funder, lot.asset, owes, owes, lot.tariff)
            arrears.append(Arrear(index, len(arrears), *facts))
            book.add_arrear(arrears[-1])
            points.append(Transfer(chart.arrears(lot.member, lot.funder), issued, lot.asset, owes))
        money += money_of_issue_undone(house, *priced([(lot, there + owes)])[0])
    ruling.posts = (*points, *money)
    ruling.taken = tuple([(part.lot.name, part.there) for part in parts if part.there])
    ruling.new_arrears = tuple(arrears)
    ruling.tariff = house.tariff_number if any(part.spent or part.expired for part in parts) else None


def _undo_redemption(
    book: Book, house: House, partner: str, original: Original, at: tuple[int, int], ruling: Ruling
) -> None:
    """Points go back to the lots that they came from, money to the funders; then the member repays what it owes."""
    slices = _slices_to_return(book, original, ruling.amount)
    ruling.posts = (
        Transfer(chart.redeemed(partner), chart.wallet(original.member), original.asset, ruling.amount),
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
