"""The money of ordinary redemptions, by what it is for one point of each who funded them: where that adds up, it is multiplied.

It adds up where one point of each lot does the same (all are of one funder and tariff, mostly), or where one point moves money
between two accounts at most, the same two for the same reason (a tariff with interchange has a rate too). All else is asked of
the rule as a whole; a test holds both against each other.
"""

from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np

from coalition.audit.arrays import Numbers, Truths
from coalition.audit.codes import UNKNOWN
from coalition.audit.ordinary_leaves import spell_posts
from coalition.audit.ordinary_rows import OrdinaryRows
from settlement.house.state import House
from settlement.journal.leaf import Transfer
from settlement.ledger.rules.pricing import Posts, Priced, money_of_redemption

Slice: TypeAlias = tuple[str, int, int]
"""Who funded points, under which tariff they were issued, and how many they are."""


@dataclass(frozen=True, slots=True)
class Makers:
    """Who made the lots that redemptions take from, one for each taking: a place among `funders`, or UNKNOWN; under which
    tariff.
    """

    made_by: Numbers
    under: Numbers
    funders: list[str]

    def slices(self, points: Numbers, takes: slice) -> list[Slice]:
        """Some takings of so many points."""
        columns = [column[takes].tolist() for column in (self.made_by, self.under, points)]
        return [(self.funders[made_by], under, count) for made_by, under, count in zip(*columns, strict=True)]


@dataclass(frozen=True, slots=True)
class Moved:
    """What redemptions move, by their places among them. `unit`: the place of what one point does, if all do the same; UNKNOWN
    otherwise. `points`: how many they are. `posts`: of those whose points do not.
    """

    unit: Numbers
    points: Numbers
    posts: dict[int, Posts]

    def known(self) -> Truths:
        """Of which it is known here."""
        known: Truths = self.unit != UNKNOWN
        known[list(self.posts)] = True
        return known


class RedemptionMoney:
    """Under the tariffs of a house. `units`: the different postings for one point that were met."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.units: list[Posts] = []
        self._places: dict[Posts, int] = {}
        self._lines: list[list[tuple[str, int]]] = []
        self._unit_of = cache(self._find_unit)

    def moved(self, rows: OrdinaryRows, makers: Makers, tariff: int) -> Moved:
        """By a run's redemptions; of those whose leaves say otherwise nothing is known."""
        redemptions, numbers = rows.redemptions, np.arange(len(rows.redemptions.row))
        if not len(numbers):
            return Moved(numbers, numbers, {})
        units, starts = self._units(rows, makers, tariff), np.searchsorted(redemptions.redemption, numbers)
        unit, most = np.minimum.reduceat(units, starts), np.maximum.reduceat(units, starts)
        points, stops = np.add.reduceat(redemptions.points, starts), [*starts[1:], len(units)]
        posts: dict[int, Posts] = {}
        for place in np.flatnonzero((unit != UNKNOWN) & (unit != most)).tolist():
            slices = makers.slices(redemptions.points, slice(starts[place], stops[place]))
            redeemer = rows.signers[rows.signer[redemptions.row[place]]][1]
            found = self.posts(redeemer, slices, tariff)
            if spell_posts(found) == redemptions.money[place]:
                posts[place] = found
        unit[unit != most] = UNKNOWN
        said = zip(unit.tolist(), points.tolist(), redemptions.money, strict=True)
        same = [each != UNKNOWN and self._spelled(each, count) == lines for each, count, lines in said]
        return Moved(np.where(same, unit, UNKNOWN), points, posts)

    def posts(self, redeemer: str, slices: list[Slice], tariff: int) -> Posts:
        """Postings, as `pricing.money_of_redemption` makes them."""
        units = [self.units[self._unit_of(redeemer, funder, under, tariff)] for funder, under, _ in slices]
        if any(len(unit) > 1 for unit in units):
            taken = [Priced(funder, points, under) for funder, under, points in slices]
            return money_of_redemption(self._house, redeemer, taken, tariff)
        sums: dict[tuple[str, str, str], int] = {}
        for unit, (_, _, points) in zip(units, slices, strict=True):
            for debit, credit, asset, amount in unit:
                leg = debit, credit, asset
                sums[leg] = sums.get(leg, 0) + amount * points
        return tuple([Transfer(*leg, amount) for leg, amount in sums.items()])

    def _units(self, rows: OrdinaryRows, makers: Makers, tariff: int) -> Numbers:
        """For each taking, the place of what one of its points does."""
        signer = rows.signer[rows.redemptions.row][rows.redemptions.redemption]
        tariffs, under = np.unique(makers.under, return_inverse=True)
        alike = (signer * (len(makers.funders) + 1) + makers.made_by + 1) * len(tariffs) + under
        _, first, which = np.unique(alike, return_index=True, return_inverse=True)
        columns = [column[first].tolist() for column in (signer, makers.made_by, makers.under)]
        found = [
            UNKNOWN
            if made_by == UNKNOWN
            else self._unit_of(rows.signers[signer][1], makers.funders[made_by], under, tariff)
            for signer, made_by, under in zip(*columns, strict=True)
        ]
        units: Numbers = np.array(found, np.int64)[which]
        return units

    def _find_unit(self, redeemer: str, funder: str, under: int, tariff: int) -> int:
        """The place among `units` of what one point of this funder, issued under this tariff, does."""
        unit = money_of_redemption(self._house, redeemer, [Priced(funder, 1, under)], tariff)
        if unit not in self._places:
            self._places[unit] = len(self.units)
            self.units.append(unit)
            self._lines.append(
                [(f"post {debit} {credit} {asset} ", amount) for debit, credit, asset, amount in unit]
            )
        return self._places[unit]

    def _spelled(self, unit: int, points: int) -> str:
        return "".join([f"{begin}{amount * points}\n" for begin, amount in self._lines[unit]])
