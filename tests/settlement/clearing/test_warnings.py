"""What somebody must look at: by its definition, and where nothing is compared with nothing."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.clearing.acts import Approve, CloseCycle, Propose
from settlement.clearing.netting import Figures, net
from settlement.clearing.proposing import warnings_now
from settlement.clearing.security_acts import SetCap
from settlement.clearing.warnings import CAPS_EXCEEDED_MAX, compared_with, warnings_of
from settlement.house.acts import Register
from settlement.house.security import Security
from tests.settlement.clearing.test_decide import HASH, Desk
from tests.support.pure_acts import OPERATOR

NETS = st.dictionaries(st.sampled_from(["acme", "bakery", "cinema"]), st.integers(-50, 50), max_size=3)
CYCLES = NETS.map(lambda nets: Figures(1, 1, 1, nets))


@given(CYCLES, st.lists(CYCLES, max_size=3), st.sampled_from([0, 1, 2_500, 10_000, 20_000]))
def test_a_swing_is_a_change_of_the_mean_by_more_than_its_part(
    figures: Figures, earlier: list[Figures], basis_points: int
) -> None:
    due = set()
    for name in ("acme", "bakery", "cinema"):
        before = [each.nets.get(name, 0) for each in earlier]
        mean = Fraction(sum(before), len(before) or 1)
        if abs(figures.nets.get(name, 0) - mean) > abs(mean) * Fraction(basis_points, 10_000):
            due.add(f"unusual-swing:{name}")
    found = warnings_of(figures, earlier, swing_basis_points=basis_points, caps={})
    assert set(found) == (due if earlier and basis_points else set())
    assert list(found) == sorted(found)


@pytest.mark.parametrize(("cycle", "earlier"), [(1, []), (2, [1]), (4, [1, 2, 3]), (9, [6, 7, 8])])
def test_a_cycle_is_compared_with_the_three_before_it(cycle: int, earlier: list[int]) -> None:
    assert list(compared_with(cycle)) == earlier


def test_a_cycle_in_which_nobody_owes_anything_is_told() -> None:
    assert warnings_of(net({}), [], swing_basis_points=0, caps={}) == ("zero-cycle",)
    assert warnings_of(net({("acme", "bakery"): 0}), [], swing_basis_points=0, caps={}) == ("zero-cycle",)
    assert warnings_of(net({("acme", "bakery"): 1}), [], swing_basis_points=0, caps={}) == ()


def test_only_what_is_beyond_a_cap_exceeds_it() -> None:
    nets = {"acme": 11, "bakery": 10, "cafe": 1, "cinema": -50, "drugs": 10**9}
    caps = {"cafe": 0, "acme": 10, "bakery": 10, "cinema": 0, "elsewhere": 0}
    found = warnings_of(Figures(1, 1, 1, nets), [], swing_basis_points=0, caps=caps)
    assert found == ("cap-exceeded:acme", "cap-exceeded:cafe")


def test_of_too_many_for_one_entry_those_furthest_beyond_their_caps_are_named() -> None:
    nets = {f"p{number:03}": 10 + number for number in range(CAPS_EXCEEDED_MAX + 50)}
    found = warnings_of(Figures(1, 1, 1, nets), [], swing_basis_points=0, caps=dict.fromkeys(nets, 5))
    assert list(found) == [f"cap-exceeded:{name}" for name in list(nets)[50:]]


@pytest.mark.parametrize("name", ["p{:03}", "store-{:05}", "partner-with-a-name-of-forty-letters-{:03}"])
def test_a_proposal_that_warns_of_every_participant_fits_one_entry(name: str) -> None:
    desk, number = Desk(partners=()), 0
    while desk.ask(OPERATOR, Register(name.format(number), "A name")).refusal is None:
        number += 1
    names = [name.format(at) for at in range(number)]
    desk.house.tariffs[0] = replace(desk.house.tariffs[0], swing_warning_basis_points=1)
    desk.house.security = Security(caps=dict.fromkeys(names, 0))
    for cycle in (1, 2):
        desk.ask(OPERATOR, CloseCycle(cycle, None))
        owed = {(each, names[-1]): cycle * 10**12 + at for at, each in enumerate(names[:-1])}
        desk.figures[cycle] = net(owed)
    warnings = warnings_now(desk.house, desk.figures, 2)
    assert len(warnings) == number + CAPS_EXCEEDED_MAX
    assert desk.ask("ann", Propose(2, "EUR", desk.figures[2], HASH, warnings)).refusal is None


def test_a_cap_that_is_set_after_the_proposal_must_be_looked_at() -> None:
    desk = Desk()
    desk.ask(OPERATOR, CloseCycle(1, None))
    desk.figures[1] = net({("acme", "bakery"): 11})
    assert desk.ask("ann", Propose(1, "EUR", desk.figures[1], HASH)).refusal is None
    for signer in ("bob", OPERATOR):
        assert desk.ask(signer, SetCap("acme", 10)).refusal is None
    assert desk.ask("bob", Approve(HASH)).refusal == "WARNINGS_DIFFER"
    assert desk.ask("ann", Propose(1, "EUR", desk.figures[1], HASH)).refusal == "WARNINGS_DIFFER"
    looked_at = ("cap-exceeded:acme",)
    assert desk.ask("ann", Propose(1, "EUR", desk.figures[1], HASH, looked_at)).refusal is None
    assert desk.ask("bob", Approve(HASH)).refusal is None


def test_exactly_the_warnings_that_hold_are_proposed_and_they_hold_still_at_the_approval() -> None:
    desk, number = Desk(), 0
    for cycle, cents in ((1, 100), (2, 151)):
        desk.ask(OPERATOR, CloseCycle(cycle, None))
        desk.figures[cycle] = net({("acme", "bakery"): cents})
    number = desk.house.tariff_number
    desk.house.tariffs[number] = replace(desk.house.tariff, swing_warning_basis_points=5_000)
    both = ("unusual-swing:acme", "unusual-swing:bakery")
    for said in ((), both[:1], (*both, "zero-cycle")):
        assert desk.ask("ann", Propose(2, "EUR", desk.figures[2], HASH, said)).refusal == "WARNINGS_DIFFER"
    assert desk.ask("ann", Propose(2, "EUR", desk.figures[2], HASH, both)).refusal is None
    assert desk.house.settlements[1].warnings == both
    desk.house.tariffs[number] = replace(desk.house.tariff, swing_warning_basis_points=5_100)
    assert desk.ask("bob", Approve(HASH)).refusal == "WARNINGS_DIFFER"
    desk.house.tariffs[number] = replace(desk.house.tariff, swing_warning_basis_points=5_099)
    assert desk.ask("bob", Approve(HASH)).refusal is None
