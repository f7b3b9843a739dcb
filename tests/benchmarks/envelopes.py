"""Requests signed before the clock, receipts verified after it, in the project's own messages.

Written against the generated messages and `cryptography` alone: the yardstick does not move when our client does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from google.protobuf.timestamp_pb2 import Timestamp

from coalition.api.v1.envelope_pb2 import Envelope, Receipt, RequestHeader, Signature
from coalition.api.v1.exchange_pb2 import IssueRequest, RedeemRequest
from tests.benchmarks.acts import Act
from tests.benchmarks.load import Call

SERVICE = "coalition.api.v1.ExchangeService"
LIFETIME_S = 12 * 3600


class ReceiptError(Exception):
    """A reply is not the receipt that its request deserves."""


@dataclass(frozen=True)
class Signer:
    """A partner's request key."""

    partner_id: str
    key: Ed25519PrivateKey
    key_id: bytes

    @classmethod
    def fresh(cls, partner_id: str) -> Signer:
        """Make a new key for `partner_id`."""
        key = Ed25519PrivateKey.generate()
        return cls(partner_id, key, key_id_of(key.public_key()))


def key_id_of(key: Ed25519PublicKey) -> bytes:
    """SHA-256 of the key's DER SubjectPublicKeyInfo."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()


def signed_bytes(payload_type: str, payload: bytes) -> bytes:
    """The pre-authentication encoding of DSSE v1, protocol.md."""
    return b"DSSEv1 %d %b %d %b" % (len(payload_type), payload_type.encode(), len(payload), payload)


def seal(payload: bytes, *, message: str, key: Ed25519PrivateKey, key_id: bytes) -> bytes:
    """Return the envelope's bytes around the payload of a `message`, such as "IssueRequest"."""
    payload_type = f"application/vnd.coalition.v1.{message}+protobuf"
    signature = Signature(sig=key.sign(signed_bytes(payload_type, payload)), keyid=key_id.hex())
    return Envelope(payload=payload, payload_type=payload_type, signatures=[signature]).SerializeToString()


def sign_act(act: Act, *, signer: Signer, member_id: str, audience: str) -> Call:
    """Return the call that asks for the act, ready to leave."""
    method = f"/{SERVICE}/{'Issue' if act.kind == 'issue' else 'Redeem'}"
    now, end = Timestamp(), Timestamp()
    now.GetCurrentTime()
    end.FromSeconds(now.seconds + LIFETIME_S)
    header = RequestHeader(
        audience=audience,
        method=method,
        partner_id=signer.partner_id,
        key_id=signer.key_id,
        request_id=str(act.act_id),
        issued_at=now,
        expires_at=end,
    )
    kind = IssueRequest if act.kind == "issue" else RedeemRequest
    request = kind(header=header, member_id=member_id, amount=act.points, occurred_at=now)
    sealed = seal(
        request.SerializeToString(), message=kind.DESCRIPTOR.name, key=signer.key, key_id=signer.key_id
    )
    return Call(method, sealed)


def verify_receipts(calls: Sequence[Call], replies: Sequence[bytes], key: Ed25519PublicKey) -> None:
    """Check that each reply is a receipt for its call, signed with `key`, and that the act was accepted.

    `calls` may be longer than `replies`: the rest was not sent. Raises ReceiptError, or `cryptography`'s InvalidSignature.
    """
    for call, reply in zip(calls, replies, strict=False):
        asked, answered = Envelope.FromString(call.request), Envelope.FromString(reply)
        key.verify(answered.signatures[0].sig, signed_bytes(answered.payload_type, answered.payload))
        receipt = Receipt.FromString(answered.payload)
        if receipt.payload_sha256 != hashlib.sha256(asked.payload).digest():
            raise ReceiptError(f"the receipt is for another request: {receipt}")
        if len(receipt.outcomes) != 1 or receipt.outcomes[0].refusal:
            raise ReceiptError(f"the act was not accepted: {receipt}")
