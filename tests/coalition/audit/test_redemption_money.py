"""The money of redemptions is what the rule gives, also where it is multiplied."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from coalition.audit.codes import UNKNOWN
from coalition.audit.ordinary_acts import OrdinaryAct
from coalition.audit.ordinary_leaves import spell_posts
from coalition.audit.ordinary_rows import REDEEM
from coalition.audit.redemption_money import Makers, Moved, RedemptionMoney, Slice
from settlement.house.records import POOL
from settlement.house.state import House
from settlement.house.tariff import Tariff, check_terms
from settlement.ledger.book import Book
from settlement.ledger.rules.pricing import Posts, Priced, money_of_redemption
from tests.coalition.audit.ordinary_story import MEMBERS, in_columns
from tests.support.pure_acts import NETWORK, fresh_id, house_of

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


@given(
    model=st.sampled_from(["bilateral", POOL]),
    drawn=st.lists(terms, min_size=len(TARIFF_NUMBERS), max_size=len(TARIFF_NUMBERS)),
    redemptions=st.lists(
        st.tuples(st.sampled_from(PARTNERS), slices, st.sampled_from(["", "", "post fund bank EUR 1\n"])),
        min_size=1,
        max_size=6,
    ),
    tariff=st.sampled_from(TARIFF_NUMBERS),
)
def test_it_is_what_the_rule_gives_for_a_run_and_known_where_leaves_say_it(
    model: str, drawn: list[Terms], redemptions: list[tuple[str, list[Slice], str]], tariff: int
) -> None:
    house = _house(model, drawn)
    money = RedemptionMoney(house)
    expected: list[Posts | None] = []
    acts: list[OrdinaryAct] = []
    for redeemer, taken, more in redemptions:
        posts = money_of_redemption(
            house, redeemer, [Priced(funder, points, under) for funder, under, points in taken], tariff
        )
        expected.append(None if more else posts)
        takes = tuple([(lot, points) for lot, (_, _, points) in enumerate(taken)])
        signer = REDEEM, redeemer, "a key"
        lines = spell_posts(posts) + more
        acts.append(OrdinaryAct(signer, len(acts), 1, fresh_id(), MEMBERS[0], 1, 0, tariff, takes, lines))
    every = [each for _, taken, _ in redemptions for each in taken]
    made_by = np.array([PARTNERS.index(funder) for funder, _, _ in every], np.int64)
    makers = Makers(made_by, np.array([under for _, under, _ in every], np.int64), list(PARTNERS))
    moved = money.moved(in_columns(acts, Book(1)), makers, tariff)
    assert moved.known().tolist() == [posts is not None for posts in expected]
    assert [_told(money, moved, place) for place in range(len(acts))] == expected


def _told(money: RedemptionMoney, moved: Moved, place: int) -> Posts | None:
    unit, points = int(moved.unit[place]), int(moved.points[place])
    if unit == UNKNOWN:
        return moved.posts.get(place)
    return tuple([each._replace(amount=each.amount * points) for each in money.units[unit]])
