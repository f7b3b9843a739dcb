"""Signatures: what is signed, by which key, and when it counts as genuine.

Bytes signed are DSSE v1 (secure-systems-lab/dsse, protocol.md): `pae(type, payload)`. A key is named by its *keyid*, the
lower-case hex SHA-256 of its DER SubjectPublicKeyInfo. The algorithm comes from the key, never from the message:

- `ed25519` (RFC 8032): 64 bytes R || S. Keys must be points of prime order and R may not be the identity, so that every
  conforming verifier gives the same answer.
- `ecdsa-p256-sha256`: 64 bytes r || s, big-endian, with low s, so that a signature has one spelling.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, TypeAlias

from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from nacl.bindings import crypto_core_ed25519_is_valid_point, crypto_sign, crypto_sign_open
from nacl.exceptions import BadSignatureError

from settlement.errors import CoalitionError

ED25519 = "ed25519"
ECDSA_P256 = "ecdsa-p256-sha256"
SIGNATURE_BYTES = 64
KEYS_CACHED = 100_000
BEGINNINGS_CACHED = 10_000
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_IDENTITY_R = b"\x01" + bytes(31)
UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm, InternalError)
"""What `cryptography` raises for bytes that are no key or certificate; the last for some that OpenSSL stumbles over."""

PrivateKey: TypeAlias = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey


class SignatureError(CoalitionError):
    """A signature is not genuine, or not in its one allowed spelling."""

    def __init__(self, message: str) -> None:
        super().__init__("SIGNATURE_INVALID", message, field="signatures")


class KeyFormatError(CoalitionError):
    """Bytes offered as a public key are not a key that this network accepts."""

    def __init__(self, message: str) -> None:
        super().__init__("FIELD_INVALID", message, field="public_key")


class Signer(Protocol):
    """Whatever can sign: a key in memory today, an HSM or a key-management service tomorrow."""

    @property
    def keyid(self) -> str:
        """Lower-case hex SHA-256 of the key's DER SubjectPublicKeyInfo."""

    def sign(self, message: bytes) -> bytes:
        """64 bytes over the exact message."""


def pae(payload_type: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: the bytes that a signature covers."""
    return _pae_beginning(payload_type, len(payload)) + payload


@lru_cache(maxsize=BEGINNINGS_CACHED)
def _pae_beginning(payload_type: str, size: int) -> bytes:
    type_bytes = payload_type.encode()
    return b"DSSEv1 %d %b %d " % (len(type_bytes), type_bytes, size)


def keyid_of(spki: bytes) -> str:
    """The key's name; `openssl pkey -pubin -outform DER | sha256sum` gives the same."""
    return hashlib.sha256(spki).hexdigest()


@dataclass(frozen=True)
class PublicKey:
    """A parsed public key that verifies; build it with `parse_public_key`."""

    spki: bytes
    keyid: str
    algorithm: str
    verify: Callable[[bytes, bytes], None]
    """`verify(signature, message)` returns nothing or raises SignatureError."""


def parse_public_key(spki: bytes) -> PublicKey:
    """Reads a DER SubjectPublicKeyInfo; KeyFormatError if it is not canonical, of another kind, or a weak point."""
    try:
        key = serialization.load_der_public_key(spki)
    except UNREADABLE as error:
        raise KeyFormatError(
            "public_key is not a DER SubjectPublicKeyInfo; export it with `openssl pkey -pubout`"
        ) from error
    if spki_of(key) != spki:
        raise KeyFormatError("public_key is not in canonical DER form")
    if isinstance(key, ed25519.Ed25519PublicKey):
        if not crypto_core_ed25519_is_valid_point(key.public_bytes_raw()):
            raise KeyFormatError("public_key is not a point of prime order; make a fresh Ed25519 key")
        return PublicKey(spki, keyid_of(spki), ED25519, _ed25519_verifier(key))
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return PublicKey(spki, keyid_of(spki), ECDSA_P256, _p256_verifier(key))
    raise KeyFormatError("public_key must be Ed25519 or ECDSA P-256")


@lru_cache(maxsize=KEYS_CACHED)
def known_public_key(spki: bytes) -> PublicKey:
    """The same for a key that the books hold, which is met again and again."""
    return parse_public_key(spki)


def spki_of(key: object) -> bytes:
    """The canonical DER SubjectPublicKeyInfo of a `cryptography` public key."""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined,no-any-return]


def _ed25519_verifier(key: ed25519.Ed25519PublicKey) -> Callable[[bytes, bytes], None]:
    # libsodium verifies twice as fast as OpenSSL; for keys of prime order and R other than the identity both accept the same.
    public = key.public_bytes_raw()

    def verify(signature: bytes, message: bytes) -> None:
        if len(signature) != SIGNATURE_BYTES or signature[:32] == _IDENTITY_R:
            raise SignatureError("sig is not 64 bytes of a well-formed Ed25519 signature")
        try:
            crypto_sign_open(signature + message, public)
        except BadSignatureError:
            raise SignatureError("sig does not match payload, payload_type and key") from None

    return verify


def _p256_verifier(key: ec.EllipticCurvePublicKey) -> Callable[[bytes, bytes], None]:
    scheme = ec.ECDSA(hashes.SHA256())

    def verify(signature: bytes, message: bytes) -> None:
        r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
        if len(signature) != SIGNATURE_BYTES or not 0 < r < _P256_ORDER or not 0 < s <= _P256_ORDER // 2:
            raise SignatureError(
                "sig is not 64 bytes of r and low s; normalise s to at most half the group order"
            )
        try:
            key.verify(utils.encode_dss_signature(r, s), message, scheme)
        except InvalidSignature:
            raise SignatureError("sig does not match payload, payload_type and key") from None

    return verify


class KeySigner:
    """A private key held in memory."""

    def __init__(self, key: PrivateKey) -> None:
        self._key = key
        self.spki = spki_of(key.public_key())
        self._keyid = keyid_of(self.spki)
        self._ed25519 = b""
        if isinstance(key, ed25519.Ed25519PrivateKey):
            # libsodium also signs faster than OpenSSL; the signature is the same, bit for bit.
            self._ed25519 = key.private_bytes_raw() + key.public_key().public_bytes_raw()

    @property
    def keyid(self) -> str:
        """Lower-case hex SHA-256 of the key's DER SubjectPublicKeyInfo."""
        return self._keyid

    def sign(self, message: bytes) -> bytes:
        """64 bytes: R || S, or r || s with low s."""
        if isinstance(self._key, ed25519.Ed25519PrivateKey):
            return crypto_sign(message, self._ed25519)[:SIGNATURE_BYTES]
        r, s = utils.decode_dss_signature(self._key.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32) + min(s, _P256_ORDER - s).to_bytes(32)

    def to_pem(self) -> str:
        """Unencrypted PKCS #8 PEM; write it to a file of mode 0600 only."""
        return self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()


def new_key(algorithm: str = ED25519) -> KeySigner:
    """A fresh private key of the named algorithm."""
    if algorithm == ECDSA_P256:
        return KeySigner(ec.generate_private_key(ec.SECP256R1()))
    return KeySigner(ed25519.Ed25519PrivateKey.generate())


def load_key(pem: str) -> KeySigner:
    """Reads an unencrypted PKCS #8 PEM; KeyFormatError for anything but Ed25519 or P-256."""
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except UNREADABLE as error:
        raise KeyFormatError("private key is not an unencrypted PKCS #8 PEM") from error
    if isinstance(key, ed25519.Ed25519PrivateKey) or (
        isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1)
    ):
        return KeySigner(key)
    raise KeyFormatError("private key must be Ed25519 or ECDSA P-256")


def possession_message(*, audience: str, partner_id: str, keyid: str) -> bytes:
    """What a new key signs to prove that its owner holds it."""
    return f"coalition-key-possession/v1\n{audience}\n{partner_id}\n{keyid}\n".encode()
