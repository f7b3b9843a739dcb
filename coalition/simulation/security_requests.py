"""Messages that ask about securities, caps and defaults."""

from collections.abc import Callable
from typing import Any

from coalition.api.v1 import security_pb2
from coalition.wire.securities import KINDS, spell_default, spell_withdrawal
from settlement.clearing.security_acts import (
    ApproveDefault,
    ApproveWithdrawal,
    Deposit,
    ProposeDefault,
    ProposeWithdrawal,
    SetCap,
)


def withdrawal_bytes(audience: str, body: ProposeWithdrawal) -> bytes:
    """The exact bytes of a withdrawal's proposal."""
    return spell_withdrawal(audience, body.participant, body.security, body.currency, body.amount_minor)


def default_bytes(audience: str, body: ProposeDefault) -> bytes:
    """The exact bytes of a default's proposal."""
    return spell_default(audience, body.settlement, body.participant, body.currency, body.fall)


def _set_cap(body: SetCap) -> Any:
    return security_pb2.SetCapRequest(participant=body.participant, cap_minor=body.cap_minor)


PROPOSALS: dict[type, Callable[[bytes], Any]] = {
    ProposeWithdrawal: lambda proposal: security_pb2.ProposeWithdrawalRequest(proposal=proposal),
    ProposeDefault: lambda proposal: security_pb2.ProposeDefaultRequest(proposal=proposal),
}
"""The messages that carry proposals."""
MESSAGES: dict[type, Callable[[Any], Any]] = {
    Deposit: lambda body: security_pb2.DepositRequest(
        participant=body.participant, kind=KINDS[body.security], amount_minor=body.amount_minor
    ),
    ApproveWithdrawal: lambda body: security_pb2.ApproveWithdrawalRequest(
        proposal_sha256=bytes.fromhex(body.proposal_sha256)
    ),
    SetCap: _set_cap,
    ApproveDefault: lambda body: security_pb2.ApproveDefaultRequest(
        proposal_sha256=bytes.fromhex(body.proposal_sha256)
    ),
}
"""The messages that ask for all else."""
