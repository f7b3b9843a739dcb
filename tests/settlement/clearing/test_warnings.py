"""What somebody must look at: by its definition, and where nothing is compared with nothing."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.clearing.acts import Approve, CloseCycle, Propose
from settlement.clearing.netting import Figures, net
from settlement.clearing.warnings import compared_with, warnings_of
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
    found = warnings_of(figures, earlier, swing_basis_points=basis_points)
    assert set(found) == (due if earlier and basis_points else set())
    assert list(found) == sorted(found)


@pytest.mark.parametrize(("cycle", "earlier"), [(1, []), (2, [1]), (4, [1, 2, 3]), (9, [6, 7, 8])])
def test_a_cycle_is_compared_with_the_three_before_it(cycle: int, earlier: list[int]) -> None:
    assert list(compared_with(cycle)) == earlier


def test_a_cycle_in_which_nobody_owes_anything_is_told() -> None:
    assert warnings_of(net({}), [], swing_basis_points=0) == ("zero-cycle",)
    assert warnings_of(net({("acme", "bakery"): 0}), [], swing_basis_points=0) == ("zero-cycle",)
    assert warnings_of(net({("acme", "bakery"): 1}), [], swing_basis_points=0) == ()


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
