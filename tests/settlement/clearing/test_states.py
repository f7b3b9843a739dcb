"""How far a settlement has come, by what is recorded and by the time."""

from dataclasses import replace

import pytest

from settlement.clearing.states import state_of
from settlement.house.banking import Instruction
from settlement.house.four_eyes import PROPOSAL_LIFE_US
from settlement.house.records import Cycle, Settlement
from tests.support.pure_acts import T0_US, house_of

HOUR_US = 3_600_000_000
PROPOSED = Settlement(1, 1, "ab" * 32, "ann", T0_US, {"acme": 5, "bakery": -5, "cinema": 0}, T0_US + HOUR_US)
APPROVED = replace(PROPOSED, approved_at=9)
HALF = replace(APPROVED, paid=frozenset({"acme"}))


@pytest.mark.parametrize(
    ("settlement", "after_us", "state"),
    [
        (PROPOSED, 0, "objection-period"),
        (PROPOSED, HOUR_US - 1, "objection-period"),
        (PROPOSED, HOUR_US, "pending-approval"),
        (PROPOSED, HOUR_US + PROPOSAL_LIFE_US, "pending-approval"),
        (PROPOSED, HOUR_US + PROPOSAL_LIFE_US + 1, "expired"),
        (replace(PROPOSED, cancelled_at=9), 0, "cancelled"),
        (APPROVED, 0, "approved"),
        (HALF, 0, "partially-settled"),
        (replace(HALF, paid=frozenset({"acme", "bakery"})), 0, "settled"),
        (replace(APPROVED, nets={"acme": 0}), 0, "settled"),
        (replace(APPROVED, aborted_at=10), 0, "aborted"),
    ],
)
def test_each_state_has_its_reason(settlement: Settlement, after_us: int, state: str) -> None:
    house = house_of("acme", "bakery", "cinema")
    house.cycles = {1: Cycle(1, closed_at=5)}
    assert state_of(house, settlement, T0_US + after_us) == state


def test_a_proposal_beside_an_approved_one_is_superseded() -> None:
    house = house_of("acme", "bakery")
    house.cycles = {1: Cycle(1, closed_at=5, settlement=2)}
    assert state_of(house, PROPOSED, T0_US) == "superseded"


@pytest.mark.parametrize(("settlement", "state"), [(APPROVED, "instructed"), (HALF, "partially-settled")])
def test_a_settlement_of_which_a_bank_was_told_is_instructed(settlement: Settlement, state: str) -> None:
    house = house_of("acme", "bakery", "cinema")
    house.instructions[1] = Instruction(1, 10, T0_US, (), settlement.unpaid, {})
    assert state_of(house, settlement, T0_US) == state
