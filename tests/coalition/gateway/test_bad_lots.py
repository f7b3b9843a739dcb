"""Requests about when points expire or become spendable that break a rule of their fields, or name what is not there."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from coalition.api.v1.exchange_pb2 import (
    GetBalanceRequest,
    GetBalanceResponse,
    IssueRequest,
    ReleaseRequest,
)
from tests.support.door import Door
from tests.support.small_network import just_now, points

ISSUE = str(uuid.uuid4())


def issue(**fields: Any) -> IssueRequest:
    return IssueRequest(**points(ISSUE, 5), **fields)


FIELDS: dict[str, tuple[str, Callable[[], Any], str]] = {
    "pending until no time": ("bakery", lambda: issue(spendable_from=Timestamp()), "spendable_from"),
    "pending until before 1970": (
        "bakery",
        lambda: issue(spendable_from=Timestamp(seconds=-1)),
        "spendable_from",
    ),
    "waiting for no event": ("bakery", lambda: issue(on_event=False), "on_event"),
    "release of no issue": ("bakery", lambda: ReleaseRequest(occurred_at=just_now()), "original_act_id"),
    "release at no time": ("bakery", lambda: ReleaseRequest(original_act_id=ISSUE), "occurred_at"),
}


@pytest.mark.parametrize("case", FIELDS)
def test_a_field_that_breaks_its_rule_is_named(door: Door, case: str) -> None:
    who, make, field = FIELDS[case]
    door.names_field(who, make(), field)


def test_a_release_of_what_is_not_there_is_a_refusal(door: Door) -> None:
    request = ReleaseRequest(original_act_id=ISSUE, occurred_at=just_now())
    assert door.outcome(door.ask("bakery", request)).refusal == "ORIGINAL_UNKNOWN"


def test_a_balance_tells_what_is_pending_until_it_is_released(door: Door) -> None:
    def told() -> tuple[int, int]:
        answer = door.ask("grocer", GetBalanceRequest(member_id=door.member))
        found = GetBalanceResponse.FromString(answer.body)
        return found.balance, found.pending

    spendable, pending = told()
    issued = door.outcome(door.ask("bakery", IssueRequest(**points(door.member, 50), on_event=True)))
    assert (issued.refusal, told()) == (None, (spendable, pending + 50))
    release = ReleaseRequest(original_act_id=issued.act_id, occurred_at=just_now())
    assert door.outcome(door.ask("bakery", release)).balance_after == spendable + 50
    assert told() == (spendable + 50, pending)
