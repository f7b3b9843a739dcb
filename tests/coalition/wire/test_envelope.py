"""Envelopes and receipts: what is sealed opens to the same bytes, under the one key, and to nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.api.v1.envelope_pb2 import Envelope
from coalition.wire.envelope import PAYLOAD_BYTES_MAX, open_envelope, seal
from coalition.wire.receipts import open_receipt, seal_receipt
from settlement.clock import TIME_MAX_US
from settlement.errors import CoalitionError
from settlement.journal.acts import Outcome
from settlement.signing import ECDSA_P256, ED25519, new_key, pae, parse_public_key

KEYS = {algorithm: new_key(algorithm) for algorithm in (ED25519, ECDSA_P256)}
OTHERS = {algorithm: new_key(algorithm) for algorithm in KEYS}
TYPE = "application/vnd.coalition.v1.IssueRequest+protobuf"
NETWORK = "clearing.example/test"
OUTCOMES = st.builds(
    Outcome,
    act_id=st.uuids().map(str),
    payload_sha256=st.binary(min_size=32, max_size=32),
    shard=st.integers(0, 64),
    index=st.integers(0, 2**63 - 1),
    leaf_hash=st.binary(min_size=32, max_size=32),
    recorded_at_us=st.integers(1, TIME_MAX_US),
    refusal=st.sampled_from([None, "INSUFFICIENT_POINTS", "MEMBER_UNKNOWN"]),
    member=st.just("0a1b2c3d-0000-4000-8000-000000000001"),
    balance_after=st.integers(0, 10**15),
)


def reason_of(data: bytes, payload_type: str = TYPE) -> str:
    with pytest.raises(CoalitionError) as caught:
        open_envelope(data, payload_type=payload_type)
    return caught.value.reason


@given(st.sampled_from(sorted(KEYS)), st.binary(min_size=1, max_size=500))
def test_what_is_sealed_opens_to_the_same_bytes_and_verifies_under_its_key_only(
    algorithm: str, payload: bytes
) -> None:
    sealed = open_envelope(seal(KEYS[algorithm], TYPE, payload), payload_type=TYPE)
    assert (sealed.payload, sealed.payload_type, sealed.keyid) == (payload, TYPE, KEYS[algorithm].keyid)
    sealed.verify(parse_public_key(KEYS[algorithm].spki))
    for stranger in (*OTHERS.values(), *(key for name, key in KEYS.items() if name != algorithm)):
        with pytest.raises(CoalitionError) as caught:
            sealed.verify(parse_public_key(stranger.spki))
        assert caught.value.reason == "SIGNATURE_INVALID"


def test_what_is_signed_is_dsse_v1() -> None:
    """The example of the protocol's own page (secure-systems-lab/dsse, protocol.md)."""
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


@given(st.text(max_size=20), st.binary(max_size=40), st.text(max_size=20), st.binary(max_size=40))
def test_no_two_pairs_of_type_and_payload_are_signed_alike(
    type_a: str, a: bytes, type_b: str, b: bytes
) -> None:
    assert (pae(type_a, a) == pae(type_b, b)) == ((type_a, a) == (type_b, b))


def test_size_and_form_come_before_the_type() -> None:
    signer = KEYS[ED25519]
    assert open_envelope(seal(signer, TYPE, bytes(PAYLOAD_BYTES_MAX)), payload_type=TYPE).payload
    assert reason_of(seal(signer, "x", bytes(PAYLOAD_BYTES_MAX + 1))) == "PAYLOAD_TOO_LARGE"
    assert reason_of(seal(signer, "x", b"")) == "PAYLOAD_MALFORMED"
    assert reason_of(Envelope(payload=b"a", payload_type="x").SerializeToString()) == "PAYLOAD_MALFORMED"
    assert reason_of(seal(signer, "x", b"a")) == "PAYLOAD_TYPE_MISMATCH"


@given(OUTCOMES, st.sampled_from(sorted(KEYS)))
def test_a_receipt_states_every_fact_of_an_outcome(outcome: Outcome, algorithm: str) -> None:
    receipt = seal_receipt(KEYS[algorithm], audience=NETWORK, outcome=outcome)
    key = parse_public_key(KEYS[algorithm].spki)
    assert open_receipt(receipt, audience=NETWORK, key=key, payload_sha256=outcome.payload_sha256) == outcome


@given(OUTCOMES, st.data())
def test_a_spoilt_receipt_is_none(outcome: Outcome, data: st.DataObject) -> None:
    receipt = bytearray(seal_receipt(KEYS[ED25519], audience=NETWORK, outcome=outcome))
    receipt[data.draw(st.integers(0, len(receipt) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(CoalitionError):
        open_receipt(bytes(receipt), audience=NETWORK, key=parse_public_key(KEYS[ED25519].spki))


@given(OUTCOMES)
def test_a_receipt_counts_for_one_network_one_request_and_one_key(outcome: Outcome) -> None:
    key, receipt = (
        parse_public_key(KEYS[ED25519].spki),
        seal_receipt(KEYS[ED25519], audience=NETWORK, outcome=outcome),
    )
    wrong = [
        {"audience": "clearing.example/other", "key": key},
        {"audience": NETWORK, "key": key, "payload_sha256": bytes(31)},
        {"audience": NETWORK, "key": parse_public_key(OTHERS[ED25519].spki)},
    ]
    for expected in wrong:
        with pytest.raises(CoalitionError) as caught:
            open_receipt(receipt, **expected)  # type: ignore[arg-type]
        assert caught.value.reason in ("RECEIPT_MISMATCH", "SIGNATURE_INVALID")
