"""The money of redemptions is what the rule gives, also where it is multiplied."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from coalition.audit.redemption_money import RedemptionMoney, Slice
from settlement.house.records import POOL
from settlement.house.state import House
from settlement.house.tariff import Tariff, check_terms
from settlement.ledger.rules.pricing import Priced, money_of_redemption
from tests.support.pure_acts import NETWORK, house_of

PARTNERS = ("bakery", "cinema", "grocer")
TARIFF_NUMBERS = (0, 3, 7)
Terms = tuple[int, int, int, int]
"""Rate, price, fee, interchange, all in micros."""

# Few values, so that prices and rates are often the same.
terms = st.tuples(
    st.sampled_from([0, 1, 9_000, 10_000]),
    st.sampled_from([1, 9_000, 10_000, 12_000]),
    st.sampled_from([0, 300]),
    st.sampled_from([0, 0, 1, 100]),
)
slices = st.lists(
    st.tuples(st.sampled_from(PARTNERS), st.sampled_from(TARIFF_NUMBERS), st.integers(1, 10**12)),
    min_size=1,
    max_size=6,
)


def _house(model: str, drawn: list[Terms]) -> House:
    house = house_of(*PARTNERS)
    house.network = replace(NETWORK, model=model)
    for number, (rate, price, fee, interchange) in zip(TARIFF_NUMBERS, drawn, strict=True):
        house.tariffs[number] = Tariff(
            rate,
            price_micros=price if model == POOL else 0,
            fee_micros=fee,
            interchange_micros=min(interchange, rate),
        )
        check_terms(house.tariffs[number], model=model)
    return house


@given(
    model=st.sampled_from(["bilateral", POOL]),
    drawn=st.lists(terms, min_size=len(TARIFF_NUMBERS), max_size=len(TARIFF_NUMBERS)),
    redemptions=st.lists(
        st.tuples(st.sampled_from(PARTNERS), slices, st.sampled_from(TARIFF_NUMBERS)), min_size=1, max_size=4
    ),
)
def test_it_is_what_the_rule_gives(
    model: str, drawn: list[Terms], redemptions: list[tuple[str, list[Slice], int]]
) -> None:
    house = _house(model, drawn)
    money = RedemptionMoney(house)
    for redeemer, taken, tariff in redemptions:
        whole = [Priced(funder, points, under) for funder, under, points in taken]
        posts = money_of_redemption(house, redeemer, whole, tariff)
        assert money.posts(redeemer, taken, tariff) == posts
