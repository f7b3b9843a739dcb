"""Messages that ask about cycles and settlements."""

from collections.abc import Callable
from typing import Any

from coalition.api.v1 import settlement_pb2
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

PROPOSALS: dict[type, Callable[[bytes], Any]] = {
    Propose: lambda proposal: settlement_pb2.ProposeRequest(proposal=proposal),
}
"""The messages that carry proposals."""
MESSAGES: dict[type, Callable[[Any], Any]] = {
    CloseCycle: lambda body: settlement_pb2.CloseCycleRequest(cycle=body.cycle, label=body.label or ""),
    Approve: lambda body: settlement_pb2.ApproveRequest(proposal_sha256=bytes.fromhex(body.proposal_sha256)),
    Object: lambda body: settlement_pb2.ObjectRequest(settlement=body.settlement, words=body.words),
    AnswerObjection: lambda body: settlement_pb2.AnswerObjectionRequest(
        settlement=body.settlement, participant=body.participant, accepted=body.accepted, words=body.words
    ),
    CancelSettlement: lambda body: settlement_pb2.CancelSettlementRequest(settlement=body.settlement),
    AbortSettlement: lambda body: settlement_pb2.AbortSettlementRequest(settlement=body.settlement),
    Confirm: lambda body: settlement_pb2.ConfirmRequest(
        settlement=body.settlement, participant=body.participant, amount_minor=body.amount_minor
    ),
}
"""The messages that ask for all else."""
