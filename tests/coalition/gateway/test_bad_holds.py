"""Requests about holds that break a rule of their fields, or name what is not there."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from coalition.api.v1.exchange_pb2 import (
    AuthorizeRequest,
    CaptureRequest,
    GetBalanceRequest,
    GetBalanceResponse,
    IssueRequest,
    VoidRequest,
)
from tests.support.door import Door
from tests.support.small_network import just_now, points

HOLD = str(uuid.uuid4())


def held(**fields: Any) -> AuthorizeRequest:
    return AuthorizeRequest(**{**points(HOLD, 5), **fields})


FIELDS: dict[str, tuple[str, Callable[[], Any], str, str]] = {
    "nobody's points": ("bakery", lambda: held(member_id=None), "FIELD_INVALID", "member"),
    "no points": ("bakery", lambda: held(amount=0), "AMOUNT_NOT_POSITIVE", "amount"),
    "too many points": ("bakery", lambda: held(amount=10**12 + 1), "AMOUNT_TOO_LARGE", "amount"),
    "held at no time": ("bakery", lambda: held(occurred_at=None), "FIELD_INVALID", "occurred_at"),
    "held for less than no time": ("bakery", lambda: held(hold_minutes=-1), "FIELD_INVALID", "hold_minutes"),
    "held for over a year": ("bakery", lambda: held(hold_minutes=525_601), "FIELD_INVALID", "hold_minutes"),
    "capture of no hold": (
        "bakery",
        lambda: CaptureRequest(amount=5, occurred_at=just_now()),
        "FIELD_INVALID",
        "hold_act_id",
    ),
    "capture of no points": (
        "bakery",
        lambda: CaptureRequest(hold_act_id=HOLD, occurred_at=just_now()),
        "AMOUNT_NOT_POSITIVE",
        "amount",
    ),
    "capture of less than no points": (
        "bakery",
        lambda: CaptureRequest(hold_act_id=HOLD, amount=-1, occurred_at=just_now()),
        "AMOUNT_NOT_POSITIVE",
        "amount",
    ),
    "capture of too many points": (
        "bakery",
        lambda: CaptureRequest(hold_act_id=HOLD, amount=10**12 + 1, occurred_at=just_now()),
        "AMOUNT_TOO_LARGE",
        "amount",
    ),
    "void of no hold": (
        "bakery",
        lambda: VoidRequest(hold_act_id="x", occurred_at=just_now()),
        "FIELD_INVALID",
        "hold_act_id",
    ),
    "void at no time": ("bakery", lambda: VoidRequest(hold_act_id=HOLD), "FIELD_INVALID", "occurred_at"),
}


@pytest.mark.parametrize("case", FIELDS)
def test_a_field_that_breaks_its_rule_is_named(door: Door, case: str) -> None:
    who, make, reason, field = FIELDS[case]
    with door.records_nothing():
        answer = door.ask(who, make())
        answer.is_error(reason)
        assert answer.field == field


def test_a_hold_that_is_not_there_is_a_refusal_that_repeats(door: Door) -> None:
    for request in (
        CaptureRequest(hold_act_id=HOLD, amount=5, occurred_at=just_now()),
        VoidRequest(hold_act_id=HOLD, occurred_at=just_now()),
    ):
        data = door.sealed("bakery", door.complete("bakery", request))
        first, before = door.outcome(door.call(request.header.method, data)), door.recorded()
        assert first.refusal == "HOLD_UNKNOWN"
        assert door.outcome(door.call(request.header.method, data)) == first
        assert door.recorded() == before


def test_a_balance_tells_what_is_held(door: Door) -> None:
    def told() -> tuple[int, int]:
        answer = door.ask("grocer", GetBalanceRequest(member_id=door.member))
        found = GetBalanceResponse.FromString(answer.body)
        return found.balance, found.held

    door.ask("bakery", IssueRequest(**points(door.member, 50)))
    points_before, held_before = told()
    hold = door.outcome(door.ask("bakery", AuthorizeRequest(**points(door.member, 30))))
    assert told() == (points_before - 30, held_before + 30)
    capture = CaptureRequest(hold_act_id=hold.act_id, amount=10, occurred_at=just_now())
    assert door.outcome(door.ask("bakery", capture)).refusal is None
    assert told() == (points_before - 10, held_before)
