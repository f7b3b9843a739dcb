"""Laws of cycles and settlements: two people, figures that the ledger gives, and postings that end at zero."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.wire.settlements import AMOUNT_MINOR_MAX
from settlement.clearing.acts import (
    AbortSettlement,
    AnswerObjection,
    Approve,
    CancelSettlement,
    CloseCycle,
    Confirm,
    Object,
    Propose,
)
from settlement.clearing.closing import CycleNotClosedError
from settlement.clearing.decide import decide_desk
from settlement.clearing.netting import Figures, net
from settlement.clearing.warnings import warnings_of
from settlement.errors import CoalitionError
from settlement.house.acts import Register
from settlement.house.banking import Instruction
from settlement.house.decide import PARTNERS_MAX
from settlement.house.four_eyes import PROPOSAL_LIFE_US
from settlement.house.records import APPROVER, Key, Network, Settlement
from settlement.house.state import House
from settlement.journal.acts import Draft
from settlement.journal.leaf import HOUSE
from settlement.money import MICROS_MAX, micros_per_minor
from tests.support.pure_acts import NETWORK, OPERATOR, T0_US, act, as_entry, house_of, keyid_for

PARTNERS, MICROS_PER_CENT = ("acme", "bakery", "cinema", "drugs"), 10_000
HASH, NOT_CLOSED = "ab" * 32, ("CYCLE_NOT_CLOSED", "cycle")
NOT_CUT = "not cut by every shard yet; ask again in a moment"
SETTLED = Settlement(1, 1, "00" * 32, "ann", T0_US, {}, T0_US, approved_at=1)
OWED = st.dictionaries(
    st.tuples(st.sampled_from(PARTNERS), st.sampled_from(PARTNERS)).filter(lambda pair: pair[0] != pair[1]),
    st.integers(0, 2) | st.integers(0, 10**6),
    max_size=8,
)


class Desk:
    """Decides and applies acts on cycles as the house does."""

    def __init__(self, network: Network = NETWORK, partners: tuple[str, ...] = PARTNERS) -> None:
        self.house: House = house_of(*partners)
        self.house.network = network
        self.figures: dict[int, Figures] = {}
        self.owed: dict[int, dict[tuple[str, str], int]] = {}
        self.balances: dict[str, int] = {}
        for person in ("ann", "bob"):
            keyid = keyid_for(person)
            self.house.keys[keyid] = Key(keyid, "ed25519", APPROVER, OPERATOR, person, b"spki", 0)

    def ask(self, who: str, body: object, *, partner: str = OPERATOR, time_us: int = T0_US) -> Draft:
        draft = decide_desk(self.house, self.figures, act(partner, body, signer=who), time_us, self.owed)
        index = self.house.size
        before = self.house.fork()
        self.house.apply(as_entry(draft, shard=HOUSE, index=index, house=index, time_us=time_us))
        if draft.refusal is not None:
            assert replace(before, size=index + 1) == self.house
            assert draft.transfers == ()
        for post in draft.transfers:
            self.balances[post.debit] = self.balances.get(post.debit, 0) + post.amount
            self.balances[post.credit] = self.balances.get(post.credit, 0) - post.amount
        return draft

    def settle(self, figures: Figures, *, cycle: int = 1, proposal: str = HASH) -> Draft:
        """Close, propose by ann, approve by bob."""
        assert self.ask(OPERATOR, CloseCycle(cycle, None)).refusal is None
        self.figures[cycle] = figures
        warnings = warnings_of(figures, (), swing_basis_points=0, caps={})
        assert self.ask("ann", Propose(cycle, "EUR", figures, proposal, warnings)).refusal is None
        return self.ask("bob", Approve(proposal))


@given(OWED)
def test_a_settlement_paid_in_full_ends_every_account_at_zero(owed: dict[tuple[str, str], int]) -> None:
    desk, figures = Desk(), net(owed)
    desk.balances = {f"position:{name}": amount * MICROS_PER_CENT for name, amount in figures.nets.items()}
    assert desk.settle(figures).refusal is None
    assert all(desk.balances.get(f"position:{name}", 0) == 0 for name in PARTNERS)
    settlement = desk.house.settlements[1]
    assert settlement.settled == (not settlement.legs)
    for participant, amount in settlement.legs.items():
        assert desk.ask(OPERATOR, Confirm(1, participant, abs(amount) + 1)).refusal == "LEG_AMOUNT_DIFFERS"
        assert desk.ask(OPERATOR, Confirm(1, participant, abs(amount))).refusal is None
        assert desk.ask(OPERATOR, Confirm(1, participant, abs(amount))).refusal == "LEG_ALREADY_PAID"
    assert desk.house.settlements[1].settled
    assert set(desk.balances.values()) <= {0}
    assert desk.house.cycles[1].settlement == 1


def test_closing_names_the_open_cycle() -> None:
    desk = Desk()
    assert desk.ask(OPERATOR, CloseCycle(2, None)).refusal == "CYCLE_UNKNOWN"
    assert [desk.ask(OPERATOR, CloseCycle(1, "2026-11")).refusal for _ in "12"] == [None, "CYCLE_NOT_OPEN"]
    assert desk.house.open_cycle == 2
    assert (desk.house.cycles[1].label, desk.house.cycles[2].closed_at) == ("2026-11", None)


def test_nothing_is_proposed_before_every_shard_has_cut_and_nothing_but_the_ledgers_figures() -> None:
    desk, figures = Desk(), net({("acme", "bakery"): 7})
    proposal = Propose(1, "EUR", figures, HASH)
    assert desk.ask("ann", replace(proposal, cycle=9)).refusal == "CYCLE_UNKNOWN"
    with pytest.raises(CycleNotClosedError, match="cycle 1 is open") as caught:
        desk.ask("ann", proposal)
    assert (caught.value.soon, caught.value.reason, caught.value.field) == (False, *NOT_CLOSED)
    desk.ask(OPERATOR, CloseCycle(1, None))
    with pytest.raises(CycleNotClosedError, match=f"^cycle 1 is {NOT_CUT}$"):
        desk.ask("ann", proposal)
    desk.figures[1] = figures
    wrong = [replace(proposal, figures=net({("acme", "bakery"): 8})), replace(proposal, currency="USD")]
    for other in (*wrong, replace(proposal, figures=replace(figures, gross=8))):
        assert desk.ask("ann", other).refusal == "FIGURES_DIFFER"
    assert desk.ask("ann", proposal).refusal is None
    assert desk.house.cycles[1].settlement is None, "a proposal binds nobody"


def test_it_takes_another_person_within_72_hours_and_once() -> None:
    desk, figures = Desk(), net({("acme", "bakery"): 7})
    assert desk.ask("bob", Approve(HASH)).refusal == "PROPOSAL_UNKNOWN"
    desk.ask(OPERATOR, CloseCycle(1, None))
    desk.figures[1] = figures
    desk.ask("ann", Propose(1, "EUR", figures, HASH))
    second = "cd" * 32
    desk.ask("ann", Propose(1, "EUR", figures, second))
    assert desk.ask("ann", Approve(HASH)).refusal == "SAME_PERSON"
    late = T0_US + PROPOSAL_LIFE_US
    assert desk.ask("bob", Approve(HASH), time_us=late + 1).refusal == "PROPOSAL_EXPIRED"
    desk.figures[1] = net({("acme", "bakery"): 8})
    assert desk.ask("bob", Approve(HASH), time_us=late).refusal == "FIGURES_DIFFER"
    desk.figures[1] = figures
    assert desk.ask("bob", Approve(HASH), time_us=late).refusal is None
    assert desk.ask("bob", Approve(HASH)).refusal == "ALREADY_APPROVED"
    assert desk.ask("bob", Approve(second)).refusal == "CYCLE_IN_SETTLEMENT"
    assert desk.ask("ann", Propose(1, "EUR", figures, "ef" * 32)).refusal == "CYCLE_IN_SETTLEMENT"


def test_a_persons_second_key_is_still_the_same_person() -> None:
    desk, figures = Desk(), net({("acme", "bakery"): 7})
    desk.house.keys[keyid_for("ann-2")] = replace(desk.house.keys[keyid_for("ann")], keyid=keyid_for("ann-2"))
    desk.ask(OPERATOR, CloseCycle(1, None))
    desk.figures[1] = figures
    desk.ask("ann", Propose(1, "EUR", figures, HASH))
    assert desk.ask("ann-2", Approve(HASH)).refusal == "SAME_PERSON"


def test_legs_are_those_of_an_approved_settlement() -> None:
    desk = Desk()
    assert desk.ask(OPERATOR, Confirm(1, "acme", 7)).refusal == "LEG_UNKNOWN"
    desk.ask(OPERATOR, CloseCycle(1, None))
    desk.figures[1] = net({("acme", "bakery"): 7})
    desk.ask("ann", Propose(1, "EUR", desk.figures[1], HASH))
    assert desk.ask(OPERATOR, Confirm(1, "acme", 7)).refusal == "LEG_UNKNOWN", "proposed is not approved"
    desk.ask("bob", Approve(HASH))
    assert desk.ask(OPERATOR, Confirm(1, "cinema", 7)).refusal == "LEG_UNKNOWN"
    assert desk.ask(OPERATOR, Confirm(1, "acme", 7)).refusal is None


@pytest.mark.parametrize("digits", range(7))
def test_the_largest_amount_that_can_be_confirmed_has_a_leaf_in_every_currency(digits: int) -> None:
    desk = Desk(replace(NETWORK, minor_digits=digits))
    most = min(AMOUNT_MINOR_MAX, MICROS_MAX // micros_per_minor(digits))
    assert desk.ask(OPERATOR, Confirm(2**31 - 1, "a" * 40, most)).refusal == "LEG_UNKNOWN"
    if most < AMOUNT_MINOR_MAX:
        with pytest.raises(CoalitionError) as caught:
            desk.ask(OPERATOR, Confirm(2**31 - 1, "a" * 40, most + 1))
        assert (caught.value.reason, caught.value.field) == ("AMOUNT_TOO_LARGE", "amount_minor")
        assert caught.value.message == "amount_minor is more than the books can hold of this currency"


@pytest.mark.parametrize("name", ["p{:03}", "store-{:05}", "partner-with-a-name-of-forty-letters-{:03}"])
def test_a_settlement_of_as_many_participants_as_there_can_be_fits_one_entry(name: str) -> None:
    desk = Desk(partners=())
    number = 0
    while desk.ask(OPERATOR, Register(name.format(number), "A name")).refusal is None:
        number += 1
    assert PARTNERS_MAX // 2 < number <= PARTNERS_MAX
    names = [name.format(at) for at in range(number)]
    owed = {(names[at - 1], names[at]): at * 10**11 + 10**14 for at in range(number)}
    desk.house.settlements = dict.fromkeys(range(1, 99_999), SETTLED)
    desk.ask(OPERATOR, CloseCycle(1, None))
    desk.figures[1] = net(owed)
    assert desk.ask("ann", Propose(1, "EUR", desk.figures[1], HASH)).refusal is None
    assert desk.ask("bob", Approve(HASH)).refusal is None


@pytest.mark.parametrize("digits", [2, 6])
def test_a_leg_that_no_transfer_can_move_is_an_error_and_posts_nothing(digits: int) -> None:
    network = replace(NETWORK, minor_digits=digits)
    most = MICROS_MAX // micros_per_minor(digits)
    desk = Desk(network)
    assert desk.settle(net({("acme", "bakery"): most})).refusal is None
    assert desk.ask(OPERATOR, Confirm(1, "acme", most)).refusal is None
    desk = Desk(network)
    with pytest.raises(CoalitionError) as caught:
        desk.settle(net({("acme", "bakery"): most + 1}))
    assert caught.value.reason == "AMOUNT_TOO_LARGE"
    assert caught.value.message == "the leg of acme is more than one transfer can move"
    assert not desk.house.settlements[1].approved


def test_an_act_of_another_room_is_decided_there() -> None:
    assert Desk().ask(OPERATOR, Register("acme", "Acme")).kind == "register"


OBJECTIONS = (
    CancelSettlement(1),
    AbortSettlement(1),
    Object(1, "no"),
    AnswerObjection(1, "acme", True, "yes"),
)


@given(OWED, st.booleans())
def test_an_abort_leaves_the_books_as_the_approval_found_them(
    owed: dict[tuple[str, str], int], paid: bool
) -> None:
    desk, figures = Desk(), net(owed)
    assert desk.settle(figures).refusal is None
    legs = list(desk.house.settlements[1].legs.items())
    if paid and legs:
        desk.ask(OPERATOR, Confirm(1, legs[0][0], abs(legs[0][1])))
    aborted = desk.ask("ann", AbortSettlement(1))
    if paid or not legs:
        assert aborted.refusal == "LEG_ALREADY_PAID"
        return
    assert set(desk.balances.values()) == {0}
    assert desk.house.cycles[1].settlement is None
    assert not desk.house.settlements[1].approved
    assert desk.ask("ann", AbortSettlement(1)).refusal == "ALREADY_ABORTED"
    assert desk.ask("bob", CancelSettlement(1)).refusal == "ALREADY_ABORTED"
    warnings = warnings_of(figures, (), swing_basis_points=0, caps={})
    assert desk.ask("ann", Propose(1, "EUR", figures, HASH, warnings)).refusal is None
    assert desk.ask("bob", Approve(HASH)).refusal is None


def test_what_a_bank_was_told_to_pay_is_not_aborted() -> None:
    desk = Desk()
    desk.settle(net({("acme", "bakery"): 7}))
    desk.house.instructions[1] = Instruction(1, desk.house.size, T0_US, (), {}, {})
    assert desk.ask("ann", AbortSettlement(1)).refusal == "ALREADY_INSTRUCTED"


def test_what_is_over_says_so_however_often_it_is_asked() -> None:
    desk = Desk()
    unknown = [desk.ask("ann" if body is not OBJECTIONS[2] else "acme", body).refusal for body in OBJECTIONS]
    assert unknown == ["SETTLEMENT_UNKNOWN"] * 3 + ["OBJECTION_UNKNOWN"]
    desk.ask(OPERATOR, CloseCycle(1, None))
    desk.figures[1] = net({("acme", "bakery"): 7})
    desk.ask("ann", Propose(1, "EUR", desk.figures[1], HASH))
    assert desk.ask("ann", CancelSettlement(1)).refusal is None
    for again in (CancelSettlement(1), Approve(HASH)):
        assert desk.ask("bob", again).refusal == "ALREADY_CANCELLED"
    assert desk.ask("bob", AbortSettlement(1)).refusal == "NOT_APPROVED"


def test_an_objection_holds_up_the_approval_until_it_is_answered() -> None:
    desk, figures = Desk(), net({("acme", "bakery"): 7})
    desk.house.tariffs[desk.house.tariff_number] = replace(desk.house.tariff, objection_hours=1)
    desk.ask(OPERATOR, CloseCycle(1, None))
    desk.figures[1] = figures
    desk.ask("ann", Propose(1, "EUR", figures, HASH))
    ends_us = T0_US + 3_600_000_000
    assert desk.ask("bob", Approve(HASH), time_us=ends_us - 1).refusal == "OBJECTION_PERIOD"
    assert desk.ask("cinema", Object(1, "no"), partner="cinema").refusal == "SETTLEMENT_UNKNOWN"
    assert (
        desk.ask("bakery", Object(1, "no"), partner="bakery", time_us=ends_us).refusal
        == "OBJECTION_PERIOD_OVER"
    )
    assert desk.ask("acme", Object(1, "no"), partner="acme", time_us=ends_us - 1).refusal is None
    assert desk.ask("acme", Object(1, "no"), partner="acme").refusal == "ALREADY_OBJECTED"
    assert desk.ask("bob", Approve(HASH), time_us=ends_us).refusal == "OBJECTION_OPEN"
    assert desk.ask("bob", AnswerObjection(1, "acme", False, "no")).refusal is None
    assert desk.ask("bob", AnswerObjection(1, "acme", True, "yes")).refusal == "ALREADY_ANSWERED"
    said = desk.house.settlements[1].objections["acme"]
    assert (said.words, said.accepted, said.answer) == ("no", False, "no")
    late = ends_us + PROPOSAL_LIFE_US
    assert desk.ask("bob", Approve(HASH), time_us=late + 1).refusal == "PROPOSAL_EXPIRED"
    assert desk.ask("bob", Approve(HASH), time_us=late).refusal is None


def test_an_accepted_objection_cancels_the_proposal() -> None:
    desk, figures = Desk(), net({("acme", "bakery"): 7})
    desk.house.tariffs[desk.house.tariff_number] = replace(desk.house.tariff, objection_hours=1)
    desk.ask(OPERATOR, CloseCycle(1, None))
    desk.figures[1] = figures
    desk.ask("ann", Propose(1, "EUR", figures, HASH))
    desk.ask("acme", Object(1, "no"), partner="acme")
    desk.ask("bakery", Object(1, "no"), partner="bakery")
    assert desk.ask("ann", AnswerObjection(1, "acme", True, "yes")).refusal is None
    assert desk.ask("ann", AnswerObjection(1, "bakery", True, "yes")).refusal == "ALREADY_CANCELLED"
    assert desk.ask("acme", Object(1, "no"), partner="acme").refusal == "ALREADY_OBJECTED"
    assert desk.ask("bob", Approve(HASH)).refusal == "ALREADY_CANCELLED"
