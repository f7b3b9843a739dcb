"""Messages that ask about accounts at banks, payment files, bank statements and breaks."""

from collections.abc import Callable
from typing import Any

from coalition.api.v1 import banking_pb2
from coalition.wire.banking import write_account, write_line
from coalition.wire.resolutions import spell_resolution
from settlement.banking.acts import (
    ApproveAccount,
    ApproveResolution,
    AssignBreak,
    ImportBankStatement,
    Instruct,
    ProposeAccount,
    ProposeResolution,
)


def resolution_bytes(audience: str, body: ProposeResolution) -> bytes:
    """The exact bytes of a resolution's proposal."""
    return spell_resolution(audience, body.line, body.resolution, body.words)


PROPOSALS: dict[type, Callable[[bytes], Any]] = {
    ProposeResolution: lambda proposal: banking_pb2.ProposeResolutionRequest(proposal=proposal),
}
"""The messages that carry proposals."""
MESSAGES: dict[type, Callable[[Any], Any]] = {
    ProposeAccount: lambda body: banking_pb2.ProposeAccountRequest(account=write_account(body.account)),
    ApproveAccount: lambda body: banking_pb2.ApproveAccountRequest(
        partner_id=body.participant, account_sha256=bytes.fromhex(body.account_sha256)
    ),
    ImportBankStatement: lambda body: banking_pb2.ImportBankStatementRequest(
        iban=body.iban, statement_id=body.statement_id, lines=map(write_line, body.lines)
    ),
    Instruct: lambda body: banking_pb2.InstructRequest(settlement=body.settlement),
    AssignBreak: lambda body: banking_pb2.AssignBreakRequest(
        line_sha256=bytes.fromhex(body.line), person=body.person
    ),
    ApproveResolution: lambda body: banking_pb2.ApproveResolutionRequest(
        proposal_sha256=bytes.fromhex(body.proposal_sha256)
    ),
}
"""The messages that ask for all else."""
