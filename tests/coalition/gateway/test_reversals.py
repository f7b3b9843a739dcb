"""Reversals through the door: which amounts it takes, and what it tells of what a member owes."""

import uuid

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from coalition.api.v1.exchange_pb2 import ReverseRequest
from coalition.client import BlockingClient
from tests.support.door import Door


@pytest.mark.parametrize(
    ("amount", "reason"), [(-1, "AMOUNT_NOT_POSITIVE"), (10**12 + 1, "AMOUNT_TOO_LARGE")]
)
def test_a_reversal_is_of_1_to_ten_to_the_twelve_points_or_of_all(
    door: Door, amount: int, reason: str
) -> None:
    moment = Timestamp(seconds=1_800_000_000)
    request = ReverseRequest(original_act_id=str(uuid.uuid4()), amount=amount, occurred_at=moment)
    with door.records_nothing():
        answer = door.ask("bakery", request)
        answer.is_error(reason)
        assert answer.field == "amount"


def test_what_is_spent_before_its_issue_is_reversed_is_owed_until_it_is_repaid(door: Door) -> None:
    with BlockingClient(door.identity("bakery")) as bakery, BlockingClient(door.identity("grocer")) as grocer:

        def told() -> tuple[int, int]:
            found = grocer.balance(member=member)
            return found.points, found.arrears

        member = bakery.enrol().member or ""
        issued = bakery.issue(member=member, amount=50)
        grocer.redeem(member=member, amount=20)
        reversals = [bakery.reverse(original_act_id=issued.act_id, amount=part) for part in (25, 0, 1)]
        assert [each.refusal for each in reversals] == [None, None, "ALREADY_REVERSED"]
        assert told() == (0, 20)
        assert grocer.issue(member=member, amount=15).balance_after == 0
        assert told() == (0, 5)
        assert grocer.issue(member=member, amount=15).balance_after == 10
        assert told() == (10, 0)
