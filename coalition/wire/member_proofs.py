"""Members' proofs between their messages and the acts."""

from typing import Any

from coalition.api.v1.envelope_pb2 import MemberProof
from coalition.wire.strict import invalid, read_sha256, read_uuid
from settlement.ledger.acts import CODE, AddMemberProof, Code, Consent, DeviceSignature, RemoveMemberProof
from settlement.ledger.consent import (
    CODE_BYTES,
    device_possession_message,
)
from settlement.signing import SIGNATURE_BYTES, SignatureError, parse_public_key


def read_consent(request: Any) -> Consent | None:
    """What a member shows with a request, its form checked; None if it shows nothing."""
    if not request.HasField("member_proof"):
        return None
    proof = request.member_proof
    match proof.WhichOneof("proof"):
        case "code":
            return Code(_code(proof.code, "member_proof.code"))
        case "device":
            keyid = read_sha256(proof.device.key_id, "member_proof.device.key_id")
            signature = proof.device.signature
            if len(signature) != SIGNATURE_BYTES:
                raise invalid("member_proof.device.signature", f"{SIGNATURE_BYTES} bytes")
            return DeviceSignature(keyid, signature)
    raise invalid("member_proof", "a code or a device's signature; or left out")


def spell_consent(consent: Consent | None) -> MemberProof | None:
    """The message that shows it."""
    if consent is None:
        return None
    proof = MemberProof()
    if isinstance(consent, Code):
        proof.code = consent.code
    else:
        proof.device.key_id = bytes.fromhex(consent.keyid)
        proof.device.signature = consent.signature
    return proof


def read_added_proof(request: Any) -> AddMemberProof:
    """The proof that a member is to be known by."""
    member = read_uuid(request.member_id, "member_id")
    match request.WhichOneof("added"):
        case "code_anchor":
            name, public = CODE, _code(request.code_anchor, "code_anchor")
        case "device":
            name, public = _device(request, member)
        case _:
            raise invalid("added", "a device or a code_anchor")
    return AddMemberProof(member, name, public, read_consent(request))


def read_removed_proof(request: Any) -> RemoveMemberProof:
    """The proof that is to end."""
    member = read_uuid(request.member_id, "member_id")
    match request.WhichOneof("removed"):
        case "device_key_id":
            name = read_sha256(request.device_key_id, "device_key_id")
        case "codes" if request.codes:
            name = CODE
        case _:
            raise invalid("removed", "a device_key_id, or codes: true")
    return RemoveMemberProof(member, name, read_consent(request))


def _device(request: Any, member: str) -> tuple[str, bytes]:
    header, key = request.header, parse_public_key(request.device.public_key)
    message = device_possession_message(
        audience=header.audience, partner=header.partner_id, member=member, keyid=key.keyid
    )
    try:
        key.verify(request.device.possession, message)
    except SignatureError:
        demand = "the device's own signature over audience, partner, member and keyid"
        raise invalid("device.possession", demand) from None
    return key.keyid, key.spki


def _code(code: bytes, field: str) -> bytes:
    if len(code) != CODE_BYTES:
        raise invalid(field, f"{CODE_BYTES} bytes")
    return code
