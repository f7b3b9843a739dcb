"""Signatures have one verdict: libsodium, which we ask, and OpenSSL, which an auditor may, agree on every case."""

import base64
import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import (
    crypto_core_ed25519_add,
    crypto_core_ed25519_scalar_add,
    crypto_core_ed25519_scalar_mul,
    crypto_core_ed25519_scalar_reduce,
    crypto_scalarmult_ed25519_base_noclamp,
)

from settlement.signing import (
    ECDSA_P256,
    ED25519,
    KeyFormatError,
    KeySigner,
    SignatureError,
    load_key,
    new_key,
    pae,
    parse_public_key,
)

SPKI_PREFIX = bytes.fromhex("302a300506032b6570032100")
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
IDENTITY = b"\x01" + bytes(31)
SMALL_ORDER_POINTS = [
    IDENTITY,
    bytes(32),
    bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
]
"""Points of order 1, 4, 2, 8 and 8 (RFC 7748, section 6.1; the list that libsodium refuses)."""


def openssl_accepts(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def we_accept(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        parse_public_key(SPKI_PREFIX + key).verify(signature, message)
    except SignatureError:
        return False
    return True


def forge(private: Ed25519PrivateKey, *, r: bytes, nonce: bytes, message: bytes) -> bytes:
    """The owner's own signature with a chosen R: S = nonce + H(R, A, M) * a."""
    digest = bytearray(hashlib.sha512(private.private_bytes_raw()).digest()[:32])
    digest[0] &= 248
    digest[31] = digest[31] & 127 | 64
    scalar = crypto_core_ed25519_scalar_reduce(bytes(digest) + bytes(32))
    challenge = hashlib.sha512(r + private.public_key().public_bytes_raw() + message).digest()
    product = crypto_core_ed25519_scalar_mul(crypto_core_ed25519_scalar_reduce(challenge), scalar)
    return r + crypto_core_ed25519_scalar_add(nonce, product)


@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=80), bit=st.integers(0, 511))
def test_both_libraries_sign_alike_accept_the_genuine_and_refuse_every_flipped_bit(
    seed: bytes, message: bytes, bit: int
) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    key, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert KeySigner(private).sign(message) == signature
    assert we_accept(key, signature, message)
    assert openssl_accepts(key, signature, message)
    spoilt = bytearray(signature)
    spoilt[bit // 8] ^= 1 << bit % 8
    assert we_accept(key, bytes(spoilt), message) == openssl_accepts(key, bytes(spoilt), message) is False
    larger = int.from_bytes(signature[32:], "little") + GROUP_ORDER
    malleable = signature[:32] + larger.to_bytes(32, "little")
    assert we_accept(key, malleable, message) == openssl_accepts(key, malleable, message) is False


@given(message=st.binary(max_size=40), nonce=st.integers(1, GROUP_ORDER - 1))
def test_an_owner_cannot_make_a_signature_that_only_some_accept(message: bytes, nonce: int) -> None:
    """With R the identity OpenSSL alone would say yes, so we say no; with R of mixed order both say no."""
    private = Ed25519PrivateKey.generate()
    key = private.public_key().public_bytes_raw()
    with_identity = forge(private, r=IDENTITY, nonce=bytes(32), message=message)
    assert openssl_accepts(key, with_identity, message)
    assert not we_accept(key, with_identity, message)
    scalar = nonce.to_bytes(32, "little")
    point = crypto_scalarmult_ed25519_base_noclamp(scalar)
    honest = forge(private, r=point, nonce=scalar, message=message)
    assert we_accept(key, honest, message)
    assert openssl_accepts(key, honest, message)
    for torsion in SMALL_ORDER_POINTS[1:]:
        mixed = forge(private, r=crypto_core_ed25519_add(point, torsion), nonce=scalar, message=message)
        assert not we_accept(key, mixed, message)
        assert not openssl_accepts(key, mixed, message)


@pytest.mark.parametrize("point", SMALL_ORDER_POINTS)
def test_keys_of_small_or_mixed_order_are_refused(point: bytes) -> None:
    with pytest.raises(KeyFormatError):
        parse_public_key(SPKI_PREFIX + point)
    honest = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    mixed = crypto_core_ed25519_add(honest, point)
    if mixed != honest:
        with pytest.raises(KeyFormatError):
            parse_public_key(SPKI_PREFIX + mixed)


@given(payload=st.binary(max_size=100), algorithm=st.sampled_from([ED25519, ECDSA_P256]))
def test_a_key_signs_verifies_and_survives_its_pem(payload: bytes, algorithm: str) -> None:
    signer: KeySigner = new_key(algorithm)
    message = pae("type", payload)
    again = load_key(signer.to_pem())
    assert again.keyid == signer.keyid == hashlib.sha256(signer.spki).hexdigest()
    public = parse_public_key(signer.spki)
    assert public.algorithm == algorithm
    public.verify(again.sign(message), message)
    with pytest.raises(SignatureError):
        public.verify(again.sign(message), message + b"x")


@pytest.mark.parametrize("place", range(16))
def test_a_private_key_with_a_changed_byte_in_its_head_is_refused(place: int) -> None:
    """Some of these say that the 32 bytes are a key of X448, over which OpenSSL stumbles."""
    head, begin, rest = new_key().to_pem().partition("-----\n")
    body, end, tail = rest.partition("-----END")
    content = base64.b64decode(body)
    for byte in set(range(256)) - {content[place]}:
        changed = content[:place] + bytes([byte]) + content[place + 1 :]
        with pytest.raises(KeyFormatError):
            load_key(head + begin + base64.b64encode(changed).decode() + "\n" + end + tail)


def test_the_signed_bytes_are_those_of_the_dsse_specification() -> None:
    """The example of secure-systems-lab/dsse, protocol.md."""
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
