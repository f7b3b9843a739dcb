"""Pure rules on the money that points move when they end at a partner, or come back from it."""

from collections.abc import Iterable

from settlement.house.state import House
from settlement.journal.leaf import Transfer
from settlement.ledger import chart
from settlement.ledger.book import Lot


def money_of_redemption(
    house: House, partner: str, slices: Iterable[tuple[Lot, int]], tariff: int
) -> tuple[Transfer, ...]:
    """What the funders of points owe the partner at which they end, in the order of their first slices.

    `tariff`: the house entry of the one that prices them.
    """
    owed: dict[str, int] = {}
    for lot, quantity in slices:
        if lot.funder != partner:
            owed[lot.funder] = owed.get(lot.funder, 0) + quantity
    currency, rate = house.founded.currency, house.tariffs[tariff].rate_micros
    return tuple(
        [
            Transfer(chart.position(funder), chart.position(partner), currency, quantity * rate)
            for funder, quantity in owed.items()
        ]
    )


def money_of_return(
    house: House, partner: str, slices: Iterable[tuple[Lot, int]], tariff: int
) -> tuple[Transfer, ...]:
    """What the partner owes the funders of points that come back from it: the inverse of what they owed for them."""
    return tuple([post.inverse() for post in money_of_redemption(house, partner, slices, tariff)])
