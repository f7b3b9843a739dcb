"""Envelopes: sealing and opening signed payloads (DSSE v1)."""

import hashlib
from dataclasses import dataclass

from google.protobuf.message import DecodeError

from coalition.api.v1.envelope_pb2 import Envelope
from coalition.wire.strict import parse_error, refuse_unknown_fields
from settlement.errors import CoalitionError
from settlement.signing import PublicKey, Signer, pae

PAYLOAD_BYTES_MAX = 61_440
ENVELOPE_BYTES_MAX = PAYLOAD_BYTES_MAX + 4_096


@dataclass(frozen=True, slots=True)
class Sealed:
    """An envelope's parts, its outer form checked and its signature not yet."""

    payload: bytes
    payload_type: str
    keyid: str
    signature: bytes

    def verify(self, key: PublicKey) -> None:
        """SignatureError unless the key signed exactly these bytes."""
        key.verify(self.signature, pae(self.payload_type, self.payload))

    def payload_sha256(self) -> bytes:
        """SHA-256 of the payload: what makes two requests the same."""
        return hashlib.sha256(self.payload).digest()


def seal(signer: Signer, payload_type: str, payload: bytes) -> bytes:
    """The serialised envelope of a payload signed now."""
    envelope = Envelope(payload=payload, payload_type=payload_type)
    envelope.signatures.add(sig=signer.sign(pae(payload_type, payload)), keyid=signer.keyid)
    return envelope.SerializeToString()


def open_envelope(data: bytes, *, payload_type: str) -> Sealed:
    """Checks size, form and type of an envelope; the signature is checked by the caller, who knows the keys.

    Errors: PAYLOAD_TOO_LARGE, PAYLOAD_MALFORMED, UNKNOWN_FIELD, PAYLOAD_TYPE_MISMATCH.
    """
    if len(data) > ENVELOPE_BYTES_MAX:
        raise _too_large(len(data))
    try:
        envelope = Envelope.FromString(data)
    except (DecodeError, ValueError) as error:
        raise parse_error("envelope", error) from None
    refuse_unknown_fields(envelope)
    payload = envelope.payload
    if len(payload) > PAYLOAD_BYTES_MAX:
        raise _too_large(len(payload))
    if not payload:
        raise CoalitionError("PAYLOAD_MALFORMED", "payload is empty", field="payload")
    if len(envelope.signatures) != 1:
        message = f"an envelope carries exactly one signature, this one has {len(envelope.signatures)}"
        raise CoalitionError("PAYLOAD_MALFORMED", message, field="signatures")
    if envelope.payload_type != payload_type:
        message = f"payload_type must be {payload_type} for this method"
        raise CoalitionError("PAYLOAD_TYPE_MISMATCH", message, field="payload_type")
    signature = envelope.signatures[0]
    return Sealed(payload, payload_type, signature.keyid, signature.sig)


def payload_of(data: bytes) -> bytes:
    """The payload of an envelope, whatever its type and signature. Error PAYLOAD_MALFORMED."""
    try:
        return Envelope.FromString(data).payload
    except (DecodeError, ValueError) as error:
        raise parse_error("envelope", error) from None


def claimed_keyid(data: bytes) -> str:
    """The keyid that an envelope claims, true or not; empty if there is none to be read."""
    try:
        signatures = Envelope.FromString(data).signatures
    except (DecodeError, ValueError):
        return ""
    return signatures[0].keyid if signatures else ""


def _too_large(size: int) -> CoalitionError:
    message = f"{size} bytes are too many; a payload has 1 to {PAYLOAD_BYTES_MAX} bytes"
    return CoalitionError("PAYLOAD_TOO_LARGE", message, field="payload")
