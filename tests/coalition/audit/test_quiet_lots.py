"""The rule of which lots are spent, for the acts of all members at once: where it is easily wrong."""

import numpy as np
import pytest

from coalition.audit.quiet_lots import Acts, Decided, Takes, decide_all
from settlement.ledger.rules.points import SLICES_MAX
from settlement.money import WALLET_MAX

NEVER = 10**9
Told = tuple[int, int, int]
"""Member, points that come or go, and its balance after; the act at place n of a story is entry 10 n, at time n."""


def decided(
    story: list[Told], takes: list[tuple[int, int, int]], expires: dict[int, int] | None = None
) -> Decided:
    """`takes`: place of the redemption, place of the issue, points. `expires`: lots that do, by the place of their issue."""
    members, moved, balances = np.array(story, np.int64).reshape(-1, 3).T
    places, is_issue = np.arange(len(story)), moved > 0
    dates = np.array([(expires or {}).get(place, NEVER) for place in places.tolist()], np.int64)
    redemption = np.where(is_issue, -1, (~is_issue).cumsum() - 1)
    acts = Acts(members, 10 * places, places, abs(moved), balances, dates, redemption)
    act, lot, points = np.array(takes, np.int64).reshape(-1, 3).T
    return decide_all(acts, Takes(act, 10 * lot, points))


def test_nothing_comes_of_nothing() -> None:
    found = decided([], [])
    assert [found.wrong.tolist(), found.lots.tolist(), found.remaining.tolist()] == [[], [], []]


def test_lots_that_nobody_spends_remain() -> None:
    found = decided([(0, 5, 5), (0, 7, 12), (2, 9, 9)], [])
    assert (found.wrong.tolist(), found.lots.tolist()) == ([], [0, 1, 2])
    assert found.remaining.tolist() == [5, 7, 9]


def test_the_oldest_points_go_first() -> None:
    story = [(0, 5, 5), (0, -2, 3), (0, 7, 10), (0, -6, 4), (1, 5, 5), (1, -5, 0)]
    found = decided(story, [(1, 0, 2), (3, 0, 3), (3, 2, 3), (5, 4, 5)])
    assert (found.wrong.tolist(), found.lots.tolist()) == ([], [0, 2, 4])
    assert found.remaining.tolist() == [0, 4, 0]


@pytest.mark.parametrize(
    ("story", "takes"),
    [
        ([(0, 5, 5), (0, -2, 3)], []),
        ([(0, 5, 5), (0, -2, 3)], [(1, 0, 1)]),
        ([(0, 5, 5), (0, -2, 3)], [(1, 0, 3)]),
        ([(0, 5, 5), (0, -2, 3)], [(1, 0, 1), (1, 0, 1)]),
        ([(0, 5, 5), (0, -2, 3)], [(1, 0, 2), (1, 0, 0)]),
        ([(0, 5, 5), (0, -2, 3)], [(0, 0, 2), (1, 0, 2)]),
        ([(0, 5, 5), (0, -5, 0), (0, 5, 5)], [(1, 0, 5), (2, 0, 5)]),
        ([(0, 5, 5), (0, -2, 4)], [(1, 0, 2)]),
        ([(0, 5, 5), (0, -7, -2)], [(1, 0, 7)]),
        ([(0, 5, 5), (0, -7, -2), (0, 5, 3)], [(1, 0, 5), (1, 2, 2)]),
        ([(0, -7, -7)], []),
        ([(0, -7, -7)], [(0, 0, 7)]),
        ([(0, 5, 6)], []),
        ([(0, 5, 5), (0, WALLET_MAX, WALLET_MAX + 5)], []),
        ([(0, 5, 5), (0, 5, 10), (0, -2, 8)], [(2, 1, 2)]),
        ([(0, 5, 5), (0, 5, 10), (0, -6, 4)], [(2, 1, 1), (2, 0, 5)]),
        ([(0, 5, 5), (0, 5, 10), (0, -6, 4)], [(2, 0, 4), (2, 1, 2)]),
        ([(0, 5, 5), (0, 5, 10), (0, -6, 4)], [(2, 0, 6)]),
    ],
)
def test_whoever_does_otherwise_is_wrong_and_nobody_else(
    story: list[Told], takes: list[tuple[int, int, int]]
) -> None:
    others = [(0, 5, 5), (0, -2, 3)]
    before = [(1, points, balance) for _, points, balance in story]
    after = [(2, 5, 5), (2, -5, 0)]
    shifted = [(act + 2, lot + 2, points) for act, lot, points in takes]
    last = 2 + len(story)
    found = decided([*others, *before, *after], [(1, 0, 2), *shifted, (last + 1, last, 5)])
    assert found.wrong.tolist() == [1]


def test_lots_of_others_need_not_end_in_order() -> None:
    assert decided([(0, 5, 5), (1, 5, 5)], [], {0: 9, 1: 8}).wrong.tolist() == []


def test_points_of_the_member_before_or_behind_are_not_ones_own() -> None:
    story = [(0, 9, 9), (1, -4, -4), (2, 9, 9)]
    for lot in (0, 2):
        assert decided(story, [(1, lot, 4)]).wrong.tolist() == [1]
    story = [(0, 9, 9), (0, -10, -1), (1, 9, 9)]
    assert decided(story, [(1, 0, 9), (1, 2, 1)]).wrong.tolist() == [0]


@pytest.mark.parametrize(("lots", "wrong"), [(SLICES_MAX, []), (SLICES_MAX + 1, [0])])
def test_one_act_spends_no_more_lots_than_it_may(lots: int, wrong: list[int]) -> None:
    story = [*[(0, 1, number + 1) for number in range(lots)], (0, -lots, 0)]
    found = decided(story, [(lots, number, 1) for number in range(lots)])
    assert found.wrong.tolist() == wrong


@pytest.mark.parametrize(
    ("expires", "wrong"), [({0: 2}, [0]), ({0: 3}, []), ({0: 9, 1: 9}, []), ({1: 9}, [0])]
)
def test_lots_are_spent_while_they_live_and_must_end_in_their_order(
    expires: dict[int, int], wrong: list[int]
) -> None:
    found = decided([(0, 5, 5), (0, 5, 10), (0, -2, 8)], [(2, 0, 2)], expires)
    assert found.wrong.tolist() == wrong
