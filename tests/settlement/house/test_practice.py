"""The clock of a practice network goes ahead, never back; a real network's cannot be set, whatever its journal says."""

from contextlib import nullcontext
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import BooksError, CoalitionError
from settlement.house.practice import DAY_US, DAYS_MAX, forward
from settlement.house.state import House
from settlement.journal.acts import ENGINE_LINE, Draft
from settlement.journal.leaf import HOUSE
from tests.support.pure_acts import NETWORK, as_entry, house_of


def practising() -> House:
    house = house_of("bakery")
    house.network = replace(NETWORK, practice=True)
    return house


def take(house: House, draft: Draft) -> None:
    house.apply(as_entry(draft, shard=HOUSE, index=house.size, house=house.size))


@given(st.lists(st.integers(-DAYS_MAX, DAYS_MAX + 1), max_size=8))
def test_the_clock_only_goes_ahead_by_what_was_said_and_never_further_than_it_may(asked: list[int]) -> None:
    house, said = practising(), 0
    for days in asked:
        may = 1 <= days <= DAYS_MAX - said
        with nullcontext() if may else pytest.raises(CoalitionError, match="days must be from 1 to"):
            take(house, forward(house, days))
            said += days
        assert house.ahead_us == said * DAY_US


def test_nobody_sets_the_clock_of_a_real_network() -> None:
    with pytest.raises(CoalitionError) as caught:
        forward(house_of("bakery"), 1)
    assert caught.value.reason == "NOT_FOR_PRACTICE"


def test_an_entry_that_says_so_in_a_real_network_is_no_part_of_sound_books() -> None:
    house = house_of("bakery")
    with pytest.raises(BooksError):
        take(house, Draft("forward", (("days", "1"), ENGINE_LINE)))
    assert house.ahead_us == 0
