"""Value through the door: which assets it takes, and what it answers of each."""

import uuid
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from coalition.api.v1.exchange_pb2 import (
    AuthorizeRequest,
    CaptureRequest,
    IssueRequest,
    RedeemRequest,
    ReverseRequest,
    TransferPointsRequest,
)
from coalition.client import BlockingClient
from coalition.client.answers import Balance
from settlement.money import POINTS, VALUE
from tests.support.door import Door

OF_AN_ASSET = (
    *(IssueRequest, RedeemRequest, TransferPointsRequest, AuthorizeRequest),
    *(CaptureRequest, ReverseRequest),
)
NAMES = ("member_id", "recipient_id", "hold_act_id", "original_act_id")


@pytest.mark.parametrize("kind", OF_AN_ASSET, ids=lambda kind: kind.DESCRIPTOR.name)
@pytest.mark.parametrize("asset", [3, 99, -1])
def test_an_asset_that_nobody_knows_is_an_error(door: Door, kind: Any, asset: int) -> None:
    request = kind(amount=5, occurred_at=Timestamp(seconds=1_800_000_000), asset=asset)
    for name in NAMES:
        if name in kind.DESCRIPTOR.fields_by_name:
            setattr(request, name, str(uuid.uuid4()))
    door.names_field("bakery", request, "asset")


def test_what_a_member_has_of_each_is_told_by_itself(door: Door) -> None:
    with BlockingClient(door.identity("bakery")) as bakery, BlockingClient(door.identity("grocer")) as grocer:
        member = bakery.enrol().member or ""
        card = bakery.issue(member=member, amount=5_000, asset=VALUE)
        bakery.issue(member=member, amount=7)
        assert grocer.redeem(member=member, amount=8).refusal == "INSUFFICIENT_POINTS"
        held = grocer.authorize(member=member, amount=2_000, asset=VALUE)
        bakery.issue(member=member, amount=300, asset=VALUE, on_event=True)
        spent = grocer.redeem(member=member, amount=1_000, asset=VALUE)
        assert bakery.reverse(original_act_id=card.act_id).balance_after == 0
        told = grocer.balance(member=member)
        assert told == Balance(member, 7, value=0, value_held=2_000, value_pending=300, value_arrears=3_000)
        assert grocer.void(hold_act_id=held.act_id).asset == VALUE
        assert grocer.balance(member=member).value_arrears == 1_000
        again = grocer.receipt(act_id=spent.act_id)
        assert (again.asset, again.balance_after) == (spent.asset, spent.balance_after) == (VALUE, 2_000)
        assert bakery.issue(member=member, amount=1).asset == POINTS
