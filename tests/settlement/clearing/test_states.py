"""How far a settlement has come, by what is recorded and by the time."""

from dataclasses import replace

import pytest

from settlement.clearing.calendar import payment_due_us
from settlement.clearing.states import leg_state_of, state_of
from settlement.house.banking import Instruction
from settlement.house.four_eyes import PROPOSAL_LIFE_US
from settlement.house.records import Cycle, Settlement
from settlement.house.tariff import Tariff
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


def states(settlement: Settlement, *, instructed: bool = False, after_us: int = 0) -> list[str | None]:
    """How the legs of acme, which pays, bakery, which is paid, and cinema, which has none, stand. Payment is due in one day."""
    house = house_of("acme", "bakery", "cinema")
    house.tariffs[0] = replace(house.tariffs[0], payment_days=1)
    if instructed:
        house.instructions[1] = Instruction(1, 10, T0_US, (), APPROVED.unpaid, {})
    return [leg_state_of(house, settlement, name, T0_US + after_us) for name in ("acme", "bakery", "cinema")]


def test_a_leg_is_due_until_a_bank_is_told_or_its_last_day_is_over() -> None:
    approved, due_us = (
        replace(APPROVED, approved_at_us=T0_US),
        payment_due_us(Tariff(0, payment_days=1), T0_US),
    )
    assert due_us is not None
    assert states(PROPOSED) == [None, None, None]
    assert states(approved) == ["due", "due", None]
    assert states(approved, instructed=True) == ["instructed", "instructed", None]
    assert states(approved, instructed=True, after_us=due_us - T0_US - 1) == [
        "instructed",
        "instructed",
        None,
    ]
    assert states(approved, instructed=True, after_us=due_us - T0_US) == ["overdue", "instructed", None]
    assert states(approved, after_us=due_us - T0_US) == ["overdue", "due", None]


def test_a_leg_is_paid_by_word_or_by_a_line_of_the_bank() -> None:
    paid = replace(HALF, approved_at_us=T0_US)
    assert states(paid, instructed=True, after_us=99 * HOUR_US) == ["paid", "instructed", None]
    by_line = replace(paid, paid=frozenset({"acme", "bakery"}), paid_by_line=frozenset({"bakery"}))
    assert states(by_line) == ["paid", "reconciled", None]


def test_what_is_deferred_is_so_until_the_settlement_is_over() -> None:
    deferring = replace(
        PROPOSED, nets={"acme": 5, "bakery": -9, "cinema": 4}, deferred=("cinema",), operator="bakery"
    )
    assert states(deferring) == [None, None, "deferred"]
    assert states(replace(deferring, approved_at=9)) == ["due", "due", "deferred"]
    assert states(replace(deferring, cancelled_at=9)) == [None, None, None]
    assert states(replace(deferring, approved_at=9, aborted_at=10)) == [None, None, None]
