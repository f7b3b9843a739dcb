"""Money out: accounts at banks and payment files, as acts and reads."""

from collections.abc import Sequence
from datetime import date

from coalition.api.v1 import banking_pb2
from coalition.client.bank_answers import Break, Instruction, ParticipantAccount, PaymentFile
from coalition.client.calling import Caller
from coalition.client.errors import answer_malformed
from coalition.wire.banking import read_account, write_account, write_line
from coalition.wire.resolutions import spell_resolution
from coalition.wire.strict import read_time
from settlement.banking.acts import BankLine
from settlement.clock import from_us
from settlement.house.bank_account import BankAccount
from settlement.house.breaks import Resolution
from settlement.journal.acts import Outcome


class Banking(Caller):
    """What participants and the operator ask about money out. Errors as for `PartnerActs` and `Reads`."""

    async def propose_account(self, account: BankAccount, *, act_id: str | None = None) -> Outcome:
        """Names the account where this partner is paid, or by an approver key the operator's; a person of the operator then
        approves it, another than the one who proposed."""
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

    async def import_bank_statement(
        self, *, iban: str, statement_id: str, lines: Sequence[BankLine], act_id: str | None = None
    ) -> Outcome:
        """Takes in lines of a statement of the operator's account, at most 100 at once; those that pay legs confirm them."""
        request = banking_pb2.ImportBankStatementRequest(
            iban=iban, statement_id=statement_id, lines=map(write_line, lines)
        )
        return await self._act(request, act_id)

    async def assign_break(self, *, line_sha256: bytes, person: str, act_id: str | None = None) -> Outcome:
        """A person of the operator is to look after a break. Needs an approver key."""
        request = banking_pb2.AssignBreakRequest(line_sha256=line_sha256, person=person)
        return await self._act(request, act_id)

    async def propose_resolution(
        self, *, line_sha256: bytes, resolution: Resolution, words: str, act_id: str | None = None
    ) -> Outcome:
        """One person says how a break is to end. Needs an approver key; the request keeps the exact bytes that are signed."""
        proposal = spell_resolution(self.identity.network, line_sha256.hex(), resolution, words)
        return await self._act(banking_pb2.ProposeResolutionRequest(proposal=proposal), act_id)

    async def approve_resolution(self, *, proposal_sha256: bytes, act_id: str | None = None) -> Outcome:
        """Another person's yes to the resolution with this SHA-256. Needs another person's approver key."""
        request = banking_pb2.ApproveResolutionRequest(proposal_sha256=proposal_sha256)
        return await self._act(request, act_id)

    async def breaks(self) -> tuple[str, list[Break]]:
        """The currency, and what moved in the bank, pays no leg and is not resolved, oldest booking first."""
        reply = await self._read(banking_pb2.ListBreaksRequest(), banking_pb2.ListBreaksResponse)
        return reply.currency, [_break(each) for each in reply.breaks]

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
        each.proposer or None,
    )


_REASONS = {
    banking_pb2.BREAK_REASON_UNKNOWN: "unknown",
    banking_pb2.BREAK_REASON_AMOUNT: "amount",
    banking_pb2.BREAK_REASON_PAID: "paid",
}


def _break(each: banking_pb2.Break) -> Break:
    try:
        booked_on = date.fromisoformat(each.booked_on)
    except ValueError:
        raise answer_malformed(f"{each.booked_on[:40]!r} is no day") from None
    return Break(
        each.line_sha256,
        each.amount_minor,
        booked_on,
        _REASONS.get(each.reason, "another"),
        each.settlement or None,
        each.participant or None,
        each.entry_number,
        each.owner or None,
        each.age_business_days,
    )
