"""Which obligations an act of the house rests on: what is read for a batch before its rules decide."""

import pytest

from settlement.clearing.acts import Approve, CloseCycle, Propose
from settlement.clearing.decide import cycle_settled_by, defaulter_of
from settlement.clearing.netting import net
from settlement.clearing.security_acts import ApproveDefault, ProposeDefault
from settlement.house.security import Waterfall
from tests.settlement.clearing.test_decide import HASH, Desk
from tests.settlement.clearing.test_defaulting import LATE_US, desk_of
from tests.support.pure_acts import OPERATOR

OWED = {("acme", "bakery"): 7}
UNKNOWN = "ef" * 32
DEFAULT = ProposeDefault(1, "acme", "EUR", Waterfall(7, 0, 0, 0, {"bakery": 7}, 0), "cd" * 32)


@pytest.fixture
def desk() -> Desk:
    """Settlement 1 is of cycle 2; a default of acme is proposed."""
    desk = desk_of(OWED)
    desk.owed[2] = OWED
    assert desk.ask(OPERATOR, CloseCycle(1, None)).refusal is None
    assert desk.settle(net(OWED), cycle=2).refusal is None
    assert desk.ask("ann", DEFAULT, time_us=LATE_US).refusal is None
    return desk


@pytest.mark.parametrize(
    ("body", "cycle", "debtor"),
    [
        (Propose(9, "EUR", net(OWED), HASH), 9, None),
        (Approve(HASH), 2, None),
        (Approve(UNKNOWN), None, None),
        (DEFAULT, 2, "acme"),
        (ProposeDefault(7, "acme", "EUR", DEFAULT.fall, UNKNOWN), None, "acme"),
        (ApproveDefault(DEFAULT.proposal_sha256), 2, "acme"),
        (ApproveDefault(UNKNOWN), None, None),
        (CloseCycle(3, None), None, None),
    ],
)
def test_an_act_rests_on_the_cycle_and_the_debtor_that_it_is_about(
    desk: Desk, body: object, cycle: int | None, debtor: str | None
) -> None:
    assert (cycle_settled_by(desk.house, body), defaulter_of(desk.house, body)) == (cycle, debtor)
