"""An act is late if it says that it occurred before the cycle began into which its entry falls."""

import pytest

from settlement.clearing.acts import CloseCycle
from settlement.clock import format_time
from settlement.house.lateness import Lateness
from tests.settlement.clearing.test_decide import Desk
from tests.support.pure_acts import OPERATOR, T0_US


def leaf(house: int, occurred_us: int | None) -> str:
    said = "" if occurred_us is None else f"occurred {format_time(occurred_us)}\n"
    return f"coalition-journal/v1\nshard 1\nindex 7\nhouse {house}\nkind redeem\n{said}result ok\n"


@pytest.mark.parametrize(
    ("beyond", "occurred_us", "late"),
    [
        (0, T0_US - 1, False),  # the cycle before the close was as old as the network
        (1, T0_US - 1, True),
        (1, T0_US, False),
        (1, T0_US + 5, False),
        (9, T0_US - 1, True),
        (9, None, False),
    ],
)
def test_what_counts_is_when_the_cycle_of_the_entry_began(
    beyond: int, occurred_us: int | None, *, late: bool
) -> None:
    desk = Desk()
    closed = desk.house.size
    desk.ask(OPERATOR, CloseCycle(1, None), time_us=T0_US)
    assert Lateness(desk.house).is_late(leaf(closed + beyond, occurred_us)) is late


def test_each_cycle_has_its_own_beginning() -> None:
    desk, closes = Desk(), []
    for cycle in (1, 2, 3):
        closes.append(desk.house.size)
        desk.ask(OPERATOR, CloseCycle(cycle, None), time_us=T0_US + cycle * 1_000)
    lateness, occurred_us = Lateness(desk.house), T0_US + 2_500
    found = [
        lateness.is_late(leaf(house, occurred_us))
        for house in (closes[0], closes[1], closes[2], closes[2] + 1)
    ]
    assert found == [False, False, False, True]
