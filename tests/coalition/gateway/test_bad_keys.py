"""Keys and signatures at the edges of Ed25519 and P-256: one answer, whoever verifies."""

import uuid
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from coalition.api.v1 import partners_pb2
from coalition.api.v1.envelope_pb2 import Envelope
from coalition.api.v1.exchange_pb2 import GetBalanceRequest
from coalition.client import BlockingClient
from settlement.signing import KeySigner, new_key, pae, possession_message, spki_of
from tests.support.door import Answer, Door
from tests.support.network import ORIGIN

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
P = 2**255 - 19
SMALL_ORDER_Y = {
    "order 1": 1,
    "order 2": P - 1,
    "order 4": 0,
    "order 8 a": 2707385501144840649318225287225658788936804267575313519463743609750303021642,
    "order 8 b": 55188659117513257062467267217118295137698188065244968500265048394206261417927,
    "not canonical 0": P,
    "not canonical 1": P + 1,
}
"""The y of every point of small order (Bernstein, https://cr.yp.to/ecdh.html), and spellings above the field's prime."""
SPKI_PREFIX = spki_of(Ed25519PublicKey.from_public_bytes(bytes(31) + b"\x40"))[:-32]


def add_key(door: Door, spki: bytes, possession: bytes = bytes(64)) -> Answer:
    request = partners_pb2.AddKeyRequest(
        partner_id="bakery", public_key=spki, purpose=partners_pb2.KEY_PURPOSE_REQUEST, possession=possession
    )
    return door.ask("bakery", request)


@pytest.mark.parametrize("sign", [0, 1])
@pytest.mark.parametrize("point", SMALL_ORDER_Y)
def test_an_ed25519_key_of_small_order_is_refused(door: Door, point: str, sign: int) -> None:
    raw = (SMALL_ORDER_Y[point] | sign << 255).to_bytes(32, "little")
    with door.records_nothing():
        # R and S of zero and one "sign" everything under such keys, with verifiers that do not look.
        for forged in (bytes(64), b"\x01" + bytes(63), raw + bytes(32)):
            answer = add_key(door, SPKI_PREFIX + raw, forged)
            answer.is_error("FIELD_INVALID")
            assert answer.field == "public_key"


def test_keys_of_other_kinds_are_refused(door: Door) -> None:
    keys: list[Any] = [
        rsa.generate_private_key(65_537, 2_048),
        ec.generate_private_key(ec.SECP384R1()),
        ec.generate_private_key(ec.SECP256K1()),
        x25519.X25519PrivateKey.generate(),
        ed448.Ed448PrivateKey.generate(),
        dsa.generate_private_key(1_024),
    ]
    p256 = ec.generate_private_key(ec.SECP256R1()).public_key()
    good = spki_of(p256)
    point = p256.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)
    compressed = b"\x30\x39" + good[2:23] + b"\x03\x22\x00" + point
    with door.records_nothing():
        for spki in [
            *[spki_of(key.public_key()) for key in keys],
            compressed,
            good + b"\0",
            good[:-1],
            b"",
            b"\x30",
        ]:
            answer = add_key(door, spki)
            answer.is_error("FIELD_INVALID")
            assert answer.field == "public_key"


@pytest.mark.hypothesis
def test_no_bytes_offered_as_a_key_are_an_internal_error(door: Door) -> None:
    good = [new_key().spki, new_key("ecdsa-p256-sha256").spki]

    @given(
        st.sampled_from(good),
        st.integers(0, 100),
        st.integers(0, 7),
        st.binary(max_size=64),
        st.binary(max_size=80),
    )
    def send(spki: bytes, place: int, bit: int, possession: bytes, noise: bytes) -> None:
        spoilt = bytearray(spki)
        spoilt[place % len(spoilt)] ^= 1 << bit
        for key in (bytes(spoilt), noise):
            add_key(door, key, possession).is_error("FIELD_INVALID")

    with door.records_nothing():
        send()


def resigned(door: Door, who: str, signature: bytes) -> Answer:
    """The answer to a good request under another signature."""
    request = door.complete(who, GetBalanceRequest(member_id=door.member))
    envelope = Envelope.FromString(door.sealed(who, request))
    envelope.signatures[0].sig = signature
    return door.call(request.header.method, envelope.SerializeToString())


def good_signature(door: Door, who: str) -> tuple[Any, Envelope]:
    request = door.complete(who, GetBalanceRequest(member_id=door.member), act_id=str(uuid.uuid4()))
    return request, Envelope.FromString(door.sealed(who, request))


@pytest.mark.parametrize("who", ["bakery", "grocer"])
@pytest.mark.parametrize(
    "signature",
    [b"", bytes(64), b"\x01" + bytes(63), b"\xff" * 64, bytes(63), bytes(65), bytes(72)],
    ids=["empty", "zero", "R identity", "all ones", "63", "65", "72"],
)
def test_a_signature_of_another_form_is_invalid(door: Door, who: str, signature: bytes) -> None:
    resigned(door, who, signature).is_error("SIGNATURE_INVALID")


def test_an_ed25519_signature_has_one_spelling(door: Door) -> None:
    order = 2**252 + 27742317777372353535851937790883648493
    request, envelope = good_signature(door, "bakery")
    good = envelope.signatures[0].sig
    s = int.from_bytes(good[32:], "little") + order
    for spoilt in (good[:32] + s.to_bytes(32, "little"), good + b"\0", good[::-1]):
        envelope.signatures[0].sig = spoilt
        door.call(request.header.method, envelope.SerializeToString()).is_error("SIGNATURE_INVALID")


def test_a_p256_signature_with_high_s_or_in_der_is_invalid_and_with_low_s_good(door: Door) -> None:
    request, envelope = good_signature(door, "grocer")
    good = envelope.signatures[0].sig
    r, s = good[:32], int.from_bytes(good[32:])
    assert s <= P256_ORDER // 2
    assert door.call(request.header.method, envelope.SerializeToString()).code == "OK"
    der = b"\x30\x44\x02\x20" + r + b"\x02\x20" + good[32:]
    for spoilt in (
        r + (P256_ORDER - s).to_bytes(32),
        der,
        r + (s + 1).to_bytes(32),
        bytes(32) + good[32:],
        r + bytes(32),
    ):
        envelope.signatures[0].sig = spoilt
        door.call(request.header.method, envelope.SerializeToString()).is_error("SIGNATURE_INVALID")


def test_a_p256_partner_takes_part_like_any_other(door: Door) -> None:
    with BlockingClient(door.identity("grocer")) as grocer:
        member = grocer.enrol().member
        assert member is not None
        assert grocer.issue(member=member, amount=50).balance_after == 50
        spent = grocer.redeem(member=member, amount=20)
        assert spent.balance_after == 30
        assert grocer.reverse(original_act_id=spent.act_id).balance_after == 50
        assert grocer.receipt(act_id=spent.act_id) == spent
        second = new_key("ecdsa-p256-sha256")
        assert grocer.add_key(key=second).refusal is None
    door.signers["grocer"], first = second, door.signers["grocer"]
    with BlockingClient(door.identity("grocer")) as grocer:
        assert grocer.revoke_key(keyid=first.keyid).refusal is None
        assert grocer.balance(member=member).points == 50


def test_a_signature_by_one_key_never_passes_for_another_key(door: Door) -> None:
    stranger: KeySigner = new_key()
    request, envelope = good_signature(door, "bakery")
    envelope.signatures[0].sig = stranger.sign(pae(envelope.payload_type, envelope.payload))
    door.call(request.header.method, envelope.SerializeToString()).is_error("SIGNATURE_INVALID")
    message = possession_message(audience=ORIGIN, partner_id="bakery", keyid=stranger.keyid)
    add_key(door, stranger.spki, door.signers["bakery"].sign(message)).is_error("FIELD_INVALID")
