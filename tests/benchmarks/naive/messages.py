"""What the naive server makes of an envelope: a signature check, a parse, the few checks a first version has."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from google.protobuf.timestamp_pb2 import Timestamp

from coalition.api.v1.envelope_pb2 import Envelope, Outcome, Receipt
from coalition.api.v1.exchange_pb2 import IssueRequest, RedeemRequest
from tests.benchmarks.envelopes import key_id_of, seal, signed_bytes

AUDIENCE = "benchmark"


class RefusedError(Exception):
    """The request was not accepted; nothing was written."""


@dataclass(frozen=True, slots=True)
class Request:
    """One accepted message: `points` is signed, positive when issued, negative when redeemed."""

    request_id: UUID
    member_id: UUID
    partner_id: str
    points: int
    payload_sha256: bytes


@dataclass(frozen=True, slots=True)
class Posted:
    """What the books say became of a request."""

    transfer_id: int
    member_balance: int
    recorded_at: datetime


@dataclass(frozen=True)
class PartnerKey:
    """A public key and the partner who owns it."""

    partner_id: str
    key: Ed25519PublicKey


def open_request(message: bytes, method: str, keys: Mapping[str, PartnerKey]) -> Request:
    """Verify and read what was sent to `method`.

    Raises RefusedError, InvalidSignature, KeyError for an unknown key, and ValueError or DecodeError for a
    malformed message.
    """
    envelope = Envelope.FromString(message)
    (signature,) = envelope.signatures
    owner = keys[signature.keyid]
    owner.key.verify(signature.sig, signed_bytes(envelope.payload_type, envelope.payload))
    issue = method.endswith("/Issue")
    body = (IssueRequest if issue else RedeemRequest).FromString(envelope.payload)
    header = body.header
    if (header.audience, header.method, header.partner_id) != (AUDIENCE, method, owner.partner_id):
        raise RefusedError("the header does not fit the call")
    if time.time() >= header.expires_at.seconds:
        raise RefusedError("expired")
    if body.amount <= 0:
        raise RefusedError("the amount must be positive")
    return Request(
        UUID(header.request_id),
        UUID(body.member_id),
        owner.partner_id,
        body.amount if issue else -body.amount,
        hashlib.sha256(envelope.payload).digest(),
    )


class ReceiptPrinter:
    """Signs the server's answers."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        """Sign with `key`."""
        self._key = key
        self._key_id = key_id_of(key.public_key())

    def print(self, request: Request, posted: Posted) -> bytes:
        """Return the envelope that answers the request."""
        recorded_at = Timestamp()
        recorded_at.FromDatetime(posted.recorded_at)
        outcome = Outcome(
            act_id=str(request.request_id),
            entry_number=posted.transfer_id,
            recorded_at=recorded_at,
            member_id=str(request.member_id),
            balance_after=posted.member_balance,
        )
        receipt = Receipt(audience=AUDIENCE, payload_sha256=request.payload_sha256, outcomes=[outcome])
        return seal(receipt.SerializeToString(), message="Receipt", key=self._key, key_id=self._key_id)
