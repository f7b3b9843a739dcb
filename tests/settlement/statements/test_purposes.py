"""What money is for is told from postings as the rules make them, in both models."""

from dataclasses import replace

import pytest

from settlement.house.records import BILATERAL, POOL
from settlement.house.state import House
from settlement.house.tariff import Tariff
from settlement.journal.leaf import Entry, Transfer, format_post
from settlement.ledger.chart import FEE_INCOME, FUND, position
from settlement.ledger.rules.pricing import (
    Posts,
    Priced,
    money_of_expiry,
    money_of_issue,
    money_of_issue_undone,
    money_of_redemption,
    money_of_redemption_undone,
    money_of_repayment,
    money_of_transfer,
)
from settlement.statements.purposes import Charge, charges_of, money_legs, with_carried
from tests.support.pure_acts import NETWORK, OPERATOR, house_of

TERMS = Tariff(
    10_000,
    price_micros=11_000,
    fee_micros=70,
    interchange_micros=300,
    rebate_basis_points=5_000,
    transfer_fee_micros=20,
)
OWN, OTHERS = Priced("bakery", 3, 0), Priced("grocer", 10, 0)
REPAID = Transfer("wallet:m", "arrears:m:bakery", "PTS", 10)


def house(model: str) -> House:
    found = house_of("bakery", "grocer")
    found.network = replace(NETWORK, model=model)
    found.tariffs[0] = TERMS if model == POOL else replace(TERMS, price_micros=0, rebate_basis_points=0)
    return found


def purposes(kind: str, posts: Posts) -> dict[tuple[str, str], dict[str, int]]:
    """What an entry of the bakery's makes participants owe each other, in micros."""
    lines = (("partner", "bakery"), *[("post", format_post(post)) for post in posts])
    entry = Entry(1, 1, 1, 1, kind, lines)
    legs = [(source, micros, 1) for source, micros in money_legs(entry)]
    charges = charges_of(legs, operator=OPERATOR)
    return {pair: {purpose: each.micros for purpose, each in owed.items()} for pair, owed in charges.items()}


def test_in_a_pool_every_posting_has_its_purpose() -> None:
    pool = house(POOL)
    pays, paid, back = ("bakery", OPERATOR), (OPERATOR, "bakery"), ("grocer", "bakery")
    issue = money_of_issue(pool, "bakery", 10, 0)
    assert purposes("issue", issue) == purposes("opening", issue) == {pays: {"price": 110_000, "fee": 700}}
    undone = money_of_issue_undone(pool, "bakery", 10, 0)
    assert purposes("reverse", undone) == {paid: {"price": 110_000, "fee": 700}}
    spent = {paid: {"reimbursement": 130_000}, ("bakery", "grocer"): {"interchange": 3_000}}
    redemption = money_of_redemption(pool, "bakery", [OWN, OTHERS], 0)
    assert purposes("redeem", redemption) == purposes("capture", redemption) == spent
    undone = money_of_redemption_undone(pool, "bakery", [OWN, OTHERS], 0)
    assert purposes("reverse", undone) == {pays: {"reimbursement": 130_000}, back: {"interchange": 3_000}}
    assert purposes("expire", money_of_expiry(pool, [OWN])) == {paid: {"rebate": 16_500}}
    assert purposes("transfer", money_of_transfer(pool, "bakery", 10)) == {pays: {"transfer_fee": 200}}


def test_what_ends_a_break_or_a_default_is_told_apart() -> None:
    """Whatever the accounts: the operator owes what came in, and a participant what went out."""
    claim = Transfer(f"position:{OPERATOR}", "position:bakery", "EUR", 70_000)
    taken = Transfer("suspense", "bank", "EUR", 70_000)
    assert purposes("break-approve", (taken, claim)) == {(OPERATOR, "bakery"): {"adjustment": 70_000}}
    assert purposes("break-approve", (claim.inverse(),)) == {("bakery", OPERATOR): {"adjustment": 70_000}}
    assert purposes("default-approve", (claim.inverse(),)) == {("bakery", OPERATOR): {"default": 70_000}}


def test_the_tax_on_a_fee_is_a_purpose_of_its_own() -> None:
    taxed = house(POOL)
    taxed.tariffs[0] = replace(TERMS, vat_basis_points=1_900)
    pays, paid = ("bakery", OPERATOR), (OPERATOR, "bakery")
    issue, undone = money_of_issue(taxed, "bakery", 3, 0), money_of_issue_undone(taxed, "bakery", 3, 0)
    # 19 percent of 210 micros are 39.9.
    assert purposes("issue", issue) == {pays: {"price": 33_000, "fee": 210, "vat": 39}}
    assert purposes("reverse", undone) == {paid: {"price": 33_000, "fee": 210, "vat": 39}}
    sent = money_of_transfer(taxed, "bakery", 10)
    assert purposes("transfer", sent) == {pays: {"transfer_fee": 200, "vat": 38}}


def test_bilaterally_reimbursement_interchange_and_repayment_are_told_apart() -> None:
    pair = house(BILATERAL)
    owes, owed = ("grocer", "bakery"), ("bakery", "grocer")
    redemption = money_of_redemption(pair, "bakery", [OWN, OTHERS], 0)
    repayment = (REPAID, *money_of_repayment(pair, "bakery", [(OTHERS, 0)], 0))
    both = {owes: {"reimbursement": 100_000, "repayment": 100_000}, owed: {"interchange": 3_000}}
    assert purposes("capture", (*redemption, *repayment)) == both
    undone = (*money_of_redemption_undone(pair, "bakery", [OWN, OTHERS], 0), *repayment)
    assert purposes("reverse", undone) == {
        owed: {"reimbursement": 100_000},
        owes: {"interchange": 3_000, "repayment": 100_000},
    }
    assert purposes("issue", (*money_of_issue(pair, "bakery", 10, 0), *repayment)) == {
        ("bakery", OPERATOR): {"fee": 700},
        owes: {"repayment": 100_000},
    }


@pytest.mark.parametrize(("minor", "carried"), [(1, 4_000), (0, -6_000), (2, 14_000)])
def test_what_is_carried_makes_charges_the_amount(minor: int, carried: int) -> None:
    charges = {"fee": Charge(1_000, 2), "price": Charge(5_000, 1)}
    found = with_carried(charges, minor, 2)
    assert [*found.items()] == [
        ("price", charges["price"]),
        ("fee", charges["fee"]),
        ("carried", Charge(carried)),
    ]


def test_nothing_is_carried_where_charges_are_whole() -> None:
    assert with_carried({"fee": Charge(20_000, 1)}, 2, 2) == {"fee": Charge(20_000, 1)}
    assert with_carried({}, 0, 2) == {}


def test_money_within_the_operators_own_accounts_is_nobodys_debt() -> None:
    assert charges_of([(("redeem", "bakery", FUND, "spread"), 5, 1)], operator=OPERATOR) == {}
    assert charges_of([(("issue", OPERATOR, position(OPERATOR), FEE_INCOME), 5, 1)], operator=OPERATOR) == {}
