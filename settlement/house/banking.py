"""What the entries on accounts and payment orders make of the house."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING

from settlement.house.bank_account import BankAccount, parse_account
from settlement.house.breaks import Break
from settlement.journal.leaf import Entry

if TYPE_CHECKING:
    from settlement.house.state import House

PAID, BREAK = "paid", "break"
"""What became of a bank's line."""


@dataclass(frozen=True, slots=True)
class AccountProposal:
    """An account that a participant named for itself; another person approves it by its hash.

    `proposer`: the person, of the operator's account; None: a partner by its request key.
    """

    participant: str
    account: BankAccount
    sha256: str
    proposer: str | None
    proposed_at_us: int
    approved: bool = False


@dataclass(frozen=True, slots=True)
class Instruction:
    """Word to a bank to pay a settlement: the house entry, its files by kind and hash, the legs and accounts of then."""

    settlement: int
    at: int
    time_us: int
    files: tuple[tuple[str, str], ...]
    legs: Mapping[str, int]
    accounts: Mapping[str, BankAccount]


def statement_name(iban: str, statement_id: str) -> str:
    """By what the journal names a statement of an account: a hash, as banks write what they like."""
    return sha256(f"{iban}\n{statement_id}\n".encode()).hexdigest()


def line_name(iban: str, statement_id: str, entry: str) -> str:
    """By what the journal names one line of it."""
    return sha256(f"{iban}\n{statement_id}\n{entry}\n".encode()).hexdigest()


def account_sha256(origin: str, participant: str, account: BankAccount) -> str:
    """By what an approver names a participant's account: no other network, participant or account has it."""
    return sha256(f"{origin}\n{participant}\n{account.line()}\n".encode()).hexdigest()


def legs_for_a_bank(house: "House", settlement: int) -> dict[str, int]:
    """What is still to be paid, in minor units, positive pays; the operator's own leg needs no bank and is confirmed by hand."""
    unpaid = house.settlements[settlement].unpaid
    return {name: amount for name, amount in unpaid.items() if name != house.operator}


def _propose_account(house: "House", entry: Entry) -> None:
    participant, account = entry.one("partner"), parse_account(entry.one("account"))
    person = house.keys[entry.one("sig").split(" ")[0]].person
    house.account_proposals[participant] = AccountProposal(
        participant, account, entry.one("proposal"), person, entry.time_us
    )


def _approve_account(house: "House", entry: Entry) -> None:
    participant = entry.one("subject")
    proposal = replace(house.account_proposals[participant], approved=True)
    house.account_proposals[participant] = proposal
    house.accounts[participant] = proposal.account


def _instruct(house: "House", entry: Entry) -> None:
    number = int(entry.one("settlement"))
    files = [(kind, digest) for kind, digest in (value.split(" ") for value in entry.all("file"))]
    legs = legs_for_a_bank(house, number)
    house.instructions[number] = Instruction(
        number, entry.index, entry.time_us, tuple(files), legs, dict(house.accounts)
    )


def _bank_statement(house: "House", entry: Entry) -> None:
    for value in entry.all("bank-line"):
        name, amount, booked_on, found, *words = value.split(" ")
        house.bank_lines.add(name)
        if found == PAID:
            number = int(words[0])
            settlement = house.settlements[number]
            paid, by_line = settlement.paid | {words[1]}, settlement.paid_by_line | {words[1]}
            house.put_settlement(replace(settlement, paid=paid, paid_by_line=by_line))
        else:
            leg = (int(words[1]), words[2]) if len(words) > 1 else (None, None)
            day = date.fromisoformat(booked_on)
            house.breaks[name] = Break(name, int(amount), day, words[0], entry.index, *leg)


BANKING: dict[str, Callable[["House", Entry], None]] = {
    "account-propose": _propose_account,
    "account-approve": _approve_account,
    "instruct": _instruct,
    "bank-statement": _bank_statement,
}
"""The fold of each kind of entry."""
