"""Netting moves what is owed, all of it and nothing else, with fewer payments."""

from decimal import Decimal
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from settlement.clearing.netting import Figures, figures_from, net, saving_basis_points

PARTNERS = [f"p{number}" for number in range(7)]
pairs = st.tuples(st.sampled_from(PARTNERS), st.sampled_from(PARTNERS)).filter(
    lambda pair: pair[0] != pair[1]
)
owed = st.dictionaries(pairs, st.integers(0, 10**15), max_size=30)


def test_a_golden_cycle() -> None:
    figures = net(
        {("acme", "bakery"): 700, ("bakery", "acme"): 200, ("bakery", "cafe"): 500, ("cafe", "dairy"): 100}
    )
    assert figures == Figures(1500, 1100, 500, {"acme": 500, "bakery": 0, "cafe": -400, "dairy": -100})
    assert saving_basis_points(figures) == 6666


def test_a_ring_cancels_out_and_every_party_still_appears() -> None:
    figures = net({("acme", "bakery"): 5, ("bakery", "cafe"): 5, ("cafe", "acme"): 5})
    assert figures == Figures(15, 15, 0, {"acme": 0, "bakery": 0, "cafe": 0})
    assert saving_basis_points(figures) == 10_000


def test_an_empty_cycle_owes_and_saves_nothing() -> None:
    assert net({}) == Figures(0, 0, 0, {})
    assert saving_basis_points(net({})) == 0


@given(owed)
def test_the_nets_sum_to_zero(obligations: dict[tuple[str, str], int]) -> None:
    assert sum(net(obligations).nets.values()) == 0


@given(owed)
def test_each_step_of_netting_pays_no_more_than_the_one_before(
    obligations: dict[tuple[str, str], int],
) -> None:
    figures = net(obligations)
    assert 0 <= figures.multilateral <= figures.bilateral <= figures.gross
    assert 0 <= saving_basis_points(figures) <= 10_000


@given(owed)
def test_every_party_to_an_obligation_appears_in_order(obligations: dict[tuple[str, str], int]) -> None:
    assert list(net(obligations).nets) == sorted({party for pair in obligations for party in pair})


@given(owed, st.randoms(use_true_random=False))
def test_the_order_of_the_obligations_changes_nothing(
    obligations: dict[tuple[str, str], int], random: Random
) -> None:
    items = list(obligations.items())
    random.shuffle(items)
    assert net(dict(items)) == net(obligations)
    assert list(net(dict(items)).nets) == list(net(obligations).nets)


@given(owed, st.integers(1, 1000))
def test_amounts_times_a_factor_give_figures_times_the_factor(
    obligations: dict[tuple[str, str], int], factor: int
) -> None:
    plain, scaled = net(obligations), net({pair: amount * factor for pair, amount in obligations.items()})
    nets = {party: amount * factor for party, amount in plain.nets.items()}
    assert scaled == Figures(
        plain.gross * factor, plain.bilateral * factor, plain.multilateral * factor, nets
    )
    assert saving_basis_points(scaled) == saving_basis_points(plain)


@given(owed)
def test_turning_all_debts_round_turns_the_nets_round(obligations: dict[tuple[str, str], int]) -> None:
    turned = net({(creditor, debtor): amount for (debtor, creditor), amount in obligations.items()})
    assert turned.nets == {party: -amount for party, amount in net(obligations).nets.items()}
    assert turned.multilateral == net(obligations).multilateral


@given(owed)
def test_a_naive_matrix_gives_the_same_figures(obligations: dict[tuple[str, str], int]) -> None:
    matrix = [[obligations.get((debtor, creditor), 0) for creditor in PARTNERS] for debtor in PARTNERS]
    every = range(len(PARTNERS))
    nets = [sum(matrix[i]) - sum(row[i] for row in matrix) for i in every]
    figures = net(obligations)
    assert figures.gross == sum(map(sum, matrix))
    assert figures.bilateral == sum(abs(matrix[i][j] - matrix[j][i]) for i in every for j in range(i))
    assert figures.multilateral == sum(map(abs, nets)) // 2
    assert {**dict.fromkeys(PARTNERS, 0), **figures.nets} == dict(zip(PARTNERS, nets, strict=True))


@given(owed)
def test_parts_of_pairs_give_the_same_figures(obligations: dict[tuple[str, str], int]) -> None:
    """As PostgreSQL adds them up: each pair counts at one of the two, with what the two sides come to."""
    parts = {name: [0, 0, 0] for pair in obligations for name in pair}
    for first, second in {(min(pair), max(pair)) for pair in obligations}:
        forth, back = obligations.get((first, second), 0), obligations.get((second, first), 0)
        parts[first][0] += forth + back
        parts[first][1] += abs(forth - back)
        parts[first][2] += forth - back
        parts[second][2] += back - forth
    rows = [
        (name, Decimal(gross), Decimal(bilateral), Decimal(owes))
        for name, (gross, bilateral, owes) in parts.items()
    ]
    assert figures_from(rows) == net(obligations)
