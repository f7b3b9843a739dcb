"""Messages that ask about accounts at banks, payment files and bank statements."""

from collections.abc import Callable
from typing import Any

from coalition.api.v1 import banking_pb2
from coalition.wire.banking import write_account, write_line
from settlement.banking.acts import ApproveAccount, ImportBankStatement, Instruct, ProposeAccount

MESSAGES: dict[type, Callable[[Any], Any]] = {
    ProposeAccount: lambda body: banking_pb2.ProposeAccountRequest(account=write_account(body.account)),
    ApproveAccount: lambda body: banking_pb2.ApproveAccountRequest(
        partner_id=body.participant, account_sha256=bytes.fromhex(body.account_sha256)
    ),
    ImportBankStatement: lambda body: banking_pb2.ImportBankStatementRequest(
        iban=body.iban, statement_id=body.statement_id, lines=map(write_line, body.lines)
    ),
    Instruct: lambda body: banking_pb2.InstructRequest(settlement=body.settlement),
}
"""The messages that ask."""
