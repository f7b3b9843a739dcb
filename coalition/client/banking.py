"""Money out: accounts at banks and payment files, as acts and reads."""

from coalition.api.v1 import banking_pb2
from coalition.client.answers import Instruction, ParticipantAccount, PaymentFile
from coalition.client.calling import Caller
from coalition.wire.banking import read_account, write_account
from coalition.wire.strict import read_time
from settlement.clock import from_us
from settlement.house.bank_account import BankAccount
from settlement.journal.acts import Outcome


class Banking(Caller):
    """What participants and the operator ask about money out. Errors as for `PartnerActs` and `Reads`."""

    async def propose_account(self, account: BankAccount, *, act_id: str | None = None) -> Outcome:
        """Names the account where this participant is paid; a person of the operator then approves it."""
        return await self._act(banking_pb2.ProposeAccountRequest(account=write_account(account)), act_id)

    async def approve_account(
        self, *, partner_id: str, account_sha256: bytes, act_id: str | None = None
    ) -> Outcome:
        """A person's yes to the account that a participant named last. Needs an approver key."""
        request = banking_pb2.ApproveAccountRequest(partner_id=partner_id, account_sha256=account_sha256)
        return await self._act(request, act_id)

    async def instruct(self, *, settlement: int, act_id: str | None = None) -> Outcome:
        """Makes the payment files of an approved settlement, once; `instruction` reads them."""
        return await self._act(banking_pb2.InstructRequest(settlement=settlement), act_id)

    async def accounts(self) -> list[ParticipantAccount]:
        """Accounts in force and proposed, of whomever the caller may see."""
        reply = await self._read(banking_pb2.ListAccountsRequest(), banking_pb2.ListAccountsResponse)
        return [_account(each) for each in reply.accounts]

    async def instruction(self, *, settlement: int) -> Instruction:
        """The payment files of a settlement, byte for byte. Rejected with INSTRUCTION_NOT_FOUND."""
        request = banking_pb2.GetInstructionRequest(settlement=settlement)
        reply = await self._read(request, banking_pb2.GetInstructionResponse)
        return Instruction(
            reply.entry_number, tuple([PaymentFile(each.kind, each.content) for each in reply.files])
        )


def _account(each: banking_pb2.ParticipantAccount) -> ParticipantAccount:
    waits = each.HasField("proposed")
    return ParticipantAccount(
        each.participant,
        read_account(each.in_force, "in_force") if each.HasField("in_force") else None,
        read_account(each.proposed, "proposed") if waits else None,
        each.proposed_sha256,
        from_us(read_time(each.proposed_at, "proposed_at")) if waits else None,
    )
