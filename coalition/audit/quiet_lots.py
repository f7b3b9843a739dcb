"""The rule of which lots are spent, for all acts of all quiet members at once. Pure.

Members' acts stand one behind the other on one line of points: an issue covers as many points of it as it makes, in order; a
redemption covers those at the beginning of its member's part that no earlier one has covered. So a lot is spent by whoever covers
its stretch, and whoever takes from lots otherwise did not take the oldest first.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from coalition.audit.arrays import Numbers, Truths
from settlement.ledger.rules.points import SLICES_MAX
from settlement.money import WALLET_MAX


class InDoubtError(Exception):
    """Acts that were put off cannot be shown to be right: each is to be decided when it comes, which names what is wrong."""


@dataclass(frozen=True, slots=True)
class Acts:
    """Acts in the order of members, then of entries. `redemption`: place among the redemptions; -1: an issue."""

    member: Numbers
    index: Numbers
    time_us: Numbers
    amount: Numbers
    balance_after: Numbers
    expires_us: Numbers
    redemption: Numbers


@dataclass(frozen=True, slots=True)
class Takes:
    """Lots taken from, in the order of the acts. `act`: the place of the redemption among the acts; `lot`: its entry."""

    act: Numbers
    lot: Numbers
    points: Numbers


@dataclass(frozen=True, slots=True)
class Decided:
    """`wrong`: members of whom an act does not follow the rule, or whose points expired on the way: nothing else holds of them.

    `lots`: places of the issues among the acts; `remaining`: of each of their lots.
    """

    wrong: Numbers
    lots: Numbers
    remaining: Numbers


@dataclass(frozen=True, slots=True)
class QuietLots:
    """Lots of one shard's quiet members, in columns: `member` and `funder` are places among `members` and `funders`.

    `issued` and `spent`: what each member was given and spent in all. Who is no longer quiet is None.
    """

    shard: int
    members: list[str | None]
    funders: list[str]
    member: Numbers
    funder: Numbers
    index: Numbers
    time_us: Numbers
    quantity: Numbers
    remaining: Numbers
    expires_us: Numbers
    tariff: Numbers
    issued: Numbers
    spent: Numbers

    def wallets(self) -> Iterator[tuple[str, int, int]]:
        """What each member was given and spent in all."""
        for member, issued, spent in zip(
            self.members, self.issued.tolist(), self.spent.tolist(), strict=True
        ):
            if member is not None:
                yield member, issued, spent

    def by_member(self) -> Iterator[tuple[str, int]]:
        """What remains in all lots of each member."""
        for member, points in zip(
            self.members, self._remaining_by(self.member, len(self.members)), strict=True
        ):
            if member is not None:
                yield member, points

    def by_funder(self) -> Iterator[tuple[str, int]]:
        """What remains of what each funder's issues made."""
        funders, places = np.unique(self.funder, return_inverse=True)
        names = [self.funders[funder] for funder in funders.tolist()]
        return zip(names, self._remaining_by(places, len(funders)), strict=True)

    def by_tariff(self) -> Iterator[tuple[int, int]]:
        """What remains of what was issued under each tariff."""
        tariffs, places = np.unique(self.tariff, return_inverse=True)
        return zip(tariffs.tolist(), self._remaining_by(places, len(tariffs)), strict=True)

    def _remaining_by(self, places: Numbers, count: int) -> list[int]:
        sums = np.zeros(count, np.int64)
        np.add.at(sums, places, self.remaining)
        return list(sums.tolist())


def decide_all(acts: Acts, takes: Takes) -> Decided:
    """Decides every act again."""
    is_issue = acts.redemption < 0
    issues, redemptions = np.where(is_issue, acts.amount, 0), np.where(is_issue, 0, acts.amount)
    issued, spent, first = issues.cumsum(), redemptions.cumsum(), _first_of_member(acts.member)
    stands = spent - (spent - redemptions)[first] + (issued - issues)[first]
    balance = issued - stands
    good = (balance == acts.balance_after) & (balance >= 0) & (balance <= WALLET_MAX)
    lots = np.flatnonzero(is_issue)
    same, ordered = acts.member[lots][1:] == acts.member[lots][:-1], np.diff(acts.expires_us[lots]) >= 0
    good[lots[1:]] &= ordered | ~same
    good &= _takes_hold(acts, takes, lots, issued, stands)
    last = np.append(first[1:] != first[:-1], True).nonzero()[0] if len(first) else first
    ends = np.repeat(stands[last], np.diff(np.append(-1, last)))
    remaining = np.clip(issued[lots] - ends[lots], 0, acts.amount[lots])
    return Decided(np.unique(acts.member[~good]), lots, remaining)


def _first_of_member(member: Numbers) -> Numbers:
    """For each act the place of its member's first."""
    is_first = np.append(True, member[1:] != member[:-1])[: len(member)]
    first: Numbers = np.maximum.accumulate(np.where(is_first, np.arange(len(member)), 0))
    return first


def _takes_hold(acts: Acts, takes: Takes, lots: Numbers, issued: Numbers, stands: Numbers) -> Truths:
    """By act: whether it takes from the lots that its stretch of the line covers, all of it, while they live."""
    good = np.ones(len(acts.member), np.bool_)
    act, points = takes.act, takes.points
    counts = np.bincount(act, minlength=len(good))
    taken = np.zeros(len(good), np.int64)
    np.add.at(taken, act, points)
    good &= np.where(acts.redemption < 0, counts == 0, (taken == acts.amount) & (counts <= SLICES_MAX))
    before = points.cumsum() - points
    is_first = np.append(True, act[1:] != act[:-1])[: len(act)]
    within = before - np.maximum.accumulate(np.where(is_first, before, 0)) if len(act) else before
    starts = (stands - acts.amount)[act] + within
    found = np.searchsorted(issued[lots], starts, side="right")
    exists = found < len(lots)
    lot = lots[np.where(exists, found, 0)] if len(lots) else np.zeros(len(act), np.int64)
    holds = exists & (acts.member[lot] == acts.member[act]) & (acts.index[lot] == takes.lot) & (points > 0)
    holds &= (starts + points == np.minimum(issued[lot], stands[act])) & (
        acts.expires_us[lot] > acts.time_us[act]
    )
    good[act[~holds]] = False
    return good
