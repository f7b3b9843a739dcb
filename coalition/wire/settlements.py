"""From a verified payload to the act on a cycle or its settlement that it asks for."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from coalition.api.v1.settlement_pb2 import Proposal
from coalition.wire.strict import (
    check_audience,
    invalid,
    parse_payload,
    read_amount,
    read_partner_id,
    read_sha256,
    read_text,
)
from settlement.clearing.acts import (
    AbortSettlement,
    AnswerObjection,
    Approve,
    CancelSettlement,
    CloseCycle,
    Confirm,
    Object,
    Propose,
)
from settlement.clearing.netting import Figures
from settlement.money import MICROS_MAX

WORDS_MAX = 200
AMOUNT_MINOR_MAX = MICROS_MAX
"""No leg is dearer, whatever the currency: one minor unit is at least one micro."""


def parse_proposal(data: bytes) -> tuple[Proposal, Figures]:
    """A proposal and its figures. Errors PAYLOAD_MALFORMED, UNKNOWN_FIELD, FIELD_INVALID."""
    proposal: Proposal = parse_payload(data, Proposal)
    names = [net.participant for net in proposal.nets]
    if names != sorted(set(names)):
        raise invalid("proposal.nets", "in order of participant, each once")
    warnings = list(proposal.warnings)
    if warnings != sorted(set(warnings)):
        raise invalid("proposal.warnings", "in order, each once")
    for name in names:
        read_partner_id(name, "proposal.nets.participant")
    deferred = list(proposal.deferred)
    if deferred != sorted(set(deferred)) or not set(deferred) <= set(names):
        raise invalid("proposal.deferred", "some of those with a net, in order, each once")
    nets = {net.participant: net.net_minor for net in proposal.nets}
    return proposal, Figures(
        proposal.gross_minor, proposal.bilateral_minor, proposal.multilateral_minor, nets
    )


def _close_cycle(request: Any) -> CloseCycle:
    label = read_text(request.label, "label", least=1, most=40) if request.label else None
    return CloseCycle(_positive(request.cycle, "cycle"), label)


def _propose(request: Any) -> Propose:
    proposal, figures = parse_proposal(request.proposal)
    check_audience(request, proposal.audience)
    digest = sha256(request.proposal).hexdigest()
    cycle, warnings = _positive(proposal.cycle, "proposal.cycle"), tuple(proposal.warnings)
    return Propose(cycle, proposal.currency, figures, digest, warnings, tuple(proposal.deferred))


def _object(request: Any) -> Object:
    return Object(_settlement(request), _words(request))


def _answer_objection(request: Any) -> AnswerObjection:
    participant = read_partner_id(request.participant, "participant")
    return AnswerObjection(_settlement(request), participant, request.accepted, _words(request))


def _approve(request: Any) -> Approve:
    return Approve(read_sha256(request.proposal_sha256, "proposal_sha256"))


def _confirm(request: Any) -> Confirm:
    amount = read_amount(request.amount_minor, "amount_minor", most=AMOUNT_MINOR_MAX)
    participant = read_partner_id(request.participant, "participant")
    return Confirm(_settlement(request), participant, amount)


def _settlement(request: Any) -> int:
    return _positive(request.settlement, "settlement")


def _words(request: Any) -> str:
    return read_text(request.words, "words", least=1, most=WORDS_MAX)


def _positive(number: int, field: str) -> int:
    if number < 1:
        raise invalid(field, "1 or more")
    return number


SETTLEMENT_BODIES: dict[str, Callable[[Any], object]] = {
    "CloseCycleRequest": _close_cycle,
    "ProposeRequest": _propose,
    "ObjectRequest": _object,
    "AnswerObjectionRequest": _answer_objection,
    "CancelSettlementRequest": lambda request: CancelSettlement(_settlement(request)),
    "ApproveRequest": _approve,
    "AbortSettlementRequest": lambda request: AbortSettlement(_settlement(request)),
    "ConfirmRequest": _confirm,
}
"""How each act's payload is read, by message name."""
