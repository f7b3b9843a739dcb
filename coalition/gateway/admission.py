"""Admission: from the bytes of a call to an admitted request, without a look at the database.

Checks, first failure wins (docs/wire.md): size and type > key known and live (`claim`) > signature (`Claim.verify`) >
strict parse > header equals channel: audience, method, partner, key > role (`examine`) > the message's own fields
(`Admitted.act`).
"""

from dataclasses import dataclass
from typing import Any

from coalition.api.v1 import options_pb2
from coalition.api.v1.envelope_pb2 import RequestHeader
from coalition.wire.envelope import Sealed, open_envelope
from coalition.wire.methods import Method
from coalition.wire.requests import BODIES
from coalition.wire.strict import invalid, parse_payload, read_partner_id, read_time, read_uuid
from settlement.clock import now_us
from settlement.errors import CoalitionError
from settlement.house.records import APPROVER, REQUEST, Key
from settlement.house.state import House
from settlement.journal.acts import Act
from settlement.ledger.batch import SKEW_MAX_US
from settlement.signing import known_public_key

_SPEAKERS: dict[int, str] = {
    options_pb2.ROLE_PARTNER: "partners",
    options_pb2.ROLE_OPERATOR: "the operator",
    options_pb2.ROLE_APPROVER: "the operator's people",
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, once the signature is verified: a partner, or the operator."""

    partner: str
    is_operator: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """An envelope and the live key that it says has signed it. Nothing is proven before `verify`."""

    sealed: Sealed
    key: Key

    def verify(self) -> None:
        """SignatureError unless the key signed exactly these bytes."""
        self.sealed.verify(known_public_key(self.key.spki))


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request that passed every check of the door."""

    caller: Caller
    message: Any
    sealed: Sealed
    issued_at_us: int
    expires_at_us: int

    def act(self) -> Act[object]:
        """The act that the request asks for. Errors of the message's own field rules."""
        header: RequestHeader = self.message.header
        return Act(
            self.caller.partner,
            header.request_id,
            self.sealed.keyid,
            self.sealed.signature,
            self.sealed.payload_type,
            self.sealed.payload,
            self.sealed.payload_sha256(),
            self.issued_at_us,
            self.expires_at_us,
            BODIES[self.message.DESCRIPTOR.name](self.message),
        )


def named_partner(admitted: Admitted) -> str:
    """Whose figures a read asks for: a partner's own, or, for the operator, those of whom it names."""
    named = admitted.message.partner_id
    if admitted.caller.is_operator:
        return read_partner_id(named, "partner_id")
    if named not in ("", admitted.caller.partner):
        raise invalid("partner_id", "empty, or the caller's own id")
    return admitted.caller.partner


def admit(house: House, method: Method, data: bytes) -> Admitted:
    """Climbs the whole ladder; raises the error of the first rung that breaks."""
    claimed = claim(house, method, data)
    claimed.verify()
    return examine(house, method, claimed)


def claim(house: House, method: Method, data: bytes) -> Claim:
    """What can be said without a signature's verification, which costs the most."""
    sealed = open_envelope(data, payload_type=method.payload_type)
    return Claim(sealed, _live_key(house, sealed.keyid))


def examine(house: House, method: Method, verified: Claim) -> Admitted:
    """The rest of the ladder, for a claim whose signature is verified."""
    sealed, key = verified.sealed, verified.key
    message = parse_payload(sealed.payload, method.payload)
    header: RequestHeader = message.header
    read_uuid(header.request_id, "header.request_id")
    issued_at_us, expires_at_us = _times(header, method)
    _check_channel(house, method, key, header)
    _check_role(house, method, key)
    if method.read:
        _check_read_fresh(issued_at_us, expires_at_us)
    return Admitted(
        Caller(key.owner, key.owner == house.operator), message, sealed, issued_at_us, expires_at_us
    )


def _live_key(house: House, keyid: str) -> Key:
    key = house.keys.get(keyid)
    if key is None:
        raise CoalitionError("KEY_UNKNOWN", "no key of this network has this keyid", field="signatures.keyid")
    if key.revoked_at is not None:
        raise CoalitionError(
            "KEY_REVOKED", "the key is revoked; sign with a live key", field="signatures.keyid"
        )
    if key.purpose not in (REQUEST, APPROVER):
        raise CoalitionError(
            "ROLE_MISSING", f"a {key.purpose} key signs no requests", field="signatures.keyid"
        )
    return key


def _times(header: RequestHeader, method: Method) -> tuple[int, int]:
    issued_at_us = read_time(header.issued_at, "header.issued_at")
    expires_at_us = read_time(header.expires_at, "header.expires_at")
    if not 0 < expires_at_us - issued_at_us <= method.life_max_us:
        limit = f"after issued_at and at most {method.life_max_us // 1_000_000} s after it"
        raise invalid("header.expires_at", limit)
    return issued_at_us, expires_at_us


def _check_channel(house: House, method: Method, key: Key, header: RequestHeader) -> None:
    if header.audience != house.founded.origin:
        message = f"this is the network {house.founded.origin}, the request is for another"
        raise CoalitionError("AUDIENCE_MISMATCH", message, field="header.audience")
    if header.method != method.path:
        raise CoalitionError("METHOD_MISMATCH", f"header.method must be {method.path}", field="header.method")
    if header.partner_id != key.owner:
        raise CoalitionError(
            "PARTNER_MISMATCH", "the key belongs to another partner", field="header.partner_id"
        )
    if header.key_id.hex() != key.keyid:
        raise CoalitionError(
            "KEY_MISMATCH", "header.key_id must be the envelope's keyid in bytes", field="header.key_id"
        )


def role_of(house: House, key: Key) -> int:
    """What a key may speak as."""
    if key.owner == house.operator:
        return options_pb2.ROLE_OPERATOR if key.purpose == REQUEST else options_pb2.ROLE_APPROVER
    return options_pb2.ROLE_PARTNER if key.purpose == REQUEST else options_pb2.ROLE_UNSPECIFIED


def _check_role(house: House, method: Method, key: Key) -> None:
    if role_of(house, key) not in method.roles:
        allowed = " and ".join([name for role, name in _SPEAKERS.items() if role in method.roles]) or "nobody"
        raise CoalitionError("ROLE_MISSING", f"this method is for {allowed}", field="signatures.keyid")


def _check_read_fresh(issued_at_us: int, expires_at_us: int) -> None:
    """Reads are judged by this machine's clock: they change nothing. Acts are judged in the batch, by the books' clock."""
    now = now_us()
    if issued_at_us > now + SKEW_MAX_US:
        raise CoalitionError(
            "REQUEST_FROM_THE_FUTURE",
            "issued_at is over 60 s ahead; set your clock",
            field="header.issued_at",
        )
    if now >= expires_at_us:
        raise CoalitionError(
            "REQUEST_EXPIRED", "the request expired; make a fresh one", field="header.expires_at"
        )
