"""Reads of accounts at banks and of payment files."""

from coalition.api.v1 import banking_pb2
from coalition.gateway.admission import Admitted
from coalition.gateway.means import Means
from coalition.wire.banking import write_account
from coalition.wire.strict import write_time
from settlement.clearing.calendar import business_days_since
from settlement.errors import CoalitionError
from settlement.house.practice import network_now_us

_FILES = "SELECT sha256, content FROM payment_files WHERE sha256 = ANY(%s)"


async def list_accounts(means: Means, admitted: Admitted) -> banking_pb2.ListAccountsResponse:
    """Each participant's account in force and the one that waits; a partner sees its own."""
    caller, response = admitted.caller, banking_pb2.ListAccountsResponse()
    async with means.reading() as (_, house):
        for participant in sorted(house.account_proposals):
            if not caller.is_operator and caller.partner != participant:
                continue
            shown = response.accounts.add(participant=participant)
            if participant in house.accounts:
                shown.in_force.CopyFrom(write_account(house.accounts[participant]))
            proposal = house.account_proposals[participant]
            if not proposal.approved:
                shown.proposed.CopyFrom(write_account(proposal.account))
                shown.proposed_sha256 = bytes.fromhex(proposal.sha256)
                write_time(shown.proposed_at, proposal.proposed_at_us)
                shown.proposer = proposal.proposer or ""
    return response


async def get_instruction(means: Means, admitted: Admitted) -> banking_pb2.GetInstructionResponse:
    """The bytes that were stored when the settlement was instructed."""
    async with means.reading() as (connection, house):
        instruction = house.instructions.get(admitted.message.settlement)
        if instruction is None:
            message = (
                "no payment files were made for this settlement: `coalition instruction write` makes them"
            )
            raise CoalitionError("INSTRUCTION_NOT_FOUND", message, field="settlement")
        digests = [bytes.fromhex(digest) for _, digest in instruction.files]
        rows = await (await connection.execute(_FILES, (digests,))).fetchall()
    stored = {bytes(digest).hex(): bytes(content) for digest, content in rows}
    response = banking_pb2.GetInstructionResponse(entry_number=instruction.at)
    for kind, digest in instruction.files:
        response.files.add(kind=kind, content=stored[digest])
    return response


async def list_breaks(means: Means, admitted: Admitted) -> banking_pb2.ListBreaksResponse:
    """What moved in the bank, pays no leg and is not resolved, oldest booking first."""
    async with means.reading() as (_, house):
        response = banking_pb2.ListBreaksResponse(currency=house.founded.currency)
        now_us = network_now_us(house)
        found = [each for each in house.breaks.values() if each.is_open]
        for each in sorted(found, key=lambda each: (each.booked_on, each.at, each.name)):
            response.breaks.add(
                line_sha256=bytes.fromhex(each.name),
                amount_minor=each.amount_minor,
                booked_on=each.booked_on.isoformat(),
                reason=banking_pb2.BreakReason.Value(f"BREAK_REASON_{each.why.upper()}"),
                settlement=each.settlement or 0,
                participant=each.participant or "",
                entry_number=each.at,
                owner=each.owner or "",
                age_business_days=business_days_since(house.tariff, each.booked_on, now_us),
            )
    return response
