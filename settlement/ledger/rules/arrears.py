"""Pure rules on arrears: what a member owes is repaid, oldest first, from every later credit to its wallet."""

from collections.abc import Sequence
from typing import TypeAlias

from settlement.house.state import House
from settlement.journal.leaf import Transfer
from settlement.ledger import chart
from settlement.ledger.book import Arrear, Book, Lot
from settlement.ledger.rules.expiry import has_expired
from settlement.ledger.rules.pricing import Priced, money_of_repayment
from settlement.ledger.rules.ruling import Ruling

REPAYMENTS_MAX = 8
"""Parts of lots that repay arrears in one entry, so that its leaf stays within bounds; what is left waits for the next credit."""
_Piece: TypeAlias = tuple[Lot, Arrear, int]


def repay(
    book: Book, house: House, ruling: Ruling, credited: Sequence[tuple[Lot, int]], now_us: int
) -> Ruling:
    """The ruling with what the member repays of its arrears out of the points that its wallet was just credited, in their order.
    Value repays what is owed of value.

    A partner to which points are owed gets them, and the money of `money_of_repayment` moves, at the tariff that prices the
    entry anyway, or else at the one in force. Points that are over repay nothing: they only wait for their `expire`.
    """
    if not credited:
        return ruling
    member = credited[0][0].member
    wallet = book.wallet(member, credited[0][0].asset)
    if not wallet.arrears:
        return ruling
    living = [(lot, points) for lot, points in credited if not has_expired(lot, wallet, now_us)]
    pieces = _pieces(wallet.arrears, living)
    if not pieces:
        return ruling
    tariff = house.tariff_number if ruling.tariff is None else ruling.tariff
    taken: dict[tuple[int, int], int] = {}
    repaid: dict[tuple[int, int], int] = {}
    for lot, arrear, quantity in pieces:
        book.take(lot, quantity)
        book.repay(arrear, quantity)
        taken[lot.name] = taken.get(lot.name, 0) + quantity
        repaid[arrear.name] = repaid.get(arrear.name, 0) + quantity
    ruling.posts += _posts(house, member, pieces, tariff)
    ruling.taken += tuple(taken.items())
    ruling.repaid, ruling.tariff = tuple(repaid.items()), tariff
    return ruling


def _pieces(arrears: Sequence[Arrear], credited: Sequence[tuple[Lot, int]]) -> list[_Piece]:
    """Which points repay which arrear: each slice the oldest that is not repaid yet."""
    pieces: list[_Piece] = []
    owing = iter(arrears)
    arrear = next(owing, None)
    missing = arrear.remaining if arrear is not None else 0
    for lot, there in credited:
        while there and arrear is not None and len(pieces) < REPAYMENTS_MAX:
            quantity = min(there, missing)
            pieces.append((lot, arrear, quantity))
            there -= quantity
            missing -= quantity
            if missing == 0:
                arrear = next(owing, None)
                missing = arrear.remaining if arrear is not None else 0
    return pieces


def _posts(house: House, member: str, pieces: Sequence[_Piece], tariff: int) -> tuple[Transfer, ...]:
    """For each partner that is repaid, the oldest arrear's first: its points, then their money."""
    found: dict[str, list[tuple[Priced, int]]] = {}
    for lot, arrear, quantity in pieces:
        taken = Priced(lot.funder, quantity, lot.tariff, lot.asset)
        found.setdefault(arrear.partner, []).append((taken, arrear.tariff))
    posts: list[Transfer] = []
    for partner, repaid in found.items():
        points = sum([taken.points for taken, _ in repaid])
        posts.append(
            Transfer(chart.wallet(member), chart.arrears(member, partner), pieces[0][0].asset, points)
        )
        posts += money_of_repayment(house, partner, repaid, tariff)
    return tuple(posts)
