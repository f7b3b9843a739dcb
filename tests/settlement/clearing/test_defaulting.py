"""Laws of securities and defaults: every account ends where it must, and claims are exactly what was borne."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.clearing.acts import AbortSettlement, Approve, Confirm, Propose
from settlement.clearing.calendar import payment_due_us
from settlement.clearing.closing import CycleNotClosedError
from settlement.clearing.defaulting import fall_of
from settlement.clearing.netting import net
from settlement.clearing.security_acts import (
    ApproveDefault,
    ApproveWithdrawal,
    Deposit,
    ProposeDefault,
    ProposeWithdrawal,
    SetCap,
)
from settlement.clearing.states import leg_state_of
from settlement.clock import HOUR_US
from settlement.errors import CoalitionError
from settlement.house.acts import Register
from settlement.house.decide import PARTNERS_MAX
from settlement.house.four_eyes import PROPOSAL_LIFE_US
from settlement.house.security import CAPITAL, COLLATERAL, GUARANTEE, PREFUND, SECURITIES, Waterfall
from settlement.house.tariff import Tariff
from settlement.journal.acts import Draft
from settlement.money import MICROS_MAX
from tests.settlement.clearing.test_decide import HASH, OWED, PARTNERS, Desk
from tests.support.pure_acts import OPERATOR, T0_US, keyid_for

MICROS_PER_CENT = 10_000
DUE_US = payment_due_us(Tariff(1, payment_days=1), T0_US) or 0
LATE_US = DUE_US + HOUR_US
CENTS = st.integers(0, 9) | st.integers(0, 10**6)
DEPOSITS = st.dictionaries(
    st.tuples(st.sampled_from(SECURITIES), st.sampled_from(PARTNERS)), st.integers(1, 10**6), max_size=6
)
GIVEN = st.tuples(st.sampled_from(PARTNERS), st.booleans())


def desk_of(owed: dict[tuple[str, str], int], *, payment_days: int = 1) -> Desk:
    """Positions as the obligations leave them; legs are due after so many days."""
    desk, figures = Desk(), net(owed)
    desk.house.tariffs[0] = replace(desk.house.tariffs[0], payment_days=payment_days)
    desk.balances = {f"position:{name}": amount * MICROS_PER_CENT for name, amount in figures.nets.items()}
    desk.owed[1] = owed
    return desk


def in_default(desk: Desk, name: str, *, number: int = 1) -> Draft:
    """Ann proposes, bob approves; his draft."""
    fall = fall_of(desk.house, desk.owed, desk.house.settlements[number], name)
    proposal = keyid_for(f"{number} {name} {fall}")
    body = ProposeDefault(number, name, "EUR", fall, proposal)
    assert desk.ask("ann", body, time_us=LATE_US).refusal is None
    return desk.ask("bob", ApproveDefault(proposal), time_us=LATE_US)


@given(OWED, DEPOSITS, st.lists(GIVEN, max_size=4))
def test_whatever_is_paid_prefunded_or_defaulted_every_account_ends_where_it_must(
    owed: dict[tuple[str, str], int], deposits: dict[tuple[str, str], int], course: list[tuple[str, bool]]
) -> None:
    desk = desk_of(owed)
    for (kind, name), cents in deposits.items():
        assert desk.ask(OPERATOR, Deposit(OPERATOR if kind == CAPITAL else name, kind, cents)).refusal is None
    assert desk.settle(net(owed)).refusal is None
    for name, pays in course:
        left = desk.house.settlements[1].unpaid.get(name, 0)
        if left > 0 and not pays:
            assert in_default(desk, name).refusal is None
        elif left:
            assert desk.ask(OPERATOR, Confirm(1, name, abs(left))).refusal is None
    for name, left in desk.house.settlements[1].unpaid.items():
        assert desk.ask(OPERATOR, Confirm(1, name, abs(left))).refusal is None
    settlement = desk.house.settlements[1]
    assert settlement.settled
    claims: dict[str, int] = {}
    for name, default in settlement.defaults.items():
        for creditor, cents in [*default.fall.borne.items(), (OPERATOR, default.fall.operators)]:
            claims[name] = claims.get(name, 0) + cents
            claims[creditor] = claims.get(creditor, 0) - cents
    funds = desk.house.security.funds
    for account, micros in desk.balances.items():
        kind, _, name = account.partition(":")
        if kind == "position":
            assert micros == claims.get(name, 0) * MICROS_PER_CENT
        elif kind in SECURITIES:
            assert -micros == funds[account] * MICROS_PER_CENT
            assert kind == CAPITAL or micros <= 0
        elif kind == "settling":
            assert micros == 0
    assert desk.balances.get("bank", 0) == sum(funds.values()) * MICROS_PER_CENT
    assert sum(desk.balances.values()) == 0


def test_a_prefund_pays_whole_legs_only_and_at_once() -> None:
    owed = {("acme", "cinema"): 500, ("bakery", "cinema"): 300}
    desk = desk_of(owed)
    for name, cents in (("acme", 500), ("bakery", 299), ("cinema", 800)):
        desk.ask(OPERATOR, Deposit(name, PREFUND, cents))
    approved = desk.settle(net(owed))
    assert [post.debit for post in approved.transfers] == [
        "prefund:acme",
        "settling:1:bakery",
        "position:cinema",
    ]
    settlement = desk.house.settlements[1]
    assert settlement.paid == settlement.paid_ahead == frozenset({"acme"})
    assert settlement.unpaid == {"bakery": 300, "cinema": -800}
    assert desk.ask(OPERATOR, Confirm(1, "acme", 500)).refusal == "LEG_ALREADY_PAID"


def test_an_abort_gives_back_what_was_paid_ahead_and_is_refused_once_a_leg_is_in_default() -> None:
    owed = {("acme", "cinema"): 500, ("bakery", "cinema"): 300}
    desk = desk_of(owed)
    desk.ask(OPERATOR, Deposit("acme", PREFUND, 500))
    before = dict(desk.balances)
    desk.settle(net(owed))
    assert desk.ask("bob", AbortSettlement(1)).refusal is None
    assert {account: micros for account, micros in desk.balances.items() if micros} == before
    assert desk.house.security.of(PREFUND, "acme") == 500
    assert desk.ask("ann", Propose(1, "EUR", net(owed), "ef" * 32)).refusal is None
    assert desk.ask("bob", Approve("ef" * 32)).refusal is None
    assert in_default(desk, "bakery", number=2).refusal is None
    assert desk.ask("bob", AbortSettlement(2)).refusal == "LEG_ALREADY_PAID"


def test_a_leg_is_in_default_when_it_is_overdue_and_not_before() -> None:
    owed = {("acme", "bakery"): 7}
    desk, fall = desk_of(owed), Waterfall(7, 0, 0, 0, {"bakery": 7}, 0)
    body = ProposeDefault(1, "acme", "EUR", fall, HASH)
    assert desk.ask("ann", body).refusal == "LEG_UNKNOWN"
    desk.settle(net(owed))
    assert desk.ask("ann", body, time_us=DUE_US - 1).refusal == "LEG_NOT_OVERDUE"
    late_us = DUE_US
    for name in ("bakery", "cinema", "nobody"):
        assert desk.ask("ann", replace(body, participant=name), time_us=late_us).refusal == "LEG_UNKNOWN"
    wrong = (replace(body, currency="USD"), replace(body, fall=replace(fall, shortfall=1)))
    assert [desk.ask("ann", each, time_us=late_us).refusal for each in wrong] == ["FIGURES_DIFFER"] * 2
    assert desk.ask("ann", body, time_us=late_us).refusal is None
    desk.owed.clear()
    with pytest.raises(CycleNotClosedError, match="cycle 1 is not cut"):
        desk.ask("ann", body, time_us=late_us)


def test_without_payment_days_nothing_is_ever_overdue() -> None:
    desk = desk_of({("acme", "bakery"): 7}, payment_days=0)
    desk.settle(net(desk.owed[1]))
    body = ProposeDefault(1, "acme", "EUR", Waterfall(7, 0, 0, 0, {"bakery": 7}, 0), HASH)
    assert desk.ask("ann", body, time_us=T0_US + 10**16).refusal == "LEG_NOT_OVERDUE"


def test_two_people_agree_on_a_default_while_it_is_as_they_say() -> None:
    owed = {("acme", "bakery"): 7}
    desk = desk_of(owed)
    desk.settle(net(owed))
    proposal = "cd" * 32
    body = ProposeDefault(1, "acme", "EUR", Waterfall(7, 0, 0, 0, {"bakery": 7}, 0), proposal)
    yes = ApproveDefault(proposal)
    assert desk.ask("bob", yes, time_us=LATE_US).refusal == "PROPOSAL_UNKNOWN"
    assert desk.ask("ann", body, time_us=LATE_US).refusal is None
    assert desk.ask("bob", yes, time_us=LATE_US + PROPOSAL_LIFE_US + 1).refusal == "PROPOSAL_EXPIRED"
    assert desk.ask("ann", yes, time_us=LATE_US).refusal == "SAME_PERSON"
    desk.ask(OPERATOR, Deposit("acme", COLLATERAL, 1))
    assert desk.ask("bob", yes, time_us=LATE_US + PROPOSAL_LIFE_US).refusal == "FIGURES_DIFFER"
    assert in_default(desk, "acme").refusal is None
    assert desk.ask("bob", yes, time_us=LATE_US).refusal == "LEG_DEFAULTED"
    assert desk.ask("ann", body, time_us=LATE_US).refusal == "LEG_DEFAULTED"
    assert desk.ask(OPERATOR, Confirm(1, "acme", 7)).refusal == "LEG_DEFAULTED"
    assert desk.ask(OPERATOR, Confirm(1, "bakery", 7)).refusal == "LEG_AMOUNT_DIFFERS"
    assert desk.ask(OPERATOR, Confirm(1, "bakery", 1)).refusal is None
    assert desk.house.settlements[1].settled


def test_a_leg_of_which_nothing_is_left_cannot_be_confirmed() -> None:
    owed = {("acme", "bakery"): 7}
    desk = desk_of(owed)
    desk.settle(net(owed))
    draft = in_default(desk, "acme")
    assert [(post.debit, post.credit, post.amount) for post in draft.transfers] == [
        ("settling:1:bakery", "settling:1:acme", 70_000),
        ("position:acme", "position:bakery", 70_000),
    ]
    assert desk.ask(OPERATOR, Confirm(1, "bakery", 7)).refusal == "LEG_DEFAULTED"
    settlement = desk.house.settlements[1]
    states = [leg_state_of(desk.house, settlement, name, LATE_US) for name in ("acme", "bakery")]
    assert (states, desk.house.settlements[1].settled) == (["allocated", "borne"], True)


def test_the_operator_in_default_owes_itself_nothing() -> None:
    owed = {(OPERATOR, "bakery"): 7}
    desk = desk_of(owed)
    desk.ask(OPERATOR, Deposit(OPERATOR, CAPITAL, 5))
    desk.settle(net(owed))
    assert [(post.debit, post.amount) for post in in_default(desk, OPERATOR).transfers] == [
        (CAPITAL, 50_000),
        ("settling:1:bakery", 20_000),
        (f"position:{OPERATOR}", 20_000),
    ]


def test_money_goes_back_by_two_people_and_only_what_is_there() -> None:
    desk, proposal = Desk(), "cd" * 32
    body = ProposeWithdrawal("acme", GUARANTEE, "EUR", 5, proposal)
    yes = ApproveWithdrawal(proposal)
    assert desk.ask("ann", body).refusal == "SECURITY_EXCEEDED"
    desk.ask(OPERATOR, Deposit("acme", GUARANTEE, 5))
    assert desk.ask("ann", replace(body, currency="USD")).refusal == "FIGURES_DIFFER"
    assert desk.ask("ann", replace(body, participant="nobody")).refusal == "PARTNER_UNKNOWN"
    assert desk.ask("ann", replace(body, security=CAPITAL)).refusal == "PARTNER_UNKNOWN"
    assert desk.ask("bob", yes).refusal == "PROPOSAL_UNKNOWN"
    assert desk.ask("ann", body).refusal is None
    assert desk.ask("ann", replace(body, amount_minor=1, proposal_sha256=HASH)).refusal is None
    assert desk.ask("ann", yes).refusal == "SAME_PERSON"
    late_us = T0_US + PROPOSAL_LIFE_US
    assert desk.ask("bob", yes, time_us=late_us + 1).refusal == "PROPOSAL_EXPIRED"
    assert desk.ask("bob", ApproveWithdrawal(HASH)).refusal is None
    assert desk.ask("bob", yes, time_us=late_us).refusal == "SECURITY_EXCEEDED"
    desk.ask(OPERATOR, Deposit("acme", GUARANTEE, 1))
    assert desk.ask("bob", yes, time_us=late_us).refusal is None
    assert desk.ask("bob", yes).refusal == "ALREADY_APPROVED"
    assert desk.balances == {"bank": 0, "guarantee:acme": 0}


def test_a_cap_takes_a_request_key_and_an_approvers() -> None:
    desk, cap = Desk(), SetCap("acme", 10)
    assert desk.ask(OPERATOR, SetCap("nobody", 10)).refusal == "PARTNER_UNKNOWN"
    assert desk.ask(OPERATOR, SetCap("acme", None)).refusal == "ALREADY_APPROVED", "there is none"
    assert [desk.ask("ann", cap).refusal, desk.ask("bob", cap).refusal] == [None, "ALREADY_APPROVED"]
    assert desk.house.security.caps == {}
    assert desk.ask(OPERATOR, SetCap("acme", 11)).refusal is None
    assert desk.ask(OPERATOR, cap).refusal is None, "what ann named is not what was named last"
    assert desk.ask("bob", cap).refusal is None
    assert desk.house.security.caps == {"acme": 10}
    assert desk.ask("ann", cap).refusal == "ALREADY_APPROVED"
    assert desk.ask("ann", SetCap("acme", None)).refusal is None
    assert desk.ask(OPERATOR, SetCap("acme", None)).refusal is None
    assert desk.house.security.caps == {}


def test_what_a_revoked_key_has_named_must_be_named_afresh() -> None:
    desk, cap = Desk(), SetCap("acme", 0)
    desk.ask("ann", cap)
    key = desk.house.keys[keyid_for("ann")]
    desk.house.keys[key.keyid] = replace(key, revoked_at=1)
    assert desk.ask(OPERATOR, cap).refusal is None
    assert desk.house.security.caps == {}
    assert desk.ask("bob", cap).refusal is None
    assert desk.house.security.caps == {"acme": 0}


def test_a_deposit_that_no_transfer_can_move_is_an_error() -> None:
    with pytest.raises(CoalitionError) as caught:
        Desk().ask(OPERATOR, Deposit("acme", COLLATERAL, MICROS_MAX // MICROS_PER_CENT + 1))
    assert (caught.value.reason, caught.value.field) == ("AMOUNT_TOO_LARGE", "amount_minor")
    assert caught.value.message.startswith("amount_minor is more than the books can hold")


@pytest.mark.parametrize("name", ["p{:03}", "partner-with-a-name-of-forty-letters-{:03}"])
def test_the_default_of_whoever_owes_everyone_fits_one_entry(name: str) -> None:
    desk, number = Desk(partners=()), 0
    while desk.ask(OPERATOR, Register(name.format(number), "A name")).refusal is None:
        number += 1
    assert number > PARTNERS_MAX // 2
    names = [name.format(at) for at in range(number)]
    owed = {(names[0], creditor): 10**12 + at for at, creditor in enumerate(names[1:])}
    desk.house.tariffs[0] = replace(desk.house.tariffs[0], payment_days=1)
    desk.owed[1] = owed
    assert desk.settle(net(owed)).refusal is None
    draft = in_default(desk, names[0])
    assert draft.refusal is None
    assert desk.house.settlements[1].unpaid.keys() <= set(names[1:])
    assert desk.ask("bob", Approve(HASH)).refusal == "ALREADY_APPROVED"
