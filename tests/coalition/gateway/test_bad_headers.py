"""Requests that are signed well and meant for another network, method, partner, key or time."""

import uuid
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from coalition.api.v1.exchange_pb2 import GetBalanceRequest, IssueRequest
from coalition.wire.methods import METHODS, Method
from settlement.clock import TIME_MAX_US, now_us
from tests.support.door import Door

ALL_METHODS = pytest.mark.parametrize(
    "method", METHODS.values(), ids=lambda method: method.path.rpartition("/")[2]
)
ISSUE = METHODS["/coalition.api.v1.ExchangeService/Issue"]
NOT_UUIDS = (
    "",
    "1",
    str(uuid.uuid4()).upper(),
    str(uuid.uuid4()) + "\n",
    "{" + str(uuid.uuid4()) + "}",
    uuid.uuid4().hex,
    "urn:uuid:" + str(uuid.uuid4()),
    "٠" * 8 + "-0000-4000-8000-000000000000",
    "\0" * 36,
)


def seconds_from_now(seconds: float) -> Timestamp:
    total_ns = now_us() * 1_000 + int(seconds * 1e9)
    return Timestamp(seconds=total_ns // 10**9, nanos=total_ns % 10**9)


def ask_with(door: Door, called: Method, **header: Any) -> Any:
    who, request = door.sample(called)
    return door.ask(who, request, **header)


@ALL_METHODS
def test_header_must_equal_channel(door: Door, method: Method) -> None:
    other = next(path for path in METHODS if path != method.path)
    wrong: dict[str, tuple[str, tuple[Any, ...]]] = {
        "audience": (
            "AUDIENCE_MISMATCH",
            ("", "clearing.example/other", "clearing.example/test ", "CLEARING.EXAMPLE/TEST"),
        ),
        "method": ("METHOD_MISMATCH", ("", other, method.path + "/", method.path.lower())),
        "partner_id": ("PARTNER_MISMATCH", ("", "grocer", "nobody-there", "Bakery")),
        "key_id": ("KEY_MISMATCH", (b"", bytes(32), door.signers["bakery-old"].keyid.encode()[:32])),
    }
    with door.records_nothing():
        for name, (reason, values) in wrong.items():
            for value in values:
                answer = ask_with(door, method, **{name: value})
                answer.is_error(reason)
                assert answer.field == f"header.{name}"


@ALL_METHODS
def test_a_request_id_is_a_lower_case_uuid(door: Door, method: Method) -> None:
    with door.records_nothing():
        for text in NOT_UUIDS:
            answer = ask_with(door, method, request_id=text)
            answer.is_error("FIELD_INVALID")
            assert answer.field == "header.request_id"


@ALL_METHODS
def test_a_payload_without_a_header_or_times_is_invalid(door: Door, method: Method) -> None:
    who, request = door.sample(method)
    with door.records_nothing():
        for name in ("issued_at", "expires_at", "request_id"):
            ask_with(door, method, **{name: None}).is_error("FIELD_INVALID")
        request.ClearField("header")
        payload = request.SerializeToString()
        expected = "FIELD_INVALID" if payload else "PAYLOAD_MALFORMED"
        door.call(method.path, door.sealed(who, request, payload=payload)).is_error(expected)


@ALL_METHODS
def test_a_request_lives_no_longer_than_allowed_and_not_backwards(door: Door, method: Method) -> None:
    most = method.life_max_us / 1_000_000
    with door.records_nothing():
        for life in (most + 1, 0, -1, 10 * most):
            issued, expires = seconds_from_now(0), seconds_from_now(0)
            expires.seconds = issued.seconds + int(life)
            expires.nanos = issued.nanos
            answer = ask_with(door, method, issued_at=issued, expires_at=expires)
            answer.is_error("FIELD_INVALID")
            assert answer.field == "header.expires_at"


@ALL_METHODS
def test_an_expired_request_and_one_from_the_future_are_told_so(door: Door, method: Method) -> None:
    with door.records_nothing():
        past = ask_with(door, method, issued_at=seconds_from_now(-30), expires_at=seconds_from_now(-0.001))
        past.is_error("REQUEST_EXPIRED")
        future = ask_with(door, method, issued_at=seconds_from_now(62), expires_at=seconds_from_now(90))
        future.is_error("REQUEST_FROM_THE_FUTURE")


def test_a_clock_that_is_a_little_ahead_does_no_harm(door: Door) -> None:
    request = GetBalanceRequest(member_id=door.member)
    answer = door.ask("bakery", request, issued_at=seconds_from_now(50), expires_at=seconds_from_now(100))
    assert answer.code == "OK"


BAD_TIMES = (
    Timestamp(seconds=0),
    Timestamp(seconds=-62_135_596_800),  # the year 1
    Timestamp(seconds=-62_167_219_200),  # the year 0
    Timestamp(seconds=253_402_300_800),  # the year 10000
    Timestamp(seconds=2**63 - 1),
    Timestamp(seconds=-(2**63)),
    Timestamp(seconds=1_800_000_000, nanos=1_000_000_000),
    Timestamp(seconds=1_800_000_000, nanos=-1),
    Timestamp(seconds=1_800_000_000, nanos=2**31 - 1),
    Timestamp(seconds=1_800_000_000, nanos=-(2**31)),
    Timestamp(nanos=999),
)


@pytest.mark.parametrize("moment", BAD_TIMES, ids=lambda moment: f"{moment.seconds}s{moment.nanos}ns")
def test_a_timestamp_must_be_well_formed_and_between_1970_and_the_year_10000(
    door: Door, moment: Timestamp
) -> None:
    request = IssueRequest(member_id=door.member, amount=5, occurred_at=moment)
    with door.records_nothing():
        for name in ("issued_at", "expires_at"):
            ask_with(door, ISSUE, **{name: moment}).is_error("FIELD_INVALID")
        answer = door.ask("bakery", request)
        answer.is_error("FIELD_INVALID")
        assert answer.field == "occurred_at"


@pytest.mark.parametrize("time_us", [1, TIME_MAX_US])
def test_the_first_and_the_last_instant_that_the_journal_can_spell_are_recorded(
    door: Door, time_us: int
) -> None:
    moment = Timestamp(seconds=time_us // 1_000_000, nanos=time_us % 1_000_000 * 1_000 + 999)
    request = IssueRequest(member_id=door.member, amount=5, occurred_at=moment)
    assert door.outcome(door.ask("bakery", request)).refusal is None


@pytest.mark.hypothesis
def test_no_pair_of_times_is_an_internal_error(door: Door) -> None:
    stamps = st.builds(
        Timestamp,
        seconds=st.integers(-(2**63), 2**63 - 1)
        | st.integers(now_us() // 10**6 - 90, now_us() // 10**6 + 90),
        nanos=st.integers(-(2**31), 2**31 - 1) | st.integers(0, 10**9),
    )

    @given(st.sampled_from(sorted(METHODS)), stamps, stamps)
    def send(path: str, issued: Timestamp, expires: Timestamp) -> None:
        answer = ask_with(door, METHODS[path], issued_at=issued, expires_at=expires)
        if answer.reason in ("FIELD_INVALID", "REQUEST_EXPIRED", "REQUEST_FROM_THE_FUTURE"):
            return
        assert now_us() < expires.seconds * 1_000_000 + 10**6, answer

    send()
