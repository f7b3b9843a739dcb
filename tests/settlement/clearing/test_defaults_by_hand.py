"""What is put in for a default, in figures that a person can follow."""

from settlement.clearing.acts import Confirm
from settlement.clearing.defaulting import fall_of
from settlement.clearing.netting import net
from settlement.clearing.security_acts import Deposit, ProposeDefault
from settlement.house.security import CAPITAL, COLLATERAL, GUARANTEE, PREFUND, Waterfall
from tests.settlement.clearing.test_decide import HASH
from tests.settlement.clearing.test_defaulting import LATE_US, desk_of, in_default
from tests.support.pure_acts import OPERATOR


def test_a_prefund_pays_the_smallest_leg_there_is() -> None:
    owed = {("acme", "cinema"): 1}
    desk = desk_of(owed)
    desk.ask(OPERATOR, Deposit("acme", PREFUND, 1))
    assert desk.settle(net(owed)).refusal is None
    assert desk.house.settlements[1].paid == frozenset({"acme"})


def test_a_default_takes_what_the_defaulter_and_the_operator_put_in_and_nobody_else() -> None:
    owed = {("acme", "bakery"): 500}
    desk = desk_of(owed)
    assert desk.ask(OPERATOR, Deposit("acme", CAPITAL, 1)).refusal == "PARTNER_UNKNOWN"
    funds = (
        ("acme", COLLATERAL, 100),
        ("acme", GUARANTEE, 60),
        ("bakery", GUARANTEE, 9),
        (OPERATOR, CAPITAL, 40),
    )
    for deposit in funds:
        assert desk.ask(OPERATOR, Deposit(*deposit)).refusal is None
    desk.settle(net(owed))
    fall = fall_of(desk.house, desk.owed, desk.house.settlements[1], "acme")
    assert fall == Waterfall(500, 100, 60, 40, {"bakery": 300}, 0)
    assert {("settlement", "1"), ("subject", "acme")} <= set(in_default(desk, "acme").lines)


def test_whoever_has_paid_is_not_in_default() -> None:
    owed = {("acme", "bakery"): 7}
    desk = desk_of(owed)
    desk.settle(net(owed))
    assert desk.ask(OPERATOR, Confirm(1, "acme", 7)).refusal is None
    body = ProposeDefault(1, "acme", "EUR", Waterfall(7, 0, 0, 0, {"bakery": 7}, 0), HASH)
    assert desk.ask("ann", body, time_us=LATE_US).refusal == "LEG_ALREADY_PAID"
