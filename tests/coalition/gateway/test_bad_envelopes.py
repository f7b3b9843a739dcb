"""Envelopes that are none: cut, flipped, random, too large, signed twice or not at all, with fields that nobody knows."""

from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.api.v1.envelope_pb2 import Envelope
from coalition.gateway.admission import admit
from coalition.gateway.server import MESSAGE_BYTES_MAX
from coalition.wire.envelope import ENVELOPE_BYTES_MAX, PAYLOAD_BYTES_MAX
from coalition.wire.methods import METHODS, Method, payload_type_of
from settlement.errors import CoalitionError
from settlement.house.state import House
from settlement.ledger.memory import load_house
from settlement.signing import pae
from tests.support.door import Door

ALL_METHODS = pytest.mark.parametrize(
    "method", METHODS.values(), ids=lambda method: method.path.rpartition("/")[2]
)
NEXT = dict(zip(METHODS.values(), [*METHODS.values()][1:] + [*METHODS.values()][:1], strict=True))
"""Another method for each."""
UNKNOWN = bytes([15 << 3 | 0, 1])
"""Field 15 as a number: no message of the network has one."""
MALFORMED = ("PAYLOAD_MALFORMED", "UNKNOWN_FIELD", "PAYLOAD_TYPE_MISMATCH")
SPOILT = (*MALFORMED, "KEY_UNKNOWN", "SIGNATURE_INVALID")


def good_envelope(door: Door, method: Method) -> bytes:
    who, request = door.sample(method)
    return door.sealed(who, request)


@ALL_METHODS
def test_an_envelope_cut_anywhere_is_malformed(door: Door, method: Method) -> None:
    good = good_envelope(door, method)
    with door.records_nothing():
        for length in (0, 1, 2, 3, 70, len(good) // 2, len(good) - 70, len(good) - 2, len(good) - 1):
            door.call(method.path, good[:length]).is_error("PAYLOAD_MALFORMED")


@pytest.mark.hypothesis
def test_an_envelope_with_any_bit_flipped_is_refused_by_its_documented_error(door: Door) -> None:
    good = {path: good_envelope(door, method) for path, method in METHODS.items()}

    @given(st.sampled_from(sorted(METHODS)), st.integers(0, 10**9), st.integers(0, 7))
    def flip(path: str, place: int, bit: int) -> None:
        spoilt = bytearray(good[path])
        spoilt[place % len(spoilt)] ^= 1 << bit
        door.call(path, bytes(spoilt)).is_error(*SPOILT)

    with door.records_nothing():
        flip()


@pytest.mark.hypothesis
def test_random_bytes_are_malformed(door: Door) -> None:
    @given(st.sampled_from(sorted(METHODS)), st.binary(max_size=300))
    def send(path: str, data: bytes) -> None:
        door.call(path, data).is_error(*MALFORMED)

    with door.records_nothing():
        send()


@pytest.mark.hypothesis
def test_random_payloads_under_a_good_signature_are_malformed(door: Door) -> None:
    @given(st.sampled_from(sorted(METHODS)), st.binary(min_size=1, max_size=200))
    def send(path: str, payload: bytes) -> None:
        who, request = door.sample(METHODS[path])
        door.call(path, door.sealed(who, request, payload=payload)).is_error(
            "PAYLOAD_MALFORMED", "UNKNOWN_FIELD", "FIELD_INVALID"
        )

    with door.records_nothing():
        send()


@ALL_METHODS
def test_no_signature_or_two_are_malformed(door: Door, method: Method) -> None:
    none = Envelope.FromString(good_envelope(door, method))
    two = Envelope.FromString(good_envelope(door, method))
    two.signatures.append(two.signatures[0])
    none.ClearField("signatures")
    with door.records_nothing():
        for envelope in (none, two):
            answer = door.call(method.path, envelope.SerializeToString())
            answer.is_error("PAYLOAD_MALFORMED")
            assert answer.field == "signatures"


@ALL_METHODS
def test_an_empty_payload_is_malformed(door: Door, method: Method) -> None:
    who, request = door.sample(method)
    with door.records_nothing():
        door.call(method.path, door.sealed(who, request, payload=b"")).is_error("PAYLOAD_MALFORMED")


@ALL_METHODS
def test_unknown_fields_are_refused_at_any_depth(door: Door, method: Method) -> None:
    who, request = door.sample(method)
    payloads = [with_unknown_field(request, *path) for path in ((), ("header",), ("header", "issued_at"))]
    outer = door.sealed(who, request)
    signature = Envelope.FromString(outer)
    signature.signatures[0].MergeFromString(UNKNOWN)
    with door.records_nothing():
        for payload in payloads:
            door.call(method.path, door.sealed(who, request, payload=payload)).is_error("UNKNOWN_FIELD")
        door.call(method.path, outer + UNKNOWN).is_error("UNKNOWN_FIELD")
        door.call(method.path, signature.SerializeToString()).is_error("UNKNOWN_FIELD")


def with_unknown_field(request: Any, *path: str) -> bytes:
    """The request's bytes with a field that nobody knows, in the message at a path."""
    spoilt = type(request)()
    spoilt.CopyFrom(request)
    reduce(getattr, path, spoilt).MergeFromString(UNKNOWN)
    payload: bytes = spoilt.SerializeToString()
    return payload


@pytest.mark.parametrize("size", [PAYLOAD_BYTES_MAX + 1, ENVELOPE_BYTES_MAX + 1, 120_000])
def test_a_payload_over_the_limit_is_too_large(door: Door, size: int) -> None:
    method = METHODS["/coalition.api.v1.ExchangeService/Issue"]
    who, request = door.sample(method)
    with door.records_nothing():
        door.call(method.path, door.sealed(who, request, payload=bytes(size))).is_error("PAYLOAD_TOO_LARGE")


def test_a_payload_just_within_the_limit_is_read(door: Door) -> None:
    method = METHODS["/coalition.api.v1.ExchangeService/Issue"]
    who, request = door.sample(method)
    door.call(method.path, door.sealed(who, request, payload=bytes(PAYLOAD_BYTES_MAX))).is_error(
        "PAYLOAD_MALFORMED"
    )


def test_a_message_over_the_channel_limit_is_stopped_by_grpc_itself(door: Door) -> None:
    with door.records_nothing():
        for size in (MESSAGE_BYTES_MAX + 1, 5_000_000):
            assert (
                door.call("/coalition.api.v1.ExchangeService/Issue", bytes(size)).code == "RESOURCE_EXHAUSTED"
            )


def test_a_method_that_is_not_there_is_unimplemented(door: Door) -> None:
    for path in ("/coalition.api.v1.ExchangeService/Steal", "/coalition.api.v2.ExchangeService/Issue", "/x"):
        assert door.call(path, b"").code == "UNIMPLEMENTED"


@pytest.fixture(scope="module")
def house(door: Door) -> House:
    """What the door knows."""
    return load_house(door.books)


def reason_for(house: House, method: Method, envelope: bytes) -> str:
    """Why the ladder that every door climbs lets this not in; for all pairs of methods a call each would take long."""
    with pytest.raises(CoalitionError) as caught:
        admit(house, method, envelope)
    return caught.value.reason


@ALL_METHODS
def test_the_payload_type_of_another_message_does_not_fit(door: Door, house: House, method: Method) -> None:
    who, request = door.sample(method)
    good = door.sealed(who, request)
    wrong = Envelope.FromString(good)
    with door.records_nothing():
        for payload_type in (payload_type_of("Receipt"), "", method.payload_type + " ", "application/json"):
            wrong.payload_type = payload_type
            door.call(method.path, wrong.SerializeToString()).is_error("PAYLOAD_TYPE_MISMATCH")
        door.call(NEXT[method].path, good).is_error("PAYLOAD_TYPE_MISMATCH")
    reasons = {reason_for(house, other, good) for other in METHODS.values() if other is not method}
    assert reasons == {"PAYLOAD_TYPE_MISMATCH"}


@ALL_METHODS
def test_a_request_signed_for_one_method_opens_no_other(door: Door, house: House, method: Method) -> None:
    who, request = door.sample(method)
    readable = {"METHOD_MISMATCH", "PAYLOAD_MALFORMED", "UNKNOWN_FIELD", "FIELD_INVALID"}
    payload = request.SerializeToString()
    as_other = {
        other: door.sealed(who, request, payload=payload, method=other)
        for other in METHODS.values()
        if other is not method
    }
    with door.records_nothing():
        door.call(NEXT[method].path, as_other[NEXT[method]]).is_error(*readable)
    assert {reason_for(house, other, envelope) for other, envelope in as_other.items()} <= readable


def test_a_signature_over_the_bare_payload_does_not_count(door: Door) -> None:
    method = METHODS["/coalition.api.v1.ExchangeService/Issue"]
    who, request = door.sample(method)
    envelope = Envelope.FromString(door.sealed(who, request))
    signer = door.signers[who]
    with door.records_nothing():
        for signed in (envelope.payload, pae("", envelope.payload), pae(method.payload_type, b""), b""):
            envelope.signatures[0].sig = signer.sign(signed)
            door.call(method.path, envelope.SerializeToString()).is_error("SIGNATURE_INVALID")
