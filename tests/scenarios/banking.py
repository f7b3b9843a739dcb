"""Acts on accounts at banks, payment files, bank statements and breaks: how they are written, and the requests that they make."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from coalition.cli.amounts import amount_minor
from coalition.simulation.banking_requests import resolution_bytes
from coalition.simulation.banks import account_of
from coalition.simulation.requests import message_of
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
from settlement.banking.identifiers import creditor_reference, end_to_end_id
from settlement.house.banking import account_sha256, line_name
from settlement.house.breaks import ADJUSTMENT, MATCH, OFFSET, Resolution
from tests.scenarios.scene import Scene
from tests.scenarios.securities import NO_PROPOSAL

Asking = tuple[object, Any]


def _plain(body: object) -> Asking:
    return body, message_of(body)


def _propose_account(scene: Scene, name: str, number: str) -> Asking:
    """Each number is another account."""
    return _plain(ProposeAccount(account_of("Company", int(number))))


def _approve_account(scene: Scene, name: str, number: str, participant: str) -> Asking:
    account = account_of("Company", int(number))
    return _plain(ApproveAccount(participant, account_sha256(scene.network.origin, participant, account)))


def _bank_statement(scene: Scene, name: str, statement: str, number: str, *words: str) -> Asking:
    """`7 of account 1: 5.00 end-to-end 1/bakery, -2.00 reference 1/cinema, 3.00 unknown`, or `from NUMBER`, an account."""
    lines = [_bank_line(scene, part.split(), str(at)) for at, part in enumerate(" ".join(words).split(", "))]
    iban = account_of("Company", int(number.removesuffix(":"))).iban
    return _plain(ImportBankStatement(iban, statement, tuple(lines)))


def _bank_line(scene: Scene, words: list[str], entry: str) -> BankLine:
    amount, how, *about = words
    digits, origin = scene.network.minor_digits, scene.network.origin
    said = amount_minor(amount.removeprefix("-"), minor_digits=digits)
    line = BankLine(entry, -said if amount.startswith("-") else said, date(2026, 11, 30))
    if how == "from":
        return replace(line, iban=account_of("Company", int(about[0])).iban)
    if how == "unknown":
        return line
    settlement, participant = about[0].split("/")
    if how == "reference":
        return replace(line, reference=creditor_reference(origin, int(settlement), participant))
    return replace(line, end_to_end_id=end_to_end_id(origin, int(settlement), participant))


def _line(statement: str, number: str, entry: str) -> str:
    return line_name(account_of("Company", int(number.removesuffix(":"))).iban, statement, entry)


def _break_assign(scene: Scene, name: str, entry: str, statement: str, number: str, person: str) -> Asking:
    return _plain(AssignBreak(_line(statement, number, entry), person))


def _break_propose(scene: Scene, name: str, entry: str, statement: str, number: str, *words: str) -> Asking:
    """`2 of A of account 1: write-off, WHY`, `adjustment bakery, WHY`, `match 1/bakery, WHY` or `offset 3 of B, WHY`."""
    how, _, why = " ".join(words).partition(", ")
    kind, *about = how.split()
    resolution = Resolution(kind)
    if kind == ADJUSTMENT:
        resolution = Resolution(kind, about[0])
    elif kind == MATCH:
        settlement, participant = about[0].split("/")
        resolution = Resolution(kind, participant, int(settlement))
    elif kind == OFFSET:
        resolution = Resolution(kind, line=_line(about[2], number, about[0]))
    facts = (_line(statement, number, entry), resolution, why)
    proposal = resolution_bytes(scene.network.origin, ProposeResolution(*facts, NO_PROPOSAL))
    body = ProposeResolution(*facts, scene.proposed(proposal, name))
    return body, message_of(body, proposal=proposal)


OF_BANKS: dict[str, tuple[str, Callable[..., Asking]]] = {
    "account-propose": ("number NUMBER", _propose_account),
    "account-approve": ("NUMBER of PARTICIPANT", _approve_account),
    "break-assign": ("ENTRY of NAME of account NUMBER to PERSON", _break_assign),
    "break-propose": ("ENTRY of NAME of account NUMBER: ...", _break_propose),
    "break-approve": (
        "PROPOSAL",
        lambda scene, name, proposal: _plain(ApproveResolution(scene.proposals.get(proposal, NO_PROPOSAL))),
    ),
    "bank-statement": ("NAME of account NUMBER: ...", _bank_statement),
    "instruct": (
        "settlement NUMBER",
        lambda scene, name, settlement: _plain(Instruct(int(settlement))),
    ),
}
"""As `ACTS`."""
