"""From a verified payload to the act it asks for. Field rules only: what the books say is decided later, in the ledger."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from coalition.api.v1.partners_pb2 import TariffProposal
from coalition.wire.banking import (
    read_account_approval,
    read_account_proposal,
    read_instruct,
    read_statement_import,
)
from coalition.wire.fundings import agree_to_fund, end_funding, read_campaign
from coalition.wire.keys import read_added_key, read_revoked_key
from coalition.wire.member_proofs import read_added_proof, read_consent, read_removed_proof
from coalition.wire.openings import read_opening_approval, read_opening_proposal
from coalition.wire.resolutions import RESOLUTION_BODIES
from coalition.wire.securities import SECURITY_BODIES
from coalition.wire.settlements import SETTLEMENT_BODIES
from coalition.wire.strict import (
    check_audience,
    invalid,
    parse_payload,
    read_amount,
    read_asset,
    read_partner_id,
    read_sha256,
    read_text,
    read_time,
    read_token,
    read_uuid,
)
from coalition.wire.tariffs import read_tariff_proposal, spell_tariff_proposal
from settlement.house.acts import (
    Activate,
    ApproveTariff,
    ProposeTariff,
    Register,
    Suspend,
)
from settlement.house.tariff import HOLD_MINUTES_MAX
from settlement.ids import new_member_id
from settlement.ledger.acts import (
    ON_EVENT_US,
    Authorize,
    Capture,
    Enrol,
    Issue,
    LinkAlias,
    MemberName,
    Redeem,
    Release,
    Reverse,
    TransferPoints,
    Void,
)

ALIASES_MAX = 16


def member_name(request: Any) -> MemberName:
    """The member that a request names, by id or by alias token."""
    return _named(request, "member", "member_id", "alias_token")


def _named(request: Any, who: str, by_id: str, by_token: str) -> MemberName:
    given = request.WhichOneof(who)
    if given == by_id:
        return MemberName(member=read_uuid(getattr(request, by_id), by_id))
    if given == by_token:
        return MemberName(alias=read_token(getattr(request, by_token), by_token))
    raise invalid(who, f"named by {by_id} or by {by_token}")


def _issue(request: Any) -> Issue:
    name = member_name(request)
    occurred_at_us = read_time(request.occurred_at, "occurred_at")
    campaign = read_campaign(request.campaign) if request.campaign else None
    amount, asset = read_amount(request.amount), read_asset(request.asset)
    return Issue(name, amount, occurred_at_us, _pending_until(request), campaign, asset)


def _pending_until(request: Any) -> int | None:
    """When issued points become spendable; None: at once."""
    match request.WhichOneof("spendable"):
        case "spendable_from":
            return read_time(request.spendable_from, "spendable_from")
        case "on_event" if not request.on_event:
            raise invalid("on_event", "true, or left out")
        case "on_event":
            return ON_EVENT_US
    return None


def _redeem(request: Any) -> Redeem:
    name, amount, asset = member_name(request), read_amount(request.amount), read_asset(request.asset)
    return Redeem(name, amount, read_time(request.occurred_at, "occurred_at"), read_consent(request), asset)


def _transfer_points(request: Any) -> TransferPoints:
    recipient = _named(request, "recipient", "recipient_id", "recipient_token")
    name, amount, asset = member_name(request), read_amount(request.amount), read_asset(request.asset)
    return TransferPoints(name, recipient, amount, read_time(request.occurred_at, "occurred_at"), asset)


def _authorize(request: Any) -> Authorize:
    name, amount, asset = member_name(request), read_amount(request.amount), read_asset(request.asset)
    if not 0 <= request.hold_minutes <= HOLD_MINUTES_MAX:
        raise invalid("hold_minutes", f"from 0 to {HOLD_MINUTES_MAX}")
    occurred_at_us = read_time(request.occurred_at, "occurred_at")
    return Authorize(name, amount, occurred_at_us, request.hold_minutes, read_consent(request), asset)


def _capture(request: Any) -> Capture:
    hold, amount = read_uuid(request.hold_act_id, "hold_act_id"), read_amount(request.amount)
    return Capture(hold, amount, read_time(request.occurred_at, "occurred_at"), read_asset(request.asset))


def _void(request: Any) -> Void:
    hold = read_uuid(request.hold_act_id, "hold_act_id")
    return Void(hold, read_time(request.occurred_at, "occurred_at"))


def _reverse(request: Any) -> Reverse:
    original = read_uuid(request.original_act_id, "original_act_id")
    amount, asset = read_amount(request.amount) if request.amount else 0, read_asset(request.asset)
    return Reverse(original, read_time(request.occurred_at, "occurred_at"), amount, asset)


def _release(request: Any) -> Release:
    original = read_uuid(request.original_act_id, "original_act_id")
    return Release(original, read_time(request.occurred_at, "occurred_at"))


def aliases_to_enrol(request: Any) -> tuple[bytes, ...]:
    """The alias tokens of an enrolment."""
    tokens = tuple([read_token(token, "alias_tokens") for token in request.alias_tokens])
    if len(tokens) > ALIASES_MAX or len(set(tokens)) != len(tokens):
        raise invalid("alias_tokens", f"at most {ALIASES_MAX}, each once")
    return tokens


def _enrol(request: Any) -> Enrol:
    return Enrol(new_member_id(), aliases_to_enrol(request))


def _link_alias(request: Any) -> LinkAlias:
    return LinkAlias(
        read_uuid(request.member_id, "member_id"), read_token(request.alias_token, "alias_token")
    )


def _register(request: Any) -> Register:
    partner_id = read_partner_id(request.partner_id, "partner_id")
    return Register(partner_id, read_text(request.display_name, "display_name", least=1, most=80))


def _propose_tariff(request: Any) -> ProposeTariff:
    proposal = parse_payload(request.proposal, TariffProposal)
    audience, tariff, from_us = read_tariff_proposal(proposal)
    check_audience(request, audience)
    if spell_tariff_proposal(audience, tariff, from_us) != request.proposal:
        raise invalid("proposal", "spelled in one way: fields in order, times in whole microseconds")
    return ProposeTariff(tariff, from_us, sha256(request.proposal).hexdigest())


def _approve_tariff(request: Any) -> ApproveTariff:
    return ApproveTariff(read_sha256(request.proposal_sha256, "proposal_sha256"))


BODIES: dict[str, Callable[[Any], object]] = {
    "IssueRequest": _issue,
    "RedeemRequest": _redeem,
    "TransferPointsRequest": _transfer_points,
    "AuthorizeRequest": _authorize,
    "CaptureRequest": _capture,
    "VoidRequest": _void,
    "ReverseRequest": _reverse,
    "ReleaseRequest": _release,
    "EnrolRequest": _enrol,
    "LinkAliasRequest": _link_alias,
    "AddMemberProofRequest": read_added_proof,
    "RemoveMemberProofRequest": read_removed_proof,
    "RegisterRequest": _register,
    "ActivateRequest": lambda request: Activate(read_partner_id(request.partner_id, "partner_id")),
    "SuspendRequest": lambda request: Suspend(read_partner_id(request.partner_id, "partner_id")),
    "AddKeyRequest": read_added_key,
    "RevokeKeyRequest": read_revoked_key,
    "AgreeToFundRequest": agree_to_fund,
    "EndFundingRequest": end_funding,
    "ProposeTariffRequest": _propose_tariff,
    "ApproveTariffRequest": _approve_tariff,
    **SETTLEMENT_BODIES,
    "ProposeOpeningRequest": read_opening_proposal,
    "ApproveOpeningRequest": read_opening_approval,
    **SECURITY_BODIES,
    "ProposeAccountRequest": read_account_proposal,
    "ApproveAccountRequest": read_account_approval,
    "InstructRequest": read_instruct,
    "ImportBankStatementRequest": read_statement_import,
    **RESOLUTION_BODIES,
}
"""How each act's payload is read, by message name."""
