"""The model by hand: cycles, netting and settlements with the numbers of docs/clearing.md written out."""

import pytest

from coalition.simulation.model import CycleFigures, Place
from coalition.simulation.model.cycles import figures_of
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
from settlement.clearing.netting import Figures
from settlement.house.tariff import Tariff
from settlement.ledger.acts import Enrol
from tests.coalition.simulation.by_hand import HASH, HOUR_US, OPERATOR, SECOND_HASH, World, error_of, lines


@pytest.mark.parametrize(
    ("owed", "figures"),
    [
        (
            {("a", "b"): 50, ("b", "c"): 50, ("c", "a"): 50},
            CycleFigures(150, 150, 0, {"a": 0, "b": 0, "c": 0}),
        ),
        ({("a", "b"): 100, ("b", "a"): 40}, CycleFigures(140, 60, 60, {"a": 60, "b": -60})),
        (
            {("a", "b"): 30, ("a", "c"): 20, ("b", "c"): 10},
            CycleFigures(60, 60, 50, {"a": 50, "b": -20, "c": -30}),
        ),
        ({("b", "a"): 0}, CycleFigures(0, 0, 0, {"a": 0, "b": 0})),
    ],
)
def test_netting_by_its_formulas(owed: dict[tuple[str, str], int], figures: CycleFigures) -> None:
    assert figures_of(owed) == figures


def test_each_fraction_of_a_cent_waits_for_the_cycle_in_which_it_makes_a_whole_one() -> None:
    world = World(Tariff(4_000))
    world.issue("acme", 100)
    owed = []
    for cycle in range(1, 6):
        world.redeem("bakery", 1)
        world.close(cycle)
        figures = world.model.figures(cycle)
        owed.append(figures.gross if figures is not None else None)
    assert owed == [0, 0, 1, 0, 1], "0.4, 0.8, 1.2, 1.6 and 2.0 cents"


def test_a_reversed_redemption_is_a_debt_the_other_way_in_the_open_cycle() -> None:
    world = World(Tariff(15_000))
    world.issue("acme", 1)
    world.redeem("bakery", 1, act_id="spent")
    world.close(1)
    world.reverse("bakery", "spent")
    world.close(2)
    assert world.model.figures(1) == CycleFigures(1, 1, 1, {"acme": 1, "bakery": -1})
    assert world.model.figures(2) == CycleFigures(1, 1, 1, {"acme": -1, "bakery": 1})


def test_a_cut_ends_its_range_before_itself_and_comes_before_any_act() -> None:
    world = World()
    world.issue("acme", 5)
    world.ask(OPERATOR, CloseCycle(1, "2026-11"))
    world.ask(OPERATOR, CloseCycle(2, None))
    house = world.model.size(0)
    assert world.model.is_cut_due(1, house)
    assert not world.model.is_cut_due(1, house - 2)
    assert error_of(world, "acme", Enrol("x", ()), shard=1) == "CUT_MISSING"
    size = world.model.size(1)
    cuts = [world.model.cut(Place(1, size + at, house, world.now_us + 1 + at)) for at in range(2)]
    assert cuts == [
        (("cycle", "1"), ("range", f"0 {size}")),
        (("cycle", "2"), ("range", f"{size} {size + 1}")),
    ]
    assert world.model.figures(1) is None, "shard 2 has not cut it"
    assert (world.model.figures(0), world.model.figures(4)) == (None, None), "there is none"
    assert error_of(world, "ann", Propose(1, "EUR", Figures(0, 0, 0, {}), HASH)) == "CYCLE_NOT_CLOSED"


def traded() -> World:
    """Cycle 1 is closed: acme owes bakery 120 cents and cinema 80, bakery owes acme 50."""
    world = World()
    world.issue("acme", 300)
    world.issue("bakery", 50, shard=2)
    world.redeem("bakery", 120)
    world.redeem("cinema", 80)
    world.redeem("acme", 50, shard=2)
    world.close(1)
    return world


def test_a_cycle_is_settled_by_two_people() -> None:
    world = traded()
    assert world.propose("ann", 1).lines == (
        ("cycle", "1"),
        ("settlement", "1"),
        ("proposal", HASH),
        ("net", "acme 150"),
        ("net", "bakery -70"),
        ("net", "cinema -80"),
        ("result", "ok"),
    )
    assert world.ask("ann", Approve(HASH)).lines == (
        ("settlement", "1"),
        ("proposal", HASH),
        ("result", "refused SAME_PERSON"),
    )
    assert world.ask(OPERATOR, Confirm(1, "acme", 150)).refusal == "LEG_UNKNOWN", "not approved"
    assert lines(world.ask("bob", Approve(HASH)), "post") == [
        "settling:1:acme position:acme EUR 1500000",
        "position:bakery settling:1:bakery EUR 700000",
        "position:cinema settling:1:cinema EUR 800000",
    ]
    assert world.ask("bob", Approve(HASH)).refusal == "ALREADY_APPROVED"
    assert world.propose("ann", 1).refusal == "CYCLE_IN_SETTLEMENT"


def test_legs_are_paid_one_by_one_until_every_account_is_at_zero() -> None:
    world = traded()
    world.propose("ann", 1)
    world.ask("bob", Approve(HASH))
    assert world.ask(OPERATOR, Confirm(1, "acme", 149)).refusal == "LEG_AMOUNT_DIFFERS"
    paid = [world.ask(OPERATOR, Confirm(1, name, cents)) for name, cents in (("acme", 150), ("bakery", 70))]
    assert [lines(one, "post") for one in paid] == [
        ["bank settling:1:acme EUR 1500000"],
        ["settling:1:bakery bank EUR 700000"],
    ]
    assert world.model.unpaid(1) == {"cinema": -80}
    assert world.model.broken_laws() == []
    assert world.ask(OPERATOR, Confirm(1, "acme", 150)).refusal == "LEG_ALREADY_PAID"
    assert world.ask(OPERATOR, Confirm(1, OPERATOR, 1)).refusal == "LEG_UNKNOWN"
    assert world.ask(OPERATOR, Confirm(1, "cinema", 80)).refusal is None
    assert world.model.unpaid(1) == {}
    assert world.model.broken_laws() == []


def test_a_proposal_lives_for_72_hours_and_its_hash_names_the_newest() -> None:
    world = World()
    world.close(1)
    for proposal in (HASH, SECOND_HASH, HASH):
        assert world.propose("ann", 1, proposal).refusal is None
    proposed_us = world.now_us
    world.now_us = proposed_us + 72 * HOUR_US
    refused = world.ask("bob", Approve(HASH))
    assert (refused.refusal, lines(refused, "settlement")) == ("PROPOSAL_EXPIRED", ["3"])
    assert world.propose("ann", 1).refusal is None
    world.now_us += 72 * HOUR_US - 1
    assert lines(world.ask("bob", Approve(HASH)), "settlement") == ["4"]
    assert world.ask("bob", Approve(SECOND_HASH)).refusal == "CYCLE_IN_SETTLEMENT"
    assert world.ask("bob", Approve("ef" * 32)).lines == (
        ("proposal", "ef" * 32),
        ("result", "refused PROPOSAL_UNKNOWN"),
    )
    assert [world.ask(OPERATOR, CloseCycle(cycle, None)).refusal for cycle in (1, 3)] == [
        "CYCLE_NOT_OPEN",
        "CYCLE_UNKNOWN",
    ]


def refusals(world: World, keyid: str, *bodies: object) -> list[str | None]:
    return [world.ask(keyid, body).refusal for body in bodies]


def test_a_participant_objects_once_within_its_time_and_nobody_approves_before_it_is_answered() -> None:
    world = traded()
    world.change_tariff(Tariff(10_000, objection_hours=24))
    world.propose("ann", 1)
    ends_us = world.now_us + 24 * HOUR_US
    no, yes = (
        AnswerObjection(1, "bakery", False, "it is right"),
        AnswerObjection(1, "cinema", True, "so it is"),
    )
    assert refusals(world, "bob", Approve(HASH), no) == ["OBJECTION_PERIOD", "OBJECTION_UNKNOWN"]
    assert world.ask("bakery", Object(1, "a sale is missing")).lines == (
        ("settlement", "1"),
        ("words", "a sale is missing"),
        ("result", "ok"),
    )
    assert refusals(world, "bakery", Object(1, "again"), Object(2, "x")) == [
        "ALREADY_OBJECTED",
        "SETTLEMENT_UNKNOWN",
    ]
    world.now_us = ends_us - 1
    assert refusals(world, "acme", Object(1, "too late")) == ["OBJECTION_PERIOD_OVER"]
    assert refusals(world, "bob", Approve(HASH)) == ["OBJECTION_OPEN"]
    assert world.ask("ann", no).lines[2:] == (
        ("answer", "rejected"),
        ("words", "it is right"),
        ("result", "ok"),
    )
    world.propose("ann", 1, SECOND_HASH)
    assert refusals(world, "cinema", Object(2, "no")) == [None]
    accepted = AnswerObjection(2, "cinema", True, "so it is")
    assert refusals(world, "bob", accepted, accepted, yes) == [None, "ALREADY_ANSWERED", "OBJECTION_UNKNOWN"]
    over = (Approve(SECOND_HASH), CancelSettlement(2))
    assert refusals(world, "bob", *over) == ["ALREADY_CANCELLED"] * 2
    assert refusals(world, "acme", Object(2, "no")) == ["ALREADY_CANCELLED"]
    world.now_us = ends_us + 72 * HOUR_US - 1
    assert refusals(world, "bob", Approve(HASH)) == [None], "72 hours after the time for objections"
    assert world.model.broken_laws() == []


def test_a_proposal_is_cancelled_before_its_approval_and_aborted_after_it() -> None:
    world = traded()
    world.propose("ann", 1)
    cancel, abort = CancelSettlement(1), AbortSettlement(1)
    assert refusals(world, "bob", abort, cancel, cancel) == ["NOT_APPROVED", None, "ALREADY_CANCELLED"]
    assert refusals(world, "bob", Approve(HASH), abort, CancelSettlement(9), AbortSettlement(9)) == [
        "ALREADY_CANCELLED",
        "NOT_APPROVED",
        "SETTLEMENT_UNKNOWN",
        "SETTLEMENT_UNKNOWN",
    ]
    world.propose("ann", 1)
    assert refusals(world, "bob", Approve(HASH), CancelSettlement(2)) == [None, "ALREADY_APPROVED"]
    assert lines(world.ask("ann", AbortSettlement(2)), "post") == [
        "position:acme settling:2:acme EUR 1500000",
        "settling:2:bakery position:bakery EUR 700000",
        "settling:2:cinema position:cinema EUR 800000",
    ]
    assert (
        refusals(world, "bob", AbortSettlement(2), Approve(HASH), CancelSettlement(2))
        == ["ALREADY_ABORTED"] * 3
    )
    assert refusals(world, OPERATOR, Confirm(2, "acme", 150)) == ["LEG_UNKNOWN"]
    assert world.model.broken_laws() == []
    world.propose("ann", 1)
    assert refusals(world, "bob", Approve(HASH)) == [None]
    assert refusals(world, OPERATOR, Confirm(3, "acme", 150)) == [None]
    assert refusals(world, "ann", AbortSettlement(3)) == ["LEG_ALREADY_PAID"]
    assert world.model.broken_laws() == []


def test_a_settlement_without_legs_is_settled_at_once_and_not_aborted() -> None:
    world = World()
    world.close(1)
    world.propose("ann", 1)
    assert refusals(world, "bob", Approve(HASH), AbortSettlement(1)) == [None, "LEG_ALREADY_PAID"]
