"""A payload that is read plainly asks for what it asks for as a message, whichever of its bytes are changed."""

from dataclasses import replace
from typing import Any

from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from coalition.api.v1 import exchange_pb2
from coalition.api.v1.envelope_pb2 import ASSET_POINTS, ASSET_UNSPECIFIED, ASSET_VALUE
from coalition.audit.asked import Circumstances, read_asked, read_message
from coalition.audit.plain_payload import Asked
from coalition.wire.methods import ACT_LIFE_MAX_US, METHODS_BY_TYPE, payload_type_of
from coalition.wire.strict import write_time
from settlement.clock import SECOND_US
from settlement.errors import CoalitionError
from settlement.signing import new_key, parse_public_key

MEMBER = "5d595071-4dee-4d1e-9f39-376b5ec8e720"
NOW_US = 1_793_000_000_000_000
NANOS_PLAIN_MAX_US = 998_244
KEYS = [parse_public_key(new_key().spki) for _ in range(2)]
MESSAGES = {"issue": "IssueRequest", "redeem": "RedeemRequest"}

micros = st.one_of(
    st.sampled_from([0, 1, 2, 16, 268_435, 268_436, 805_307, NANOS_PLAIN_MAX_US]), st.integers(0, 999_999)
)
requests = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(sorted(MESSAGES)),
        "partner": st.sampled_from(["bakery", "cinema", "books"]),
        "key": st.sampled_from(KEYS),
        "issued_us": micros.map(lambda each: NOW_US - 5 * SECOND_US + each),
        "life_us": st.one_of(
            st.integers(1, 3_600 * SECOND_US), st.sampled_from([0, ACT_LIFE_MAX_US, ACT_LIFE_MAX_US + 1])
        ),
        "occurred_us": micros.map(lambda each: NOW_US - 9 * SECOND_US + each),
        "member": st.sampled_from(
            [{"member_id": MEMBER}, {"alias_token": b"\x80" * 32}, {"member_id": MEMBER.upper()}]
        ),
        "amount": st.one_of(
            st.integers(1, 500), st.sampled_from([0, 127, 128, 2**35 - 1, 2**35, 10**12, 10**12 + 1])
        ),
        "asset": st.sampled_from([ASSET_UNSPECIFIED, ASSET_POINTS, ASSET_VALUE]),
    }
)


def _payload(drawn: dict[str, Any], *, request_id: str = "39fb23eb-607d-4f84-83b5-6791ff8a56bd") -> bytes:
    method = METHODS_BY_TYPE[payload_type_of(MESSAGES[drawn["kind"]])]
    request = getattr(exchange_pb2, MESSAGES[drawn["kind"]])(
        **drawn["member"], amount=drawn["amount"], asset=drawn["asset"]
    )
    header = request.header
    header.audience, header.method, header.partner_id = "clearing.example/test", method.path, drawn["partner"]
    header.key_id, header.request_id = bytes.fromhex(drawn["key"].keyid), request_id
    write_time(header.issued_at, drawn["issued_us"])
    write_time(header.expires_at, drawn["issued_us"] + drawn["life_us"])
    write_time(request.occurred_at, drawn["occurred_us"])
    payload: bytes = request.SerializeToString()
    return payload


def _circumstances() -> Circumstances:
    """All beginnings are known in them."""
    known = Circumstances(
        "clearing.example/test", {bytes.fromhex(key.keyid): key for key in KEYS}, signatures=False
    )
    for kind in MESSAGES:
        for partner in ("bakery", "cinema", "books"):
            for key in KEYS:
                plain = {
                    "kind": kind,
                    "partner": partner,
                    "key": key,
                    "amount": 1,
                    "asset": 0,
                    "member": {"member_id": MEMBER},
                }
                times = {"issued_us": NOW_US, "life_us": SECOND_US, "occurred_us": NOW_US}
                assert read_message((kind, partner), _payload(plain | times), MEMBER, NOW_US, known)
    return known


KNOWN = _circumstances()


def _both(signed_by: tuple[str, str], payload: bytes) -> tuple[Asked | None, Asked | None]:
    """What is read, and what is read as a message."""
    found: list[Asked | None] = []
    for read in (read_asked, read_message):
        try:
            found.append(read(signed_by, payload, MEMBER, NOW_US, KNOWN))
        except (CoalitionError, DecodeError, ValueError):
            found.append(None)
    return found[0], found[1]


@given(requests)
def test_it_is_read_as_the_message_is(drawn: dict[str, Any]) -> None:
    asked, as_message = _both((drawn["kind"], drawn["partner"]), _payload(drawn))
    assert asked == as_message


@given(
    drawn=requests,
    change=st.sampled_from(["set", "insert", "remove"]),
    at=st.integers(0, 400),
    byte=st.one_of(st.integers(0, 255), st.sampled_from(b"\x00\x01\x38\x48\x80\xff")),
)
def test_it_is_read_as_the_message_is_whatever_byte_is_changed(
    drawn: dict[str, Any], change: str, at: int, byte: int
) -> None:
    payload = bytearray(_payload(drawn))
    at %= len(payload)
    payload[at : at + (change != "insert")] = b"" if change == "remove" else bytes([byte])
    asked, as_message = _both((drawn["kind"], drawn["partner"]), bytes(payload))
    assert asked == as_message


@given(
    drawn=requests,
    kind=st.sampled_from(sorted(MESSAGES)),
    partner=st.sampled_from(["bakery", "cinema", "books"]),
)
def test_it_is_read_for_its_own_kind_and_partner_only(drawn: dict[str, Any], kind: str, partner: str) -> None:
    asked, as_message = _both((kind, partner), _payload(drawn))
    assert asked == as_message
    assert asked is None or (kind, partner) == (drawn["kind"], drawn["partner"])


@given(
    drawn=requests,
    amount=st.integers(1, 2**35 - 1),
    sizes=st.lists(st.integers(0, NANOS_PLAIN_MAX_US), min_size=2, max_size=2),
    asset=st.sampled_from([ASSET_UNSPECIFIED, ASSET_POINTS]),
    member=st.sampled_from([{"member_id": MEMBER}, {"alias_token": b"\x80" * 32}]),
)
def test_what_libraries_write_for_tills_is_read_plainly(
    drawn: dict[str, Any], amount: int, sizes: list[int], asset: int, member: dict[str, Any]
) -> None:
    issued_us, occurred_us = [NOW_US - 5 * SECOND_US + each for each in sizes]
    times = {"issued_us": issued_us, "life_us": 3_600 * SECOND_US, "occurred_us": occurred_us}
    payload = _payload(drawn | times | {"amount": amount, "asset": asset, "member": member})
    without_messages = replace(KNOWN, keys={})
    assert (
        read_asked((drawn["kind"], drawn["partner"]), payload, MEMBER, NOW_US, without_messages) is not None
    )
