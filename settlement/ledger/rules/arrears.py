"""Pure rules on arrears: what a member owes is repaid, oldest first, from every later credit to its wallet."""

from collections.abc import Sequence
from typing import TypeAlias

from settlement.house.state import House
from settlement.journal.leaf import Transfer
from settlement.ledger import chart
from settlement.ledger.book import Arrear, Book, Lot
from settlement.ledger.rules.pricing import Priced, money_of_repayment
from settlement.ledger.rules.ruling import Ruling
from settlement.money import POINTS

REPAYMENTS_MAX = 8
"""Parts of lots that repay arrears in one entry, so that its leaf stays within bounds; what is left waits for the next credit."""
_Piece: TypeAlias = tuple[Lot, Arrear, int]


def repay(book: Book, house: House, ruling: Ruling, credited: Sequence[tuple[Lot, int]]) -> Ruling:
    """The ruling with what the member repays of its arrears out of the points that its wallet was just credited, in their order.

    A partner to which points are owed gets them, and the money of `money_of_repayment` moves.
    """
    member = credited[0][0].member
    if not book.wallets[member].arrears:
        return ruling
    pieces = _pieces(book.wallets[member].arrears, credited)
    taken: dict[tuple[int, int], int] = {}
    repaid: dict[tuple[int, int], int] = {}
    for lot, arrear, quantity in pieces:
        book.take(lot, quantity)
        book.repay(arrear, quantity)
        taken[lot.name] = taken.get(lot.name, 0) + quantity
        repaid[arrear.name] = repaid.get(arrear.name, 0) + quantity
    ruling.posts += _posts(house, member, pieces)
    ruling.taken += tuple(taken.items())
    ruling.repaid, ruling.tariff = tuple(repaid.items()), house.tariff_number
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


def _posts(house: House, member: str, pieces: Sequence[_Piece]) -> tuple[Transfer, ...]:
    """For each partner that is repaid, the oldest arrear's first: its points, then their money."""
    found: dict[str, list[tuple[Priced, int]]] = {}
    for lot, arrear, quantity in pieces:
        taken = Priced(lot.funder, quantity, lot.tariff)
        found.setdefault(arrear.partner, []).append((taken, arrear.tariff))
    posts: list[Transfer] = []
    for partner, repaid in found.items():
        points = sum([taken.points for taken, _ in repaid])
        posts.append(Transfer(chart.wallet(member), chart.arrears(member, partner), POINTS, points))
        posts += money_of_repayment(house, partner, repaid)
    return tuple(posts)
