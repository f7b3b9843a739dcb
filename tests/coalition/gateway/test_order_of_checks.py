"""The order of checks (docs/wire.md): of everything that is wrong with a request, the first check that fails is the answer."""

import uuid
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from coalition.api.v1.envelope_pb2 import Envelope
from coalition.api.v1.exchange_pb2 import IssueRequest
from coalition.wire.methods import payload_type_of
from settlement.clock import HOUR_US, now_us
from tests.support.door import Door

FAULTS = {
    "payload type": "PAYLOAD_TYPE_MISMATCH",
    "key": "KEY_UNKNOWN",
    "signature": "SIGNATURE_INVALID",
    "unknown field": "UNKNOWN_FIELD",
    "request id": "FIELD_INVALID",
    "audience": "AUDIENCE_MISMATCH",
    "method": "METHOD_MISMATCH",
    "partner": "PARTNER_MISMATCH",
    "key id": "KEY_MISMATCH",
    "role": "ROLE_MISSING",
    "amount": "AMOUNT_NOT_POSITIVE",
    "act id": "ACT_ID_REUSED",
    "expiry": "REQUEST_EXPIRED",
}
"""What can be wrong with one request, in the order of the checks, and the answer to it."""
UNKNOWN_FIELD_127 = b"\xf8\x07\x01"


def stamp(time_us: int) -> Timestamp:
    moment = Timestamp()
    moment.FromMicroseconds(time_us)
    return moment


def request_with(door: Door, faults: set[str], used_act_id: str) -> bytes:
    """A sealed Issue with all these faults at once."""
    header: dict[str, Any] = {}
    if "audience" in faults:
        header["audience"] = "elsewhere"
    if "method" in faults:
        header["method"] = "/coalition.api.v1.ExchangeService/Redeem"
    if "partner" in faults:
        header["partner_id"] = "grocer"
    if "key id" in faults:
        header["key_id"] = bytes(32)
    if "expiry" in faults:
        header |= {"issued_at": stamp(now_us() - 2 * HOUR_US), "expires_at": stamp(now_us() - HOUR_US)}
    act_id = used_act_id if "act id" in faults else str(uuid.uuid4())
    act_id = "nonsense" if "request id" in faults else act_id
    who = "operator" if "role" in faults else "bakery"
    issue = IssueRequest(member_id=door.member, amount=0 if "amount" in faults else 7)
    issue.occurred_at.FromMicroseconds(now_us())
    payload = door.complete(who, issue, act_id=act_id, **header).SerializeToString()
    payload += UNKNOWN_FIELD_127 if "unknown field" in faults else b""
    envelope = Envelope.FromString(door.sealed(who, issue, payload=payload))
    if "signature" in faults:
        envelope.signatures[0].sig = bytes(reversed(envelope.signatures[0].sig))
    if "key" in faults:
        envelope.signatures[0].keyid = "0" * 64
    if "payload type" in faults:
        envelope.payload_type = payload_type_of("RedeemRequest")
    return envelope.SerializeToString()


@pytest.mark.parametrize("first", FAULTS)
def test_the_first_check_that_fails_is_the_answer(door: Door, first: str) -> None:
    """The request has this fault and every one of a later check."""
    used_act_id = str(uuid.uuid4())
    issue = IssueRequest(member_id=door.member, amount=3)
    issue.occurred_at.FromMicroseconds(now_us())
    assert door.outcome(door.ask("bakery", issue, act_id=used_act_id)).refusal is None
    faults = list(FAULTS)
    at_once = set(faults[faults.index(first) :])
    with door.records_nothing():
        answer = door.call(
            "/coalition.api.v1.ExchangeService/Issue", request_with(door, at_once, used_act_id)
        )
    answer.is_error(FAULTS[first])
