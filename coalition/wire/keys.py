"""Keys of partners and people between their messages and the acts."""

from typing import Any

from coalition.api.v1 import partners_pb2
from coalition.api.v1.envelope_pb2 import RequestHeader
from coalition.wire.strict import invalid, read_partner_id, read_time
from settlement.house.acts import AddKey, RevokeKey
from settlement.house.records import APPROVER, REQUEST
from settlement.ids import PARTNER_PATTERN
from settlement.signing import PublicKey, SignatureError, parse_public_key, possession_message

_PURPOSES = {partners_pb2.KEY_PURPOSE_REQUEST: REQUEST, partners_pb2.KEY_PURPOSE_APPROVER: APPROVER}
_REASONS = {
    partners_pb2.REVOCATION_REASON_RETIRED: "retired",
    partners_pb2.REVOCATION_REASON_SUPERSEDED: "superseded",
    partners_pb2.REVOCATION_REASON_COMPROMISED: "compromised",
}


def read_added_key(request: Any) -> AddKey:
    """The key that is to count, its holder's proof of possession verified."""
    header: RequestHeader = request.header
    owner = read_partner_id(request.partner_id, "partner_id")
    purpose = _PURPOSES.get(request.purpose)
    if purpose is None:
        raise invalid("purpose", "KEY_PURPOSE_REQUEST or KEY_PURPOSE_APPROVER")
    person = request.person or None
    if (person is not None) != (purpose == APPROVER):
        raise invalid("person", "given for approver keys and for no others")
    if person is not None and PARTNER_PATTERN.fullmatch(person) is None:
        raise invalid("person", "2 to 40 of a-z, 0-9 and inner hyphens")
    key = parse_public_key(request.public_key)
    _check_possession(key, audience=header.audience, owner=owner, proof=request.possession)
    return AddKey(owner, key.keyid, key.algorithm, purpose, person, key.spki)


def _check_possession(key: PublicKey, *, audience: str, owner: str, proof: bytes) -> None:
    message = possession_message(audience=audience, partner_id=owner, keyid=key.keyid)
    try:
        key.verify(proof, message)
    except SignatureError:
        raise invalid(
            "possession", "the new key's own signature over its audience, partner and keyid"
        ) from None


def read_revoked_key(request: Any) -> RevokeKey:
    """The key that is to end."""
    reason = _REASONS.get(request.reason)
    if reason is None:
        raise invalid("reason", "RETIRED, SUPERSEDED or COMPROMISED")
    if len(request.keyid) != 64 or not set(request.keyid) <= set("0123456789abcdef"):
        raise invalid("keyid", "64 lower-case hexadecimal digits")
    suspect = read_time(request.suspect_from, "suspect_from") if request.HasField("suspect_from") else None
    return RevokeKey(request.keyid, reason, suspect)
