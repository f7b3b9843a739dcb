"""Sums too small to be paid: nobody pays them now, nothing of them is lost, and nothing comes back twice."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.clearing.acts import AbortSettlement, Approve, CloseCycle, Confirm, Propose
from settlement.clearing.deferring import deferred_of
from settlement.clearing.netting import Figures, net
from settlement.clearing.proposing import deferred_now, warnings_now
from settlement.clearing.security_acts import Deposit
from settlement.clearing.states import leg_state_of
from settlement.clearing.warnings import CAPS_EXCEEDED_MAX
from settlement.house.acts import Register
from settlement.house.decide import PARTNERS_MAX
from settlement.house.legs import legs_of
from settlement.house.security import PREFUND, Security
from settlement.journal.acts import Draft
from settlement.money import MICROS_MAX
from tests.settlement.clearing.test_decide import HASH, MICROS_PER_CENT, OWED, PARTNERS, Desk
from tests.support.pure_acts import OPERATOR, T0_US

NAMES = (*PARTNERS, OPERATOR)
PAIRS = st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda pair: pair[0] != pair[1])
CYCLE = st.dictionaries(PAIRS, st.integers(0, 12), max_size=8)


def desk_with(minimum: int) -> Desk:
    desk = Desk()
    desk.house.tariffs[0] = replace(desk.house.tariffs[0], minimum_payment_minor=minimum)
    return desk


def settle(desk: Desk, figures: Figures, *, cycle: int = 1) -> Draft:
    """Close, propose by ann, approve by bob."""
    proposal = f"{cycle:064x}"
    desk.ask(OPERATOR, CloseCycle(cycle, None))
    desk.figures[cycle] = figures
    house = desk.house
    said = warnings_now(house, desk.figures, cycle), deferred_now(house, desk.figures, cycle)
    assert desk.ask("ann", Propose(cycle, "EUR", figures, proposal, *said)).refusal is None
    approved = desk.ask("bob", Approve(proposal))
    assert approved.refusal is None
    return approved


def claims(draft: Draft) -> dict[tuple[str, str], int]:
    """What an entry makes participants owe each other, in cents."""
    return {
        (post.debit.removeprefix("position:"), post.credit.removeprefix("position:")): post.amount
        // MICROS_PER_CENT
        for post in draft.transfers
        if post.debit.startswith("position:") and post.credit.startswith("position:")
    }


@given(CYCLE, st.integers(0, 15))
def test_whoever_is_below_the_minimum_is_deferred_and_the_operator_stands_in(
    owed: dict[tuple[str, str], int], minimum: int
) -> None:
    nets = net(owed).nets
    deferred = deferred_of(nets, operator=OPERATOR, minimum_minor=minimum)
    assert deferred == tuple(
        sorted(name for name in nets if name != OPERATOR and nets[name] and abs(nets[name]) < minimum)
    )
    legs = legs_of(nets, deferred, operator=OPERATOR)
    assert sum(legs.values()) == 0
    assert all(legs.values())
    assert not legs.keys() & set(deferred)
    assert all(legs.get(name, 0) == nets[name] for name in nets.keys() - {*deferred, OPERATOR})


@given(st.lists(CYCLE, max_size=4), st.integers(0, 15))
def test_what_is_deferred_comes_back_exactly_once(
    cycles: list[dict[tuple[str, str], int]], minimum: int
) -> None:
    desk, due = desk_with(minimum), dict.fromkeys(NAMES, 0)
    paid, carried = dict.fromkeys(NAMES, 0), dict[tuple[str, str], int]()
    for number, owed in enumerate([*cycles, {}], 1):
        if number > len(cycles):
            desk.house.tariffs[0] = replace(desk.house.tariffs[0], minimum_payment_minor=0)
        for (debtor, creditor), amount in owed.items():
            due[debtor] += amount
            due[creditor] -= amount
            desk.balances[f"position:{debtor}"] = (
                desk.balances.get(f"position:{debtor}", 0) + amount * MICROS_PER_CENT
            )
            desk.balances[f"position:{creditor}"] = (
                desk.balances.get(f"position:{creditor}", 0) - amount * MICROS_PER_CENT
            )
        whole = {pair: owed.get(pair, 0) + carried.get(pair, 0) for pair in owed.keys() | carried.keys()}
        carried = claims(settle(desk, net(whole), cycle=number))
        for name, leg in desk.house.settlements[number].legs.items():
            assert name == OPERATOR or abs(leg) >= min(minimum, 1)
            assert desk.ask(OPERATOR, Confirm(number, name, abs(leg))).refusal is None
            paid[name] += leg
        assert desk.house.settlements[number].settled
    assert (paid, carried) == (due, {})
    assert not any(desk.balances.values())


@given(OWED, st.integers(0, 10**6))
def test_an_abort_gives_back_what_was_deferred(owed: dict[tuple[str, str], int], minimum: int) -> None:
    desk = desk_with(minimum)
    settle(desk, net(owed))
    undone = desk.ask("ann", AbortSettlement(1))
    assert undone.refusal == (None if desk.house.settlements[1].legs else "LEG_ALREADY_PAID")
    if undone.refusal is None:
        assert not any(desk.balances.values())
        assert desk.house.cycles[1].settlement is None


def test_a_deferred_participant_has_no_leg() -> None:
    desk = desk_with(10)
    desk.ask(OPERATOR, Deposit("acme", PREFUND, 100))
    approved = settle(desk, net({("acme", "bakery"): 9, ("cinema", "bakery"): 20}))
    assert desk.house.settlements[1].deferred == ("acme",)
    assert [(post.debit, post.credit, post.amount // MICROS_PER_CENT) for post in approved.transfers] == [
        ("position:bakery", "settling:1:bakery", 29),
        ("settling:1:cinema", "position:cinema", 20),
        (f"settling:1:{OPERATOR}", "position:acme", 9),
        ("position:acme", f"position:{OPERATOR}", 9),
    ]
    assert desk.house.settlements[1].unpaid == {"bakery": -29, "cinema": 20, OPERATOR: 9}
    assert desk.ask(OPERATOR, Confirm(1, "acme", 9)).refusal == "LEG_UNKNOWN"
    assert desk.ask(OPERATOR, Confirm(1, OPERATOR, 9)).refusal is None
    assert leg_state_of(desk.house, desk.house.settlements[1], "acme", T0_US) == "deferred"


@pytest.mark.parametrize(("ahead", "left"), [(5, {}), (4, {OPERATOR: 5})])
def test_the_operators_prefund_pays_its_leg_with_what_is_deferred(ahead: int, left: dict[str, int]) -> None:
    desk = desk_with(10)
    desk.ask(OPERATOR, Deposit(OPERATOR, PREFUND, ahead))
    settle(desk, net({("acme", "bakery"): 9, (OPERATOR, "bakery"): 7, ("cinema", OPERATOR): 11}))
    settlement = desk.house.settlements[1]
    assert (settlement.nets[OPERATOR], settlement.deferred) == (-4, ("acme",))
    assert settlement.unpaid == {"bakery": -16, "cinema": 11, **left}
    assert desk.balances.get(f"prefund:{OPERATOR}", 0) == -(ahead if left else 0) * MICROS_PER_CENT
    undone = desk.ask("ann", AbortSettlement(1))
    assert undone.refusal is None
    assert desk.balances[f"prefund:{OPERATOR}"] == -ahead * MICROS_PER_CENT
    assert desk.house.security.of(PREFUND, OPERATOR) == ahead


def test_a_settlement_of_which_all_is_deferred_is_settled_at_once() -> None:
    desk = desk_with(10)
    settle(desk, net({("acme", "bakery"): 9}))
    settlement = desk.house.settlements[1]
    assert (settlement.legs, settlement.settled, settlement.deferred) == ({}, True, ("acme", "bakery"))
    assert desk.ask("ann", AbortSettlement(1)).refusal == "LEG_ALREADY_PAID"


def test_others_than_those_below_the_minimum_are_refused_when_proposed_and_when_approved() -> None:
    desk = desk_with(10)
    desk.ask(OPERATOR, CloseCycle(1, None))
    figures = desk.figures[1] = net({("acme", "bakery"): 9, ("cinema", "bakery"): 10})
    for said in ((), ("acme", "cinema"), ("bakery",)):
        assert desk.ask("ann", Propose(1, "EUR", figures, HASH, (), said)).refusal == "FIGURES_DIFFER"
    assert desk.ask("ann", Propose(1, "EUR", figures, HASH, (), ("acme",))).refusal is None
    for minimum, refusal in ((9, "FIGURES_DIFFER"), (11, "FIGURES_DIFFER"), (10, None)):
        desk.house.tariffs[0] = replace(desk.house.tariffs[0], minimum_payment_minor=minimum)
        assert desk.ask("bob", Approve(HASH)).refusal == refusal


@pytest.mark.parametrize("name", ["p{:03}", "store-{:05}", "partner-with-a-name-of-forty-letters-{:03}"])
@pytest.mark.parametrize("part", [1.0, 0.7, 0.6])
def test_as_many_as_one_entry_has_room_for_are_deferred_the_smallest_first(name: str, part: float) -> None:
    """Beside every warning that there can be."""
    desk, number = Desk(partners=()), 0
    while desk.ask(OPERATOR, Register(name.format(number), "A name")).refusal is None:
        number += 1
    assert number > PARTNERS_MAX // 2
    desk.house.tariffs[0] = replace(
        desk.house.tariffs[0], minimum_payment_minor=MICROS_MAX, swing_warning_basis_points=1
    )
    names = [name.format(at) for at in range(number)]
    desk.house.security = Security(caps=dict.fromkeys(names, 0))
    for cycle, these in ((1, names), (2, names[: int(number * part)])):
        owed = {(each, these[-1]): cycle * 10**11 + at for at, each in enumerate(these[:-1])}
        desk.figures[cycle] = net(owed)
    desk.ask(OPERATOR, CloseCycle(1, None))
    settle(desk, desk.figures[2], cycle=2)
    deferred = desk.house.settlements[1].deferred
    assert len(desk.house.settlements[1].warnings) == number + CAPS_EXCEEDED_MAX
    assert list(deferred) == names[: len(deferred)]
    assert len(deferred) < number
    assert len(deferred) > 100 or part == 1
