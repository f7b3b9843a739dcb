"""Who is late and who is in default is planned: two different debtors of one month, whatever there is."""

from hypothesis import given
from hypothesis import strategies as st

from coalition.cli.demo.debts import Prices
from coalition.cli.demo.plan import MonthPlan, ReplayPlan
from coalition.cli.demo.trouble import Trouble, trouble_of

NAMES = ("store-1", "store-2", "store-3", "operator")
PAIRS = st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda pair: pair[0] != pair[1])
MONTHS = st.lists(st.dictionaries(PAIRS, st.integers(0, 30_000), max_size=4), min_size=1, max_size=4)


def plan_of(*months: dict[tuple[str, str], int]) -> ReplayPlan:
    planned = [MonthPlan(f"2017-{number:02d}", 0, (), debts) for number, debts in enumerate(months, start=1)]
    return ReplayPlan(tuple(planned), frozenset(), frozenset(), {}, Prices(fund="operator"))


@given(MONTHS)
def test_both_pay_something_in_that_month_and_neither_is_the_operator(
    months: list[dict[tuple[str, str], int]],
) -> None:
    plan = plan_of(*months)
    trouble = trouble_of(plan)
    nets = plan.months[trouble.cycle - 1].net_debt_cents()
    assert all(nets[name] > 0 and name != "operator" for name in trouble.absent)
    assert (trouble.late is None) <= (trouble.defaulter is None)
    if trouble.defaulter is not None:
        assert trouble.defaulter != trouble.late
        assert trouble.unpaid_cents == nets[trouble.defaulter]
        assert trouble.collateral_cents > trouble.unpaid_cents


@given(MONTHS)
def test_no_month_would_have_had_more_of_it(months: list[dict[tuple[str, str], int]]) -> None:
    plan = plan_of(*months)
    debtors = [
        sum(net > 0 for name, net in month.net_debt_cents().items() if name != "operator")
        for month in plan.months
    ]
    assert len(trouble_of(plan).absent) == min(2, max(debtors))


def test_the_second_month_comes_first() -> None:
    debts = {("store-1", "store-3"): 500, ("store-2", "store-3"): 9_999}
    assert trouble_of(plan_of(debts, debts, debts)) == Trouble(2, "store-2", "store-1", 10_000, 500)
    assert trouble_of(plan_of(debts, {}, debts)).cycle == 1


def test_where_nobody_pays_nobody_is_late() -> None:
    assert trouble_of(plan_of({})) == Trouble(1)
