"""The money of ordinary redemptions, by what it is for one point of each who funded them: where that adds up, it is multiplied.

It adds up where all points are of one funder and tariff, or where one point moves money between two accounts at most, the same
two for the same reason (a tariff with interchange has a rate too). All else is asked of the rule as a whole; a test holds both
against each other.
"""

from functools import cache
from typing import TypeAlias

from coalition.audit.ordinary_leaves import spell_posts
from settlement.house.state import House
from settlement.journal.leaf import Transfer
from settlement.ledger.rules.pricing import Posts, Priced, money_of_redemption

Slice: TypeAlias = tuple[str, int, int]
"""Who funded points, under which tariff they were issued, and how many they are."""


class RedemptionMoney:
    """Under the tariffs of a house."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._of_one_point = cache(self._of_one)

    def posts(self, redeemer: str, slices: list[Slice], tariff: int) -> tuple[Posts, str]:
        """Postings, as `pricing.money_of_redemption` makes them, and the lines that spell them."""
        units = [self._of_one_point(redeemer, funder, under, tariff) for funder, under, _ in slices]
        if units[1:] == units[:-1]:
            points = sum([each[2] for each in slices])
            posts = tuple([Transfer(*each[:3], each.amount * points) for each in units[0]])
        elif all(len(unit) < 2 for unit in units):
            sums: dict[tuple[str, str, str], int] = {}
            for unit, (_, _, points) in zip(units, slices, strict=True):
                for debit, credit, asset, amount in unit:
                    leg = debit, credit, asset
                    sums[leg] = sums.get(leg, 0) + amount * points
            posts = tuple([Transfer(*leg, amount) for leg, amount in sums.items()])
        else:
            taken = [Priced(funder, points, under) for funder, under, points in slices]
            posts = money_of_redemption(self._house, redeemer, taken, tariff)
        return posts, spell_posts(posts)

    def _of_one(self, redeemer: str, funder: str, under: int, tariff: int) -> Posts:
        return money_of_redemption(self._house, redeemer, [Priced(funder, 1, under)], tariff)
