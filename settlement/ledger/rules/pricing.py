"""All money of acts on points, in both settlement models. Pure: postings from who funded which points under which tariff.

r, p, f, i, t are the reimbursement, price, fee, interchange and transfer fee of a point (`settlement.house.tariff`), q the points
of a slice.

                    bilateral                           pool
    issue           position:A > fee-income  n f        position:A > fund  n p,  position:A > fee-income  n f
    redemption      position:X > position:B  q r        fund > position:B  n r,  fund > spread  what their p leaves over
                    position:B > position:X  q i        position:B > position:X  q i
    transfer        position:A > fee-income  n t        position:A > fee-income  n t
    expiry          nothing                             fund > position:X  rebate,  fund > breakage  the rest of q p
    repayment to A  position:X > position:A  q r        fund > spread  what their p leaves over that of the points owed

Beside each fee stands the tax on it, position:A > vat, the tariff's part of that posting rounded down to the micro; so it does
beside a fee that goes back.

r, i, t are those of the tariff that the act is priced by, p and the rebate those under which each lot was issued. So the pool's
fund always holds the price of every point that is not yet spent, less that of every point that a member owes: those it has paid
back to their issuer. What is undone is undone at the prices of the original.

Value is worth its face under every tariff: r and p are what a minor unit is in micros, f, i, t and the rebate are nothing. So
whoever takes value is owed exactly what its member was, and in the pool nothing of it is ever left over but what expires.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from settlement.house.records import POOL
from settlement.house.state import House
from settlement.house.tariff import Tariff
from settlement.journal.leaf import Transfer
from settlement.ledger import chart
from settlement.ledger.book import Lot
from settlement.money import BASIS_POINTS, POINTS

Posts = tuple[Transfer, ...]


class Priced(NamedTuple):
    """Points of one lot that an act moves. `tariff`: the house entry of the tariff under which they were issued."""

    funder: str
    points: int
    tariff: int
    asset: str = POINTS


def priced(slices: Iterable[tuple[Lot, int]]) -> list[Priced]:
    """Slices as they are priced."""
    return [Priced(lot.funder, quantity, lot.tariff, lot.asset) for lot, quantity in slices]


def money_of_issue(house: House, funder: str, points: int, tariff: int, asset: str = POINTS) -> Posts:
    """What an issuer pays for points: into the pool's fund, and the operator's fee. `tariff`: the lot's."""
    terms, position = house.terms(tariff, asset), chart.position(funder)
    posts = [(position, chart.FUND, points * terms.price_micros)] if _is_pool(house) else []
    return _posts(house, [*posts, *_fee(terms, position, points * terms.fee_micros)])


def money_of_issue_undone(house: House, funder: str, points: int, tariff: int, asset: str = POINTS) -> Posts:
    """The same back, for as many points of the issue as are undone."""
    return _inverses(money_of_issue(house, funder, points, tariff, asset))


def money_of_redemption(house: House, redeemer: str, slices: Sequence[Priced], tariff: int) -> Posts:
    """Who pays the redeemer for points, and what it pays for them; funders in the order of their first slices.

    `tariff`: the one that reimbursement and interchange are taken from.
    """
    terms, position = house.terms(tariff, slices[0].asset), chart.position(redeemer)
    owed = _points_of_others(redeemer, slices)
    if _is_pool(house):
        paid = sum([each.points for each in slices]) * terms.rate_micros
        posts = [(chart.FUND, position, paid), _into_spread(_price(house, slices) - paid)]
    else:
        posts = [(chart.position(name), position, points * terms.rate_micros) for name, points in owed]
    posts += [(position, chart.position(name), points * terms.interchange_micros) for name, points in owed]
    return _posts(house, posts)


def money_of_redemption_undone(house: House, redeemer: str, slices: Sequence[Priced], tariff: int) -> Posts:
    """The inverse, for the slices that are given back; `tariff`: the original's."""
    return _inverses(money_of_redemption(house, redeemer, slices, tariff))


def money_of_transfer(house: House, asker: str, points: int, asset: str = POINTS) -> Posts:
    """The operator's fee for points that go from one member to another. Nothing else moves: their price is the lots'."""
    terms = house.terms(house.tariff_number, asset)
    return _posts(house, _fee(terms, chart.position(asker), points * terms.transfer_fee_micros))


def money_of_expiry(house: House, slices: Sequence[Priced]) -> Posts:
    """What becomes of the fund of points that nobody will spend: the issuers' rebates, rounded down by slice, and the rest."""
    if not _is_pool(house):
        return ()
    rebates: dict[str, int] = {}
    for funder, points, tariff, asset in slices:
        terms = house.terms(tariff, asset)
        rebate = points * terms.price_micros * terms.rebate_basis_points // BASIS_POINTS
        rebates[funder] = rebates.get(funder, 0) + rebate
    posts = [(chart.FUND, chart.position(funder), rebate) for funder, rebate in rebates.items()]
    return _posts(
        house, [*posts, (chart.FUND, chart.BREAKAGE, _price(house, slices) - sum(rebates.values()))]
    )


def money_of_repayment(
    house: House, creditor: str, pieces: Sequence[tuple[Priced, int]], tariff: int
) -> Posts:
    """Points repay what a member owes the creditor. Of each piece, the tariff under which the points owed were issued.

    Bilateral: their funders pay the creditor, at the rate of `tariff`. Pool: the fund already paid the creditor back at its own
    price, and is made whole at that of the lots.
    """
    taken = [points for points, _ in pieces]
    if _is_pool(house):
        owed = sum([each.points * house.terms(tariff, each.asset).price_micros for each, tariff in pieces])
        return _posts(house, [_into_spread(_price(house, taken) - owed)])
    rate, position = house.terms(tariff, taken[0].asset).rate_micros, chart.position(creditor)
    owing = _points_of_others(creditor, taken)
    return _posts(house, [(chart.position(name), position, points * rate) for name, points in owing])


def _fee(terms: Tariff, payer: str, fee: int) -> list[tuple[str, str, int]]:
    """A fee, and the tax on it, rounded down to the micro."""
    return [(payer, chart.FEE_INCOME, fee), (payer, chart.VAT, fee * terms.vat_basis_points // BASIS_POINTS)]


def _is_pool(house: House) -> bool:
    return house.founded.model == POOL


def _price(house: House, slices: Iterable[Priced]) -> int:
    """What the fund holds for points."""
    return sum([each.points * house.terms(each.tariff, each.asset).price_micros for each in slices])


def _into_spread(amount: int) -> tuple[str, str, int]:
    """What the fund has left over; less than nothing is what it lacks."""
    return (chart.FUND, chart.SPREAD, amount) if amount > 0 else (chart.SPREAD, chart.FUND, -amount)


def _points_of_others(redeemer: str, slices: Iterable[Priced]) -> list[tuple[str, int]]:
    """Points by funder, without the redeemer's own."""
    found: dict[str, int] = {}
    for funder, points, *_ in slices:
        if funder != redeemer:
            found[funder] = found.get(funder, 0) + points
    return list(found.items())


def _posts(house: House, amounts: Iterable[tuple[str, str, int]]) -> Posts:
    """Transfers of the network's currency; nothing is posted where nothing is due."""
    currency = house.founded.currency
    return tuple([Transfer(debit, credit, currency, amount) for debit, credit, amount in amounts if amount])


def _inverses(posts: Posts) -> Posts:
    return tuple([post.inverse() for post in posts])
