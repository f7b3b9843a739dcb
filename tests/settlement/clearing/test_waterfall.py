"""The waterfall's laws: every cent of an unpaid leg is borne once, in order, and by none beyond what is to be paid to it."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.clearing.waterfall import SURVIVORS_MAX, pour, spread
from settlement.house.security import Waterfall

AMOUNT = st.integers(0, 50) | st.integers(0, 10**15)
NAMES = st.sampled_from([f"p{number}" for number in range(9)])
BY_NAME = st.dictionaries(NAMES, AMOUNT, max_size=9)
FUNDS = st.fixed_dictionaries({"collateral": AMOUNT, "guarantee": AMOUNT, "capital": AMOUNT})


def test_a_golden_default_goes_down_every_step() -> None:
    fell = pour(
        1_000,
        collateral=300,
        guarantee=100,
        capital=150,
        owed={"bakery": 600, "cinema": 300, "drugs": 100},
        to_be_paid={"bakery": 500, "cinema": 400, "drugs": 20},
    )
    # 450 by 6 : 3 : 1 are 270, 135 and 45; drugs has room for 20, and 430 by 6 : 3 are 286.67 and 143.33.
    assert fell == Waterfall(1_000, 300, 100, 150, {"bakery": 287, "cinema": 143, "drugs": 20}, 0)
    assert fell.outcome == "allocated"


@pytest.mark.parametrize(
    ("funds", "expected"),
    [
        ((10, 0, 0), (10, 0, 0)),
        ((99, 99, 99), (10, 0, 0)),
        ((4, 99, 99), (4, 6, 0)),
        ((4, 5, 99), (4, 5, 1)),
        ((0, 0, -7), (0, 0, 0)),
    ],
)
def test_no_fund_is_touched_before_those_above_it_are_empty(
    funds: tuple[int, int, int], expected: tuple[int, int, int]
) -> None:
    collateral, guarantee, capital = funds
    fell = pour(10, collateral=collateral, guarantee=guarantee, capital=capital, owed={}, to_be_paid={})
    assert (fell.collateral, fell.guarantee, fell.capital) == expected
    assert fell.shortfall == 10 - sum(expected)
    assert fell.outcome == "covered"


def test_a_cent_that_cannot_be_divided_is_the_first_ones_by_name() -> None:
    assert spread(1, {"b": 1, "a": 1}, {"a": 9, "b": 9}) == {"a": 1}
    assert spread(2, {"a": 1, "b": 1, "c": 2}, {"a": 9, "b": 9, "c": 9}) == {"a": 1, "c": 1}


def test_the_last_cent_is_borne_by_whoever_rounding_down_spared_most() -> None:
    assert spread(10, {"a": 1, "b": 2}, {"a": 9, "b": 9}) == {"a": 3, "b": 7}


def test_whose_part_is_just_its_room_makes_nobody_share_again() -> None:
    assert spread(2, {"a": 1, "b": 1, "c": 4}, {"a": 9, "b": 0, "c": 9}) == {"a": 1, "c": 1}


def test_whoever_was_paid_already_or_was_owed_nothing_bears_nothing() -> None:
    owed = {"acme": 50, "bakery": 50}
    fell = pour(
        40, collateral=0, guarantee=0, capital=0, owed=owed, to_be_paid={"acme": 0, "bakery": 30, "cafe": 99}
    )
    assert (dict(fell.borne), fell.shortfall, fell.operators) == ({"bakery": 30}, 10, 10)


@given(st.integers(1, 10**15), FUNDS, BY_NAME, BY_NAME)
def test_the_steps_add_up_and_nobody_bears_what_it_was_not_to_be_paid(
    unpaid: int, funds: dict[str, int], owed: dict[str, int], rooms: dict[str, int]
) -> None:
    fell = pour(unpaid, **funds, owed=owed, to_be_paid=rooms)
    assert fell.collateral + fell.guarantee + fell.operators + sum(fell.borne.values()) == unpaid
    for fund, amount in funds.items():
        assert 0 <= getattr(fell, fund) <= amount
    for name, amount in fell.borne.items():
        assert 0 < amount <= rooms[name]
        assert owed[name] > 0
    if fell.borne or fell.shortfall:
        assert {name: getattr(fell, name) for name in funds} == funds
    if fell.shortfall:
        able = {name: room for name, room in rooms.items() if room and owed.get(name)}
        assert fell.borne == able, "the operator bears the rest only when nobody else can"


@given(st.integers(1, 10**15), BY_NAME, BY_NAME, st.randoms(use_true_random=False))
def test_the_order_in_which_participants_are_named_changes_nothing(
    unpaid: int, owed: dict[str, int], rooms: dict[str, int], random: Random
) -> None:
    def shuffled(amounts: dict[str, int]) -> dict[str, int]:
        return dict(random.sample(list(amounts.items()), len(amounts)))

    no_funds = {"collateral": 0, "guarantee": 0, "capital": 0}
    fell = pour(unpaid, **no_funds, owed=owed, to_be_paid=rooms)
    again = pour(unpaid, **no_funds, owed=shuffled(owed), to_be_paid=shuffled(rooms))
    assert fell == again
    assert list(fell.borne) == list(again.borne) == sorted(fell.borne)


@given(st.integers(0, 10**15), st.dictionaries(NAMES, st.integers(1, 10**15), min_size=1))
def test_with_room_for_all_each_bears_its_part_to_the_cent(amount: int, weights: dict[str, int]) -> None:
    found = spread(amount, weights, dict.fromkeys(weights, amount))
    assert sum(found.values()) == amount
    whole = sum(weights.values())
    for name, weight in weights.items():
        exact, part = amount * weight, found.get(name, 0) * whole
        assert exact - whole < part < exact + whole


@given(st.integers(1, 10**12), st.dictionaries(NAMES, st.integers(1, 10**6), min_size=2), BY_NAME)
def test_who_was_owed_more_and_has_room_bears_no_less(
    amount: int, weights: dict[str, int], rooms: dict[str, int]
) -> None:
    room = {name: rooms.get(name, 0) for name in weights}
    found = spread(amount, weights, room)
    for name in weights:
        if found.get(name, 0) < room[name]:
            assert all(
                found.get(name, 0) >= found.get(other, 0) - 1
                for other in weights
                if weights[other] <= weights[name]
            )


def test_those_to_whom_most_was_owed_bear_it_if_there_are_too_many_for_one_entry() -> None:
    names = [f"p{number:03}" for number in range(SURVIVORS_MAX + 50)]
    owed = {name: 1_000 + number for number, name in enumerate(names)}
    fell = pour(
        10_000_000, collateral=0, guarantee=0, capital=0, owed=owed, to_be_paid=dict.fromkeys(names, 10)
    )
    assert list(fell.borne) == names[50:]
    assert fell.shortfall == 10_000_000 - 10 * SURVIVORS_MAX
