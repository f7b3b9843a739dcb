"""Requests as a partner's software makes them: from what is asked to signed bytes."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from coalition.api.v1 import exchange_pb2, members_pb2, opening_pb2, partners_pb2, settlement_pb2
from coalition.simulation import banking_requests, security_requests, settlement_requests
from coalition.simulation.cast import Company
from coalition.wire.envelope import seal
from coalition.wire.member_proofs import spell_consent
from coalition.wire.methods import METHODS_BY_TYPE, payload_type_of
from coalition.wire.strict import write_asset, write_time
from settlement.house.acts import (
    Activate,
    AddKey,
    AgreeToFund,
    ApproveOpening,
    ApproveTariff,
    EndFunding,
    ProposeOpening,
    ProposeTariff,
    Register,
    RevokeKey,
    Suspend,
)
from settlement.ledger.acts import (
    CODE,
    ON_EVENT_US,
    AddMemberProof,
    Authorize,
    Capture,
    Enrol,
    Issue,
    LinkAlias,
    MemberName,
    Redeem,
    Release,
    RemoveMemberProof,
    Reverse,
    TransferPoints,
    Void,
)
from settlement.signing import KeySigner, Signer


@dataclass(frozen=True, slots=True)
class Asking:
    """What somebody is about to ask, unsigned. `company` speaks; `signer` is the key; `fresh`: the key that is added."""

    company: Company
    signer: KeySigner
    body: object
    message: Any
    fresh: KeySigner | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """What stands in a request's header. Times in microseconds since 1970."""

    audience: str
    partner: str
    request_id: str
    issued_at_us: int
    expires_at_us: int


@dataclass(frozen=True, slots=True)
class Request:
    """A sealed request: where it goes, its bytes, and the hash of what was signed."""

    path: str
    envelope: bytes
    payload: bytes
    payload_sha256: bytes


def seal_request(message: Any, header: Header, signer: Signer) -> Request:
    """Fills in the header and signs."""
    payload_type = payload_type_of(message.DESCRIPTOR.name)
    path = METHODS_BY_TYPE[payload_type].path
    facts = message.header
    facts.audience, facts.method, facts.partner_id = header.audience, path, header.partner
    facts.key_id, facts.request_id = bytes.fromhex(signer.keyid), header.request_id
    write_time(facts.issued_at, header.issued_at_us)
    write_time(facts.expires_at, header.expires_at_us)
    payload = message.SerializeToString()
    return Request(path, seal(signer, payload_type, payload), payload, sha256(payload).digest())


def message_of(body: object, *, proof: bytes = b"", proposal: bytes = b"") -> Any:
    """The message that asks for a body. `proof`: possession of the key that is added; `proposal`: the bytes of it."""
    match body:
        case AddKey():
            return partners_pb2.AddKeyRequest(
                partner_id=body.owner,
                public_key=body.spki,
                purpose=partners_pb2.KeyPurpose.Value(f"KEY_PURPOSE_{body.purpose.upper()}"),
                person=body.person or "",
                possession=proof,
            )
        case AddMemberProof():
            return _add_member_proof(body, proof)
    return _BY_PROPOSAL[type(body)](proposal) if type(body) in _BY_PROPOSAL else _MESSAGES[type(body)](body)


def receipt_message(act_id: str) -> Any:
    """The message that asks for the receipt of an act."""
    return exchange_pb2.GetReceiptRequest(act_id=act_id)


def proposal_of(
    audience: str,
    cycle: int,
    currency: str,
    figures: Any,
    warnings: tuple[str, ...] = (),
    deferred: tuple[str, ...] = (),
) -> bytes:
    """The bytes of a proposal; `figures` has gross, bilateral, multilateral and nets in minor units."""
    proposal = settlement_pb2.Proposal(
        audience=audience,
        cycle=cycle,
        currency=currency,
        gross_minor=figures.gross,
        bilateral_minor=figures.bilateral,
        multilateral_minor=figures.multilateral,
        warnings=warnings,
        deferred=deferred,
    )
    for participant, net in sorted(figures.nets.items()):
        proposal.nets.add(participant=participant, net_minor=net)
    return proposal.SerializeToString()


def _transfer_points(body: TransferPoints) -> Any:
    request = _name(
        exchange_pb2.TransferPointsRequest(amount=body.amount, asset=write_asset(body.asset)), body.name
    )
    if body.recipient.alias is not None:
        request.recipient_token = body.recipient.alias
    else:
        request.recipient_id = body.recipient.member
    write_time(request.occurred_at, body.occurred_at_us)
    return request


def _name(request: Any, name: MemberName) -> Any:
    if name.alias is not None:
        request.alias_token = name.alias
    else:
        request.member_id = name.member
    return request


def _at(request: Any, body: Any) -> Any:
    write_time(request.occurred_at, body.occurred_at_us)
    return request


def _issue(body: Issue) -> Any:
    request = _name(exchange_pb2.IssueRequest(amount=body.amount, campaign=body.campaign or ""), body.name)
    request.asset = write_asset(body.asset)
    write_time(request.occurred_at, body.occurred_at_us)
    if body.pending_until_us == ON_EVENT_US:
        request.on_event = True
    elif body.pending_until_us is not None:
        write_time(request.spendable_from, body.pending_until_us)
    return request


def _redeem(body: Redeem) -> Any:
    request = _name(
        exchange_pb2.RedeemRequest(amount=body.amount, member_proof=spell_consent(body.proof)), body.name
    )
    request.asset = write_asset(body.asset)
    write_time(request.occurred_at, body.occurred_at_us)
    return request


def _authorize(body: Authorize) -> Any:
    request = _name(
        exchange_pb2.AuthorizeRequest(amount=body.amount, member_proof=spell_consent(body.proof)), body.name
    )
    request.hold_minutes, request.asset = body.hold_minutes, write_asset(body.asset)
    write_time(request.occurred_at, body.occurred_at_us)
    return request


def _capture(body: Capture) -> Any:
    asset = write_asset(body.asset)
    request = exchange_pb2.CaptureRequest(hold_act_id=body.hold_act_id, amount=body.amount, asset=asset)
    write_time(request.occurred_at, body.occurred_at_us)
    return request


def _reverse(body: Reverse) -> Any:
    request = exchange_pb2.ReverseRequest(original_act_id=body.original_act_id, amount=body.amount)
    request.asset = write_asset(body.asset)
    write_time(request.occurred_at, body.occurred_at_us)
    return request


def _add_member_proof(body: AddMemberProof, possession: bytes) -> Any:
    request = members_pb2.AddMemberProofRequest(member_id=body.member, member_proof=spell_consent(body.proof))
    if body.name == CODE:
        request.code_anchor = body.public
    else:
        request.device.public_key, request.device.possession = body.public, possession
    return request


def _remove_member_proof(body: RemoveMemberProof) -> Any:
    request = members_pb2.RemoveMemberProofRequest(
        member_id=body.member, member_proof=spell_consent(body.proof)
    )
    if body.name == CODE:
        request.codes = True
    else:
        request.device_key_id = bytes.fromhex(body.name)
    return request


def _revoke_key(body: RevokeKey) -> Any:
    reason = partners_pb2.RevocationReason.Value(f"REVOCATION_REASON_{body.reason.upper()}")
    request = partners_pb2.RevokeKeyRequest(keyid=body.keyid, reason=reason)
    if body.suspect_from_us is not None:
        write_time(request.suspect_from, body.suspect_from_us)
    return request


def _agree_to_fund(body: AgreeToFund) -> Any:
    request = partners_pb2.AgreeToFundRequest(partner_id=body.issuer, campaign=body.campaign)
    request.share_basis_points = body.share_basis_points
    write_time(request.valid_until, body.until_us)
    return request


_BY_PROPOSAL: dict[type, Callable[[bytes], Any]] = {
    ProposeTariff: lambda proposal: partners_pb2.ProposeTariffRequest(proposal=proposal),
    **settlement_requests.PROPOSALS,
    **security_requests.PROPOSALS,
    **banking_requests.PROPOSALS,
}
_MESSAGES: dict[type, Callable[[Any], Any]] = {
    Issue: _issue,
    Redeem: _redeem,
    TransferPoints: _transfer_points,
    Authorize: _authorize,
    Capture: _capture,
    Void: lambda body: _at(exchange_pb2.VoidRequest(hold_act_id=body.hold_act_id), body),
    Reverse: _reverse,
    Release: lambda body: _at(exchange_pb2.ReleaseRequest(original_act_id=body.original_act_id), body),
    Enrol: lambda body: members_pb2.EnrolRequest(alias_tokens=body.aliases),
    LinkAlias: lambda body: members_pb2.LinkAliasRequest(member_id=body.member, alias_token=body.alias),
    RemoveMemberProof: _remove_member_proof,
    Register: lambda body: partners_pb2.RegisterRequest(partner_id=body.partner_id, display_name=body.name),
    Activate: lambda body: partners_pb2.ActivateRequest(partner_id=body.partner_id),
    Suspend: lambda body: partners_pb2.SuspendRequest(partner_id=body.partner_id),
    RevokeKey: _revoke_key,
    AgreeToFund: _agree_to_fund,
    EndFunding: lambda body: partners_pb2.EndFundingRequest(partner_id=body.issuer, campaign=body.campaign),
    ApproveTariff: lambda body: partners_pb2.ApproveTariffRequest(
        proposal_sha256=bytes.fromhex(body.proposal_sha256)
    ),
    ProposeOpening: lambda body: opening_pb2.ProposeOpeningRequest(
        file_sha256=bytes.fromhex(body.file_sha256),
        rows=body.rows,
        members=body.members,
        points=body.points,
        value=body.value,
    ),
    ApproveOpening: lambda body: opening_pb2.ApproveOpeningRequest(
        partner_id=body.partner_id, file_sha256=bytes.fromhex(body.file_sha256)
    ),
    **settlement_requests.MESSAGES,
    **security_requests.MESSAGES,
    **banking_requests.MESSAGES,
}
