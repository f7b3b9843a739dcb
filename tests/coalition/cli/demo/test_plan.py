"""The plan judges the demo; here it is judged by hand, by laws, and by a slower count of single points."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from itertools import combinations
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.cli.demo.baskets import PACKAGE, Basket, read_baskets, transactions_path
from coalition.cli.demo.debts import Lot
from coalition.cli.demo.plan import Kind, MonthPlan, ReplayPlan, plan_replay

NEW_YEAR = datetime(2017, 1, 1, tzinfo=UTC)


def basket(number: int, *, store: int, household: int, at: datetime, cents: int) -> Basket:
    return Basket(basket_id=number, store_id=store, household_id=household, timestamp=at, cents=cents)


@st.composite
def ordered_baskets(draw: st.DrawFn) -> list[Basket]:
    """Few members and stores, large baskets: most runs redeem across stores and over several months."""
    drawn = draw(
        st.lists(
            st.tuples(
                st.integers(0, 15 * 24),  # hours since the basket before
                st.integers(1, 4),
                st.integers(1, 3),
                st.integers(0, 60_000),
            ),
            max_size=40,
        )
    )
    at, baskets = NEW_YEAR, []
    for number, (hours, store, household, cents) in enumerate(drawn):
        at += timedelta(hours=hours)
        baskets.append(basket(number, store=store, household=household, at=at, cents=cents))
    return baskets


# --- by hand ---------------------------------------------------------------------------------------------


@pytest.fixture
def by_hand() -> ReplayPlan:
    january, february = datetime(2017, 1, 31, 23, tzinfo=UTC), datetime(2017, 2, 1, tzinfo=UTC)
    return plan_replay(
        [
            basket(1, store=1, household=7, at=january, cents=15_050),
            basket(2, store=2, household=7, at=january, cents=10_000),
            basket(3, store=3, household=7, at=february, cents=22_099),
            basket(4, store=2, household=7, at=february, cents=25_099),
            basket(5, store=4, household=8, at=february, cents=99),
        ],
        network="test",
    )


def test_acts_follow_the_rules_of_the_replay(by_hand: ReplayPlan) -> None:
    acts = [(act.month, act.kind, act.partner, act.points, act.balance_after) for act in by_hand.acts()]

    assert acts == [
        ("2017-01", Kind.ISSUE, "store-1", 150, 150),
        ("2017-01", Kind.ISSUE, "store-2", 100, 250),  # 150 points were too few to redeem
        ("2017-02", Kind.REDEEM, "store-3", 200, 50),
        ("2017-02", Kind.ISSUE, "store-3", 220, 270),
        ("2017-02", Kind.REDEEM, "store-2", 200, 70),
        ("2017-02", Kind.ISSUE, "store-2", 250, 320),
    ]


def test_the_funder_of_the_oldest_lots_owes_the_redeemer_and_nobody_owes_himself(by_hand: ReplayPlan) -> None:
    january, february = by_hand.months

    assert january.obligations == {}
    assert february.obligations == {
        ("store-1", "store-3"): 150,
        ("store-2", "store-3"): 50,
        ("store-3", "store-2"): 150,  # and 50 points of store-2's own
    }
    assert by_hand.open_lots == {7: (Lot("store-3", 70), Lot("store-2", 250))}


def test_debts_are_netted_by_pair_and_by_partner(by_hand: ReplayPlan) -> None:
    february = by_hand.months[1]

    assert february.gross_cents == 350
    assert february.bilateral_cents == 150 + 100
    assert february.net_debt_cents() == {"store-1": 150, "store-2": -100, "store-3": -50}
    assert february.multilateral_cents == 150


def test_a_basket_without_points_still_counts_with_its_member_and_partner(by_hand: ReplayPlan) -> None:
    assert by_hand.members == {7, 8}
    assert by_hand.partners == {"store-1", "store-2", "store-3", "store-4"}
    assert [month.baskets for month in by_hand.months] == [2, 3]


@pytest.mark.parametrize(
    ("balance", "cents", "redeemed"),
    [
        (199, 50_000, 0),
        (200, 50_000, 200),
        (299, 50_000, 200),
        (900, 899, 800),
        (900, 100, 100),
        (900, 99, 0),
    ],
)
def test_a_redemption_is_whole_hundreds_of_the_balance_or_the_basket(
    balance: int, cents: int, redeemed: int
) -> None:
    plan = plan_replay(
        [
            basket(1, store=1, household=1, at=NEW_YEAR, cents=balance * 100),
            basket(2, store=1, household=1, at=NEW_YEAR, cents=cents),
        ],
        network="test",
    )

    assert plan.points_redeemed == redeemed
    assert plan.redemptions == (1 if redeemed else 0)


def test_baskets_out_of_order_are_refused() -> None:
    late = basket(1, store=1, household=1, at=NEW_YEAR + timedelta(seconds=1), cents=100)
    early = basket(2, store=1, household=1, at=NEW_YEAR, cents=100)

    with pytest.raises(ValueError, match="basket 2 is not later than 1"):
        plan_replay([late, early], network="test")
    with pytest.raises(ValueError, match="basket 1 is not later than 1"):
        plan_replay([late, late], network="test")


def test_act_ids_are_the_same_for_ever() -> None:
    """A replay begun with an older release is finished by a newer one: these bytes may not change."""
    plan = plan_replay([basket(1, store=1, household=1, at=NEW_YEAR, cents=100)], network="test")

    assert [act.act_id for act in plan.acts()] == [UUID("a20dad4e-c86f-5217-a51d-d17ecd997580")]


# --- laws ------------------------------------------------------------------------------------------------


@settings(deadline=None)  # the machine may be busy
@given(ordered_baskets())
def test_points_are_conserved(baskets: list[Basket]) -> None:
    plan = plan_replay(baskets, network="test")

    assert plan.points_issued == plan.points_redeemed + plan.points_outstanding
    assert plan.baskets == len(baskets)


@settings(deadline=None)  # the machine may be busy
@given(ordered_baskets())
def test_a_balance_is_never_negative_and_its_lots_sum_to_it(baskets: list[Basket]) -> None:
    plan = plan_replay(baskets, network="test")
    balances: Counter[int] = Counter()
    for act in plan.acts():
        assert act.points > 0
        balances[act.member] += act.points if act.kind is Kind.ISSUE else -act.points
        assert act.balance_after == balances[act.member] >= 0

    assert {member: sum(lot.points for lot in lots) for member, lots in plan.open_lots.items()} == +balances


@settings(deadline=None)  # the machine may be busy
@given(ordered_baskets())
def test_netting_never_costs_and_nothing_is_lost_in_it(baskets: list[Basket]) -> None:
    for month in plan_replay(baskets, network="test").months:
        check_netting(month)


def check_netting(month: MonthPlan) -> None:
    """Multilateral <= bilateral <= gross, each figure counted again another way."""
    assert 0 <= month.multilateral_cents <= month.bilateral_cents <= month.gross_cents
    owed = Counter(dict(month.obligations))
    names = sorted({name for pair in owed for name in pair})
    assert month.bilateral_cents == sum(abs(owed[a, b] - owed[b, a]) for a, b in combinations(names, 2))
    net = month.net_debt_cents()
    assert sum(net.values()) == 0
    assert 2 * month.multilateral_cents == sum(abs(cents) for cents in net.values())
    for name in names:
        debts = sum(cents for (debtor, _), cents in owed.items() if debtor == name)
        claims = sum(cents for (_, creditor), cents in owed.items() if creditor == name)
        assert net[name] == debts - claims


@settings(deadline=None)  # the machine may be busy
@given(ordered_baskets())
def test_debts_equal_those_found_by_following_every_single_point(baskets: list[Basket]) -> None:
    plan = plan_replay(baskets, network="test")
    points: defaultdict[int, list[str]] = defaultdict(list)
    for month in plan.months:
        owed: Counter[tuple[str, str]] = Counter()
        for act in month.acts:
            wallet = points[act.member]
            if act.kind is Kind.ISSUE:
                wallet.extend([act.partner] * act.points)
                continue
            owed.update((funder, act.partner) for funder in wallet[: act.points] if funder != act.partner)
            del wallet[: act.points]
        assert month.obligations == owed


@settings(deadline=None)  # the machine may be busy
@given(ordered_baskets(), st.data())
def test_a_longer_replay_begins_with_the_shorter_one(baskets: list[Basket], data: st.DataObject) -> None:
    """So a replay may be started again with more baskets and repeats no act under another id."""
    some = baskets[: data.draw(st.integers(0, len(baskets)))]
    shorter = list(plan_replay(some, network="test").acts())
    longer = list(plan_replay(baskets, network="test").acts())

    assert longer[: len(shorter)] == shorter


@settings(deadline=None)  # the machine may be busy
@given(ordered_baskets())
def test_every_act_of_every_network_has_its_own_id(baskets: list[Basket]) -> None:
    acts = [act for network in ("one", "two") for act in plan_replay(baskets, network=network).acts()]

    assert len({act.act_id for act in acts}) == len(acts)


# --- the real year ---------------------------------------------------------------------------------------

real = pytest.mark.skipif(find_spec(PACKAGE) is None, reason="the extra `demo` is not installed")


@pytest.fixture(scope="module")
def year() -> list[Basket]:
    return read_baskets(transactions_path())


@real
def test_the_year_has_thirteen_months_and_the_last_holds_86_baskets(year: list[Basket]) -> None:
    plan = plan_replay(year, network="test")

    assert (plan.baskets, len(plan.members), len(plan.partners)) == (155_848, 2_469, 457)
    assert [month.month for month in plan.months] == [f"2017-{n:02}" for n in range(1, 13)] + ["2018-01"]
    assert plan.months[-1].baskets == 86
    check_real(plan)


@real
def test_the_first_25000_baskets_end_in_march(year: list[Basket]) -> None:
    first = read_baskets(transactions_path(), count=25_000)
    plan = plan_replay(first, network="test")

    assert first == year[:25_000]
    assert [(month.month, month.baskets) for month in plan.months] == [
        ("2017-01", 12_721),
        ("2017-02", 11_787),
        ("2017-03", 492),
    ]
    check_real(plan)


def check_real(plan: ReplayPlan) -> None:
    """The laws at full size, and that the real data puts them to work."""
    acts = list(plan.acts())
    assert len({act.act_id for act in acts}) == len(acts) == plan.issues + plan.redemptions
    assert plan.points_issued == plan.points_redeemed + plan.points_outstanding
    for month in plan.months:
        check_netting(month)
        assert 0 < month.multilateral_cents < month.bilateral_cents < month.gross_cents
