"""What the demo's independent judge says of a pool, worked out by hand."""

from datetime import UTC, datetime

from coalition.cli.demo.debts import Prices
from coalition.cli.demo.plan import plan_replay
from tests.coalition.cli.demo.test_plan import basket


def test_in_a_pool_issuers_pay_the_fund_and_the_fund_pays_whoever_redeems() -> None:
    prices = Prices(fund="operator", price=12_000, fee=500, interchange=1_001)
    january, february = datetime(2017, 1, 31, 23, tzinfo=UTC), datetime(2017, 2, 1, tzinfo=UTC)
    plan = plan_replay(
        [
            basket(1, store=1, household=7, at=january, cents=20_100),
            basket(2, store=2, household=7, at=january, cents=20_000),
            basket(3, store=1, household=7, at=february, cents=10_000),
        ],
        network="test",
        prices=prices,
    )
    first, second = plan.months

    assert first.obligations == {
        ("store-1", "operator"): 251,  # 201 points at 1.25 cents; a quarter of a cent waits
        ("store-2", "operator"): 250,
        ("operator", "store-2"): 200,
        ("store-2", "store-1"): 20,  # 200 points of store-1 at 0.1001 cents
    }
    assert second.obligations == {
        ("operator", "store-1"): 200,
        ("store-1", "store-2"): 19,  # 199 points at 0.1001 cents; the oldest was store-1's own
        ("store-1", "operator"): 125,
    }
    assert plan.operator_micros() == {
        "fund": 101 * 12_000,
        "fee-income": 501 * 500,
        "spread": 400 * 2_000,
        "breakage": 0,
        "vat": 0,
    }
