"""Payloads that are read plainly ask for what they ask for as messages, whichever of their bytes are changed and whatever stands
beside them.
"""

from dataclasses import dataclass
from itertools import accumulate, combinations, pairwise
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.api.v1 import exchange_pb2
from coalition.api.v1.envelope_pb2 import ASSET_POINTS, ASSET_UNSPECIFIED, ASSET_VALUE, RequestHeader
from coalition.audit.arrays import Texts
from coalition.audit.asked import PAYLOAD_TYPES, Circumstances
from coalition.audit.claims import (
    BATCH_TOOK_US,
    Claim,
    body_of_request,
    read_request,
    what_header_contradicts,
)
from coalition.audit.ordinary_rows import Signer
from coalition.audit.plain_payload import BEFORE_HEADER, read_plain
from coalition.audit.stored import READ_BEYOND
from coalition.wire.methods import ACT_LIFE_MAX_US, METHODS_BY_TYPE
from coalition.wire.strict import write_time
from settlement.clock import SECOND_US
from settlement.journal.leaf import Entry
from settlement.ledger.acts import Issue, MemberName, Redeem
from settlement.ledger.batch import SKEW_MAX_US
from settlement.signing import new_key, parse_public_key
from tests.support.pure_acts import NETWORK, house_of

MEMBER, REQUEST_ID = "5d595071-4dee-4d1e-9f39-376b5ec8e720", "39fb23eb-607d-4f84-83b5-6791ff8a56bd"
NOW_US = 1_793_000_000_000_000
KEYS = [parse_public_key(new_key().spki) for _ in range(2)]
KINDS, PARTNERS = ("issue", "redeem"), ("bakery", "cinema", "books")
MESSAGES: dict[str, Any] = {"issue": exchange_pb2.IssueRequest, "redeem": exchange_pb2.RedeemRequest}
BODIES = {"issue": Issue, "redeem": Redeem}
ASSET_TAGS = {
    kind: message.DESCRIPTOR.fields_by_name["asset"].number << 3 for kind, message in MESSAGES.items()
}

micros = st.one_of(
    st.sampled_from([0, 1, 2, 16, 268_435, 268_436, 805_307, 998_244, 999_999]), st.integers(0, 999_999)
)
of_tills: dict[str, st.SearchStrategy[Any]] = {
    "kind": st.sampled_from(KINDS),
    "partner": st.sampled_from(PARTNERS),
    "key": st.sampled_from(KEYS),
    "issued_us": micros.map(lambda each: NOW_US - 5 * SECOND_US + each),
    "life_us": st.just(3_600 * SECOND_US),
    "occurred_us": micros.map(lambda each: NOW_US - 9 * SECOND_US + each),
    "member": st.sampled_from([{"member_id": MEMBER}, {"alias_token": b"\x80" * 32}]),
    "amount": st.integers(1, 2**35 - 1),
    "asset": st.sampled_from([ASSET_UNSPECIFIED, ASSET_POINTS]),
}
rare: dict[str, st.SearchStrategy[Any]] = {
    "life_us": st.integers(1, 3_600 * SECOND_US) | st.sampled_from([0, ACT_LIFE_MAX_US, ACT_LIFE_MAX_US + 1]),
    "member": of_tills["member"] | st.just({"member_id": MEMBER.upper()}),
    "amount": st.integers(1, 500) | st.sampled_from([0, 127, 128, 2**35 - 1, 2**35, 10**12, 10**12 + 1]),
    "asset": st.sampled_from([ASSET_UNSPECIFIED, ASSET_POINTS, ASSET_VALUE]),
}
plain_requests = st.fixed_dictionaries(of_tills)
requests = plain_requests | st.fixed_dictionaries(of_tills | rare)
PLAIN = {
    "issued_us": NOW_US - SECOND_US,
    "life_us": 60 * SECOND_US,
    "occurred_us": NOW_US,
    "member": {"member_id": MEMBER},
    "amount": 1,
    "asset": ASSET_UNSPECIFIED,
}
near = st.builds(lambda seconds, part: seconds * SECOND_US + part, st.integers(-2, 2), micros)
"""Microseconds before or after an edge."""
bytes_drawn = st.one_of(st.integers(0, 255), st.sampled_from(b"\x00\x01\x02\x05\x06\x0c\x38\x48\x7f\x80\xff"))


@dataclass(frozen=True)
class _Asked:
    signer: Signer
    act_id: str
    body: Issue | Redeem


def _payload(drawn: dict[str, Any]) -> bytes:
    method = METHODS_BY_TYPE[PAYLOAD_TYPES[drawn["kind"]]]
    request: Any = MESSAGES[drawn["kind"]](**drawn["member"], amount=drawn["amount"], asset=drawn["asset"])
    header = request.header
    header.audience, header.method, header.partner_id = NETWORK.origin, method.path, drawn["partner"]
    header.key_id, header.request_id = bytes.fromhex(drawn["key"].keyid), REQUEST_ID
    write_time(header.issued_at, drawn["issued_us"])
    write_time(header.expires_at, drawn["issued_us"] + drawn["life_us"])
    write_time(request.occurred_at, drawn["occurred_us"])
    payload: bytes = request.SerializeToString()
    return payload


def _changed(payload: bytes, byte: int) -> list[bytes]:
    """With something changed at each place: set, raised, lowered, flipped, inserted, doubled, removed, cut off there."""
    found = [payload]
    for at, old in enumerate(payload):
        start, end = payload[:at], payload[at + 1 :]
        for each in (byte, (old + 1) % 256, (old - 1) % 256, old ^ 0x80):
            found.append(start + bytes([each]) + end)
        found += [start + bytes([each, old]) + end for each in (byte, old)]
        found += [start + end, start]
    return [*found, payload + bytes([byte])]


def _circumstances() -> Circumstances:
    """All plain beginnings are known in them."""
    keys = {bytes.fromhex(key.keyid): key for key in KEYS}
    known = Circumstances(NETWORK.origin, keys, house_of(*PARTNERS), signatures=False)
    for kind in KINDS:
        for partner in PARTNERS:
            for key in KEYS:
                payload = _payload(PLAIN | {"kind": kind, "partner": partner, "key": key})
                assert known.signer(((kind.encode(), partner.encode()), b""), payload, NOW_US) >= 0
    return known


def _read(
    signed_by: list[tuple[str, str]], payloads: list[bytes], *, known: Circumstances | None = None
) -> list[_Asked | None]:
    """What is read plainly of payloads that stand in one text, each for an entry of this kind and partner."""
    circumstances = known or _circumstances()
    spans = np.array([0, *accumulate([len(payload) for payload in payloads])], np.int64)
    texts = Texts(b"".join(payloads) + bytes(READ_BEYOND), spans[:-1], spans[1:])
    signed = [(kind.encode(), partner.encode()) for kind, partner in signed_by]
    lengths = [circumstances.length_of_beginning(*each) for each in signed]
    signers = [
        circumstances.signer((who, payload[BEFORE_HEADER : BEFORE_HEADER + length]), payload, NOW_US)
        for who, payload, length in zip(signed, payloads, lengths, strict=True)
    ]
    tags = np.array([ASSET_TAGS[kind] for kind, _ in signed_by], np.int64)
    plain = read_plain(texts, np.array(lengths, np.int64), tags)
    reads = plain.fits & plain.lives(np.full(len(payloads), NOW_US)) & (np.array(signers) >= 0)
    found: list[_Asked | None] = [None] * len(payloads)
    for place in np.flatnonzero(reads).tolist():
        by_alias = bool(plain.by_alias[place])
        name = MemberName(
            None if by_alias else str(UUID(bytes=plain.member[place].tobytes())),
            plain.alias[place].tobytes() if by_alias else None,
        )
        body = BODIES[signed_by[place][0]](name, int(plain.amount[place]), int(plain.occurred_us[place]))
        act_id = str(UUID(bytes=plain.act_id[place].tobytes()))
        found[place] = _Asked(circumstances.signers[signers[place]][0], act_id, body)
    return found


def _assert_message_asks_for_it(signed_by: tuple[str, str], payload: bytes, asked: _Asked) -> None:
    """As the long way sees it."""
    kind, partner, keyid = asked.signer
    assert (kind, partner) == signed_by
    claim = Claim(partner, asked.act_id, PAYLOAD_TYPES[kind], b"", keyid, b"")
    request, entry = read_request(claim, payload, kind=kind), Entry(1, 0, 1, NOW_US, kind, ())
    assert what_header_contradicts(claim, request, house=house_of(*PARTNERS), entry=entry) == []
    assert body_of_request(request, entry) == asked.body


def _assert_messages_ask_for_it(signed_by: list[tuple[str, str]], payloads: list[bytes]) -> None:
    for signed, payload, asked in zip(signed_by, payloads, _read(signed_by, payloads), strict=True):
        if asked is not None:
            _assert_message_asks_for_it(signed, payload, asked)


@settings(max_examples=30)
@given(drawn=requests, byte=bytes_drawn)
def test_it_is_read_as_the_message_is_whatever_byte_is_changed(drawn: dict[str, Any], byte: int) -> None:
    payloads = _changed(_payload(drawn), byte)
    _assert_messages_ask_for_it([(drawn["kind"], drawn["partner"])] * len(payloads), payloads)


@given(drawn=st.lists(st.tuples(requests, st.integers(-3, 3)), min_size=2, max_size=6))
def test_it_is_read_as_the_message_is_where_some_bytes_are_the_neighbours(
    drawn: list[tuple[dict[str, Any], int]],
) -> None:
    written = [_payload(each) for each, _ in drawn]
    stops = accumulate([len(each) for each in written])
    moved = [stop + shift for stop, (_, shift) in zip(stops, drawn, strict=True)]
    content = b"".join(written)
    payloads = [content[start:stop] for start, stop in pairwise([0, *moved[:-1], len(content)])]
    _assert_messages_ask_for_it([(each["kind"], each["partner"]) for each, _ in drawn], payloads)


@given(
    drawn=plain_requests,
    ahead_us=st.sampled_from([0, SKEW_MAX_US]),
    lasts=st.sampled_from(["until now", "no time", "the longest time"]),
    off_us=st.tuples(near, near),
)
def test_it_lives_only_when_the_message_does(
    drawn: dict[str, Any], ahead_us: int, lasts: str, off_us: tuple[int, int]
) -> None:
    issued_us = NOW_US + ahead_us + off_us[0]
    edges = {
        "until now": NOW_US - BATCH_TOOK_US,
        "no time": issued_us,
        "the longest time": issued_us + ACT_LIFE_MAX_US,
    }
    if lasts == "until now":
        issued_us -= 9 * SECOND_US
    life_us = edges[lasts] + off_us[1] - issued_us
    payload = _payload(drawn | {"issued_us": issued_us, "life_us": life_us})
    _assert_messages_ask_for_it([(drawn["kind"], drawn["partner"])], [payload])


@settings(max_examples=10)
@given(
    drawn=requests,
    byte=bytes_drawn,
    beside=plain_requests.map(_payload) | st.binary(max_size=20) | st.just(b"\x10\xff\xff\xff\x7f"),
)
def test_neighbours_change_nothing(drawn: dict[str, Any], byte: int, beside: bytes) -> None:
    signed, changed = (drawn["kind"], drawn["partner"]), _changed(_payload(drawn), byte)[::7]
    known = _circumstances()
    alone = [_read([signed], [payload], known=known)[0] for payload in changed]
    payloads = [each for payload in changed for each in (payload, beside)]
    assert _read([signed] * len(payloads), payloads)[::2] == alone


@pytest.mark.parametrize("size", range(6))
def test_a_time_does_not_go_on_in_the_neighbour(size: int) -> None:
    signed = "issue", "bakery"
    payload = _payload(PLAIN | {"kind": "issue", "partner": "bakery", "key": KEYS[0]})
    payload, seconds = payload[:-7], payload[-6:]
    [whole] = _read([signed], [payload + b"\x06" + seconds])
    assert whole is not None
    assert _read([signed] * 2, [payload + b"\x06" + seconds, b"\x10\xff\xff\xff\x7f"]) == [whole, None]
    assert _read([signed] * 2, [payload + bytes([size]) + seconds[:size], seconds[size:]]) == [None, None]


@given(
    drawn=plain_requests,
    kind=st.sampled_from(KINDS),
    partner=st.sampled_from(PARTNERS),
)
def test_it_is_read_for_its_own_kind_and_partner_only(drawn: dict[str, Any], kind: str, partner: str) -> None:
    [asked] = _read([(kind, partner)], [_payload(drawn)])
    assert (asked is not None) == ((kind, partner) == (drawn["kind"], drawn["partner"]))


@given(st.lists(plain_requests, min_size=1, max_size=4))
def test_what_libraries_write_for_tills_is_read_plainly(drawn: list[dict[str, Any]]) -> None:
    signed_by = [(each["kind"], each["partner"]) for each in drawn]
    payloads = [_payload(each) for each in drawn]
    for signed, payload, asked in zip(signed_by, payloads, _read(signed_by, payloads), strict=True):
        assert asked is not None
        _assert_message_asks_for_it(signed, payload, asked)


@pytest.mark.parametrize("swapped", list(combinations(range(7), 2)))
def test_no_part_of_a_header_is_taken_for_another(swapped: tuple[int, int]) -> None:
    """A partner may be called what an act is called."""
    partner = "0b0e3e5c-3f5e-4c5e-8a36-0a3f3fbd1c11"
    payload = _payload(PLAIN | {"kind": "issue", "partner": partner, "key": KEYS[0]})
    request: Any = exchange_pb2.IssueRequest.FromString(payload)
    parts = [
        RequestHeader(**{field.name: value}).SerializeToString()
        for field, value in request.header.ListFields()
    ]
    one, other = swapped
    parts[one], parts[other] = parts[other], parts[one]
    size = BEFORE_HEADER + sum([len(part) for part in parts])
    payload = payload[:BEFORE_HEADER] + b"".join(parts) + payload[size:]
    assert exchange_pb2.IssueRequest.FromString(payload) == request
    [asked] = _read([("issue", partner)], [payload])
    if asked is not None:
        _assert_message_asks_for_it(("issue", partner), payload, asked)
