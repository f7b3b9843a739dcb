"""Requests about securities, caps and defaults, and the exact bytes of the proposals in them."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from coalition.api.v1 import security_pb2
from coalition.wire.strict import (
    check_audience,
    invalid,
    parse_proposal,
    read_amount,
    read_partner_id,
    read_sha256,
)
from settlement.clearing.security_acts import (
    ApproveDefault,
    ApproveWithdrawal,
    Deposit,
    ProposeDefault,
    ProposeWithdrawal,
    SetCap,
)
from settlement.house.security import CAPITAL, COLLATERAL, GUARANTEE, PREFUND, Waterfall
from settlement.money import MICROS_MAX

KINDS = {
    COLLATERAL: security_pb2.SECURITY_KIND_COLLATERAL,
    GUARANTEE: security_pb2.SECURITY_KIND_GUARANTEE,
    PREFUND: security_pb2.SECURITY_KIND_PREFUND,
    CAPITAL: security_pb2.SECURITY_KIND_CAPITAL,
}
NAMES = {kind: name for name, kind in KINDS.items()}
_UNIT = "an integer of the currency's minor unit"


def spell_withdrawal(
    audience: str, participant: str, security: str, currency: str, amount_minor: int
) -> bytes:
    """The bytes that two people sign to pay money of a security back."""
    return security_pb2.Withdrawal(
        audience=audience,
        participant=participant,
        kind=KINDS[security],
        currency=currency,
        amount_minor=amount_minor,
    ).SerializeToString(deterministic=True)


def spell_default(audience: str, settlement: int, participant: str, currency: str, fall: Waterfall) -> bytes:
    """The bytes that two people sign to declare a default."""
    proposal = security_pb2.DefaultProposal(
        audience=audience,
        settlement=settlement,
        participant=participant,
        currency=currency,
        unpaid_minor=fall.unpaid,
        collateral_minor=fall.collateral,
        guarantee_minor=fall.guarantee,
        capital_minor=fall.capital,
        shortfall_minor=fall.shortfall,
    )
    for name, amount in fall.borne.items():
        proposal.borne.add(participant=name, amount_minor=amount)
    return proposal.SerializeToString(deterministic=True)


def parse_default(data: bytes) -> tuple[str, ProposeDefault]:
    """The audience of a default's proposal, and what it asks for. Errors PAYLOAD_MALFORMED, UNKNOWN_FIELD, FIELD_INVALID."""
    proposal = parse_proposal(data, security_pb2.DefaultProposal)
    names = [each.participant for each in proposal.borne]
    if names != sorted(set(names)):
        raise invalid("proposal.borne", "in order of participant, each once")
    borne = {
        read_partner_id(each.participant, "proposal.borne.participant"): read_amount(
            each.amount_minor, "proposal.borne.amount_minor", most=MICROS_MAX
        )
        for each in proposal.borne
    }
    steps = ("collateral_minor", "guarantee_minor", "capital_minor", "shortfall_minor")
    collateral, guarantee, capital, shortfall = (
        _amount_or_none(getattr(proposal, step), f"proposal.{step}") for step in steps
    )
    unpaid = read_amount(proposal.unpaid_minor, "proposal.unpaid_minor", most=MICROS_MAX)
    return proposal.audience, ProposeDefault(
        _settlement(proposal.settlement, "proposal.settlement"),
        read_partner_id(proposal.participant, "proposal.participant"),
        proposal.currency,
        Waterfall(unpaid, collateral, guarantee, capital, borne, shortfall),
        sha256(data).hexdigest(),
    )


def parse_withdrawal(data: bytes) -> tuple[str, ProposeWithdrawal]:
    """The audience of a withdrawal's proposal, and what it asks for. Errors PAYLOAD_MALFORMED, UNKNOWN_FIELD, FIELD_INVALID."""
    proposal = parse_proposal(data, security_pb2.Withdrawal)
    return proposal.audience, ProposeWithdrawal(
        read_partner_id(proposal.participant, "proposal.participant"),
        _security(proposal.kind, "proposal.kind"),
        proposal.currency,
        read_amount(proposal.amount_minor, "proposal.amount_minor", most=MICROS_MAX),
        sha256(data).hexdigest(),
    )


def _settlement(number: int, field: str) -> int:
    if number < 1:
        raise invalid(field, "1 or more")
    return number


def _amount_or_none(amount: int, field: str) -> int:
    return amount and read_amount(amount, field, most=MICROS_MAX)


def _security(kind: int, field: str) -> str:
    if kind not in NAMES:
        raise invalid(field, "collateral, guarantee, prefund or capital")
    return NAMES[security_pb2.SecurityKind.ValueType(kind)]


def _deposit(request: Any) -> Deposit:
    participant = read_partner_id(request.participant, "participant")
    amount = read_amount(request.amount_minor, "amount_minor", most=MICROS_MAX)
    return Deposit(participant, _security(request.kind, "kind"), amount)


def _propose_withdrawal(request: Any) -> ProposeWithdrawal:
    audience, body = parse_withdrawal(request.proposal)
    check_audience(request, audience)
    return body


def _set_cap(request: Any) -> SetCap:
    participant = read_partner_id(request.participant, "participant")
    cap = request.cap_minor if request.HasField("cap_minor") else None
    if cap is not None and not 0 <= cap <= MICROS_MAX:
        raise invalid("cap_minor", f"{_UNIT}, 0 or more; left out for no cap")
    return SetCap(participant, cap)


def _propose_default(request: Any) -> ProposeDefault:
    audience, body = parse_default(request.proposal)
    check_audience(request, audience)
    return body


SECURITY_BODIES: dict[str, Callable[[Any], object]] = {
    "DepositRequest": _deposit,
    "ProposeWithdrawalRequest": _propose_withdrawal,
    "ApproveWithdrawalRequest": lambda request: ApproveWithdrawal(
        read_sha256(request.proposal_sha256, "proposal_sha256")
    ),
    "SetCapRequest": _set_cap,
    "ProposeDefaultRequest": _propose_default,
    "ApproveDefaultRequest": lambda request: ApproveDefault(
        read_sha256(request.proposal_sha256, "proposal_sha256")
    ),
}
"""How each act's payload is read, by message name."""
