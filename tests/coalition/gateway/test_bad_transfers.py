"""Requests for transfers between members that break a rule of their fields, or name who is not there."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from coalition.api.v1.exchange_pb2 import TransferPointsRequest
from settlement.house.tariff import Tariff
from tests.support.door import Door
from tests.support.small_network import just_now, points

SOMEBODY = str(uuid.uuid4())


def transfer(**fields: Any) -> TransferPointsRequest:
    return TransferPointsRequest(**{**points(SOMEBODY, 5), "recipient_id": SOMEBODY, **fields})


FIELDS: dict[str, tuple[Callable[[], Any], str]] = {
    "no sender": (
        lambda: TransferPointsRequest(recipient_id=SOMEBODY, amount=5, occurred_at=just_now()),
        "member",
    ),
    "no recipient": (lambda: TransferPointsRequest(**points(SOMEBODY, 5)), "recipient"),
    "a card number as recipient": (lambda: transfer(recipient_id="4000 1234"), "recipient_id"),
    "an upper-case recipient": (lambda: transfer(recipient_id=SOMEBODY.upper()), "recipient_id"),
    "a card number as token": (lambda: transfer(recipient_token=b"4000 1234"), "recipient_token"),
    "at no time": (
        lambda: TransferPointsRequest(member_id=SOMEBODY, recipient_id=SOMEBODY, amount=5),
        "occurred_at",
    ),
}


@pytest.mark.parametrize("case", FIELDS)
def test_a_field_that_breaks_its_rule_is_named(door: Door, case: str) -> None:
    make, field = FIELDS[case]
    door.names_field("bakery", make(), field)


@pytest.mark.parametrize("amount", [0, -1, 10**12 + 1])
def test_no_such_amount_is_transferred(door: Door, amount: int) -> None:
    with door.records_nothing():
        answer = door.ask("bakery", transfer(amount=amount))
    answer.is_error("AMOUNT_TOO_LARGE" if amount > 0 else "AMOUNT_NOT_POSITIVE")
    assert answer.field == "amount"


def test_whoever_is_not_there_is_told_apart_and_a_silent_tariff_allows_nothing(door: Door) -> None:
    assert Tariff(10_000).transfer_points_max == 0
    asked = (
        transfer(recipient_id=door.member),
        transfer(member_id=door.member),
        transfer(member_id=door.member, recipient_token=bytes(range(32))),
        transfer(member_id=door.member, recipient_id=door.member),
    )
    said = [door.outcome(door.ask("bakery", request)).refusal for request in asked]
    assert said == ["MEMBER_UNKNOWN", "RECIPIENT_UNKNOWN", "RECIPIENT_UNKNOWN", "TRANSFER_NOT_ALLOWED"]
