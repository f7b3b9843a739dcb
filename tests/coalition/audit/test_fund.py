"""The pool's fund is the price of every point in a lot, the tax account the tax on every fee, and the operator's position is its
obligations: each can fail.
"""

from dataclasses import replace

from coalition.audit.checks import Check, Report
from coalition.audit.identities import check_identities
from coalition.audit.replay import Replay
from coalition.audit.tallied import TalliedLot
from settlement.house.records import POOL
from settlement.house.tariff import Tariff
from settlement.journal.leaf import Transfer
from settlement.ledger.book import NEVER_US
from settlement.money import POINTS
from tests.support.pure_acts import NETWORK, OPERATOR, house_of

SHARD = 1


def found_wrong(*posts: Transfer, remaining: int = 500) -> set[Check]:
    """Checks of the fund, the tax and positions that fail, where bakery issued 500 points at 0.012 and the leaves post this."""
    replay = Replay(Report())
    replay.house = house_of("bakery")
    replay.house.network = replace(NETWORK, model=POOL)
    replay.house.tariffs[0] = Tariff(10_000, price_micros=12_000, fee_micros=100, vat_basis_points=1_900)
    replay.tally.operator = OPERATOR
    replay.tally.open_lot((SHARD, 0, 0), TalliedLot("m", "bakery", POINTS, 500, remaining, NEVER_US, 0))
    for post in posts:
        replay.tally.post(SHARD, 1, post)
    replay.taxed.post(SHARD, posts, replay.house.tariff)
    check_identities(replay, complete=True)
    return {finding.check for finding in replay.report.findings} & {Check.FUND, Check.TAX, Check.POSITIONS}


PAID = Transfer("position:bakery", "fund", "EUR", 500 * 12_000)
FEE = Transfer("position:bakery", "fee-income", "EUR", 500 * 100)
TAX = Transfer("position:bakery", "vat", "EUR", 500 * 19)


def test_a_fund_that_holds_the_price_of_its_points_is_whole() -> None:
    assert found_wrong(PAID, FEE, TAX) == set()


def test_a_fund_that_holds_a_micro_more_or_less_is_found() -> None:
    assert found_wrong(PAID._replace(amount=PAID.amount - 1), FEE, TAX) == {Check.FUND}
    assert found_wrong(PAID, FEE, TAX, Transfer("spread", "fund", "EUR", 1)) == {Check.FUND}
    assert found_wrong(PAID, FEE, TAX, remaining=499) == {Check.FUND}


def test_what_the_operator_owes_without_an_obligation_is_found() -> None:
    assert found_wrong(PAID, FEE, TAX, Transfer("breakage", "bank", "EUR", 1)) == {Check.POSITIONS}


def test_a_tax_of_a_micro_more_or_less_is_found() -> None:
    assert found_wrong(PAID, FEE) == {Check.TAX}
    for amount in (500 * 19 - 1, 500 * 19 + 1):
        assert found_wrong(PAID, FEE, TAX._replace(amount=amount)) == {Check.TAX}
    back = Transfer("fee-income", "position:bakery", "EUR", 3)
    assert found_wrong(PAID, FEE, TAX, back) == set(), "the tax on three micros is none"
    back = back._replace(amount=500 * 100)
    assert found_wrong(PAID, FEE, TAX, back) == {Check.TAX}
    assert found_wrong(PAID, FEE, TAX, back, Transfer("vat", "position:bakery", "EUR", 500 * 19)) == set()
