"""Laws of the money of acts: what the fund holds, that what is undone is undone to the last micro, and by how many steps."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.house.records import BILATERAL, POOL
from settlement.house.state import House
from settlement.house.tariff import Tariff
from settlement.journal.leaf import Transfer
from settlement.ledger.rules.pricing import (
    Posts,
    Priced,
    money_of_expiry,
    money_of_issue,
    money_of_issue_undone,
    money_of_redemption,
    money_of_redemption_undone,
    money_of_repayment,
)
from settlement.money import AMOUNT_MAX, ASSETS, BASIS_POINTS, MICROS_MAX, POINTS, RATE_MAX_MICROS
from tests.support.pure_acts import NETWORK, house_of

PARTNERS = ("acme", "bakery", "cinema")
RATES = st.integers(0, RATE_MAX_MICROS)
TARIFFS = st.builds(
    Tariff,
    st.integers(1, RATE_MAX_MICROS),
    price_micros=RATES,
    fee_micros=RATES,
    interchange_micros=RATES,
    rebate_basis_points=st.integers(0, BASIS_POINTS),
)
SLICES = st.sampled_from(ASSETS).flatmap(
    lambda asset: st.lists(
        st.builds(
            Priced, st.sampled_from(PARTNERS), st.integers(1, 1_000), st.integers(0, 2), st.just(asset)
        ),
        min_size=1,
        max_size=9,
    )
)
CENT = Tariff(10_000, price_micros=10_000)
"""A cent of value costs and brings a cent, under any tariff."""
MODELS = st.sampled_from([BILATERAL, POOL])


def house_in(model: str, tariffs: Iterable[Tariff]) -> House:
    """A house that has known these tariffs, the last of which is in force."""
    house = house_of(*PARTNERS)
    house.network, house.tariffs = replace(NETWORK, model=model), dict(enumerate(tariffs))
    house.tariff_number = max(house.tariffs)
    return house


HOUSES = st.builds(house_in, MODELS, st.lists(TARIFFS, min_size=3, max_size=3))
POOLS = st.builds(house_in, st.just(POOL), st.lists(TARIFFS, min_size=3, max_size=3))


def totals(posts: Posts) -> Counter[str]:
    """Credits less debits by account; those at zero are left out."""
    sums: Counter[str] = Counter()
    for debit, credit, _, amount in posts:
        sums[debit] -= amount
        sums[credit] += amount
    return Counter({account: amount for account, amount in sums.items() if amount})


def terms_of(house: House, tariff: int, asset: str) -> Tariff:
    return house.tariffs[tariff] if asset == POINTS else CENT


def price(house: House, slices: Iterable[Priced]) -> int:
    return sum(points * terms_of(house, tariff, asset).price_micros for _, points, tariff, asset in slices)


@given(POOLS, SLICES)
def test_the_fund_takes_and_gives_the_price_of_every_point_at_its_lots_own_tariff(
    house: House, slices: list[Priced]
) -> None:
    issued = [post for slice_ in slices for post in money_of_issue(house, *slice_)]
    assert totals(tuple(issued))["fund"] == price(house, slices)
    for spent in (money_of_redemption(house, "acme", slices, 1), money_of_expiry(house, slices)):
        assert totals(spent)["fund"] == -price(house, slices)


@given(HOUSES, SLICES, st.sampled_from(PARTNERS))
def test_what_a_redeemer_gets_is_the_reimbursement_less_the_interchange_on_points_of_others(
    house: House, slices: list[Priced], redeemer: str
) -> None:
    terms = terms_of(house, 1, slices[0].asset)
    others = sum(each.points for each in slices if each.funder != redeemer)
    paid_for = sum(each.points for each in slices) if house.founded.model == POOL else others
    due = paid_for * terms.rate_micros - others * terms.interchange_micros
    assert totals(money_of_redemption(house, redeemer, slices, 1))[f"position:{redeemer}"] == due


@given(HOUSES, SLICES, st.data())
def test_undone_in_any_parts_comes_to_nothing_left(
    house: House, slices: list[Priced], data: st.DataObject
) -> None:
    posts = list(money_of_redemption(house, "acme", slices, 1))
    for funder, points, tariff, asset in slices:
        cut = data.draw(st.integers(0, points))
        for part in (cut, points - cut):
            posts += money_of_redemption_undone(house, "acme", [Priced(funder, part, tariff, asset)], 1)
            posts += money_of_issue_undone(house, funder, part, tariff, asset)
        posts += money_of_issue(house, funder, points, tariff, asset)
    assert not totals(tuple(posts))


@given(POOLS, SLICES)
def test_a_rebate_is_each_slices_share_rounded_down_and_breakage_is_the_rest(
    house: House, slices: list[Priced]
) -> None:
    found = totals(money_of_expiry(house, slices))
    rebates: Counter[str] = Counter()
    for funder, points, tariff, asset in slices:
        terms = terms_of(house, tariff, asset)
        rebates[f"position:{funder}"] += points * terms.price_micros * terms.rebate_basis_points // 10_000
    assert {account: due for account, due in rebates.items() if due} == {
        account: amount for account, amount in found.items() if account.startswith("position:")
    }
    assert found["breakage"] == price(house, slices) - rebates.total()


@given(POOLS, st.integers(1, 1_000))
def test_after_a_repayment_the_fund_holds_the_price_of_what_is_left(house: House, points: int) -> None:
    """The creditor's point was priced under tariff 0 and paid back, the lot's under tariff 2 and is gone."""
    posts = money_of_repayment(house, "acme", [(Priced("bakery", points, 2), 0)], 2)
    change = points * (house.tariffs[0].price_micros - house.tariffs[2].price_micros)
    assert totals(posts)["fund"] == change
    assert totals(posts).keys() <= {"fund", "spread"}


def test_bilaterally_the_funder_repays_the_creditor_at_the_rate_of_the_tariff() -> None:
    house = house_in(BILATERAL, [Tariff(5), Tariff(7)])
    posts = money_of_repayment(house, "acme", [(Priced("bakery", 10, 0), 0)], 1)
    assert posts == (Transfer("position:bakery", "position:acme", "EUR", 70),)
    assert money_of_repayment(house, "acme", [(Priced("acme", 10, 0), 0)], 1) == ()


@pytest.mark.parametrize("model", [BILATERAL, POOL])
def test_the_largest_act_at_the_dearest_prices_fits_one_posting(model: str) -> None:
    most = RATE_MAX_MICROS
    dearest = Tariff(most, price_micros=most, fee_micros=most, interchange_micros=most)
    house = house_in(model, [dearest, replace(dearest, rate_micros=1, interchange_micros=1)])
    slices = [Priced("acme", AMOUNT_MAX, 0)]
    posts = [*money_of_issue(house, "acme", AMOUNT_MAX, 0), *money_of_expiry(house, slices)]
    for redeemer, tariff in (("bakery", 0), ("bakery", 1), ("acme", 0)):
        posts += money_of_redemption(house, redeemer, slices, tariff)
    assert all(0 < post.amount <= MICROS_MAX for post in posts)


@given(SLICES)
def test_bilaterally_nothing_of_the_pools_is_posted(slices: list[Priced]) -> None:
    house = house_in(BILATERAL, [Tariff(5, fee_micros=3, interchange_micros=2)] * 3)
    posts = [*money_of_redemption(house, "acme", slices, 1), *money_of_expiry(house, slices)]
    assert all(side.startswith("position:") for post in posts for side in post[:2])
    assert money_of_issue(house, "acme", 10, 0) == (Transfer("position:acme", "fee-income", "EUR", 30),)
