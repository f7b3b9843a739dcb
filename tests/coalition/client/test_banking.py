"""Money out, as the client asks for it: the network reads what was meant."""

from collections.abc import Awaitable, Callable
from datetime import date
from hashlib import sha256

import pytest

from coalition.client import Client, Outcome
from coalition.wire.methods import METHODS
from coalition.wire.requests import BODIES
from coalition.wire.resolutions import spell_resolution
from settlement.banking.acts import (
    ApproveAccount,
    ApproveResolution,
    AssignBreak,
    BankLine,
    ImportBankStatement,
    Instruct,
    ProposeAccount,
    ProposeResolution,
)
from settlement.house.bank_account import BankAccount
from settlement.house.breaks import MATCH, Resolution
from tests.coalition.client.peer import NETWORK, Peer

ACCOUNT = BankAccount("Bakery GmbH", "DE89370400440532013000", "AT", "COBADEFFXXX", "213800KUD8LAJWSQ9D15")

PAYS = Resolution(MATCH, "bakery", 7)
PROPOSAL = sha256(spell_resolution(NETWORK, "00" * 32, PAYS, "as it says")).hexdigest()
LINE = BankLine("A", -5, date(2026, 11, 30), "S1-X", "RF18539007547034", "hello", ACCOUNT.iban)
CASES: dict[str, tuple[Callable[[Client], Awaitable[Outcome]], object]] = {
    "propose an account": (lambda c: c.propose_account(ACCOUNT), ProposeAccount(ACCOUNT)),
    "approve an account": (
        lambda c: c.approve_account(partner_id="florist", account_sha256=bytes(32)),
        ApproveAccount("florist", "00" * 32),
    ),
    "import lines of a bank statement": (
        lambda c: c.import_bank_statement(iban=ACCOUNT.iban, statement_id="7", lines=[LINE]),
        ImportBankStatement(ACCOUNT.iban, "7", (LINE,)),
    ),
    "name who looks after a break": (
        lambda c: c.assign_break(line_sha256=bytes(32), person="ann"),
        AssignBreak("00" * 32, "ann"),
    ),
    "propose to end a break": (
        lambda c: c.propose_resolution(line_sha256=bytes(32), resolution=PAYS, words="as it says"),
        ProposeResolution("00" * 32, PAYS, "as it says", PROPOSAL),
    ),
    "approve that": (
        lambda c: c.approve_resolution(proposal_sha256=bytes.fromhex(PROPOSAL)),
        ApproveResolution(PROPOSAL),
    ),
    "instruct": (lambda c: c.instruct(settlement=2), Instruct(2)),
}


@pytest.mark.parametrize("name", CASES)
async def test_the_network_reads_what_was_meant(peer: Peer, client: Client, name: str) -> None:
    ask, meant = CASES[name]
    await ask(client)
    (call,) = peer.calls
    assert BODIES[METHODS[call.path].payload.DESCRIPTOR.name](call.request) == meant
