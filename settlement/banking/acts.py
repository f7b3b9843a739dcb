"""What can be asked about money out and money in."""

from dataclasses import dataclass
from datetime import date

from settlement.house.bank_account import BankAccount
from settlement.house.breaks import Resolution


@dataclass(frozen=True, slots=True)
class ProposeAccount:
    """The caller wants to be paid there."""

    account: BankAccount


@dataclass(frozen=True, slots=True)
class ApproveAccount:
    """A person's yes to the account that a participant proposed last, by its hash."""

    participant: str
    account_sha256: str


@dataclass(frozen=True, slots=True)
class Instruct:
    """Make the payment files of an approved settlement, once."""

    settlement: int


@dataclass(frozen=True, slots=True)
class BankLine:
    """One booked payment, in minor units: positive came in, negative went out.

    `entry`: how the bank names it within its statement; `iban`, `name`: of whoever is on the other side. What the bank did not
    say is empty.
    """

    entry: str
    amount_minor: int
    booked_on: date
    end_to_end_id: str = ""
    reference: str = ""
    remittance: str = ""
    iban: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class ImportBankStatement:
    """Take in lines of one statement of the operator's account; those that pay legs confirm them."""

    iban: str
    statement_id: str
    lines: tuple[BankLine, ...]


@dataclass(frozen=True, slots=True)
class AssignBreak:
    """A person is to look after a break, by the name of its line."""

    line: str
    person: str


@dataclass(frozen=True, slots=True)
class ProposeResolution:
    """End a break, by the name of its line, in one way and for a reason in words; the hash names the exact bytes."""

    line: str
    resolution: Resolution
    words: str
    proposal_sha256: str


@dataclass(frozen=True, slots=True)
class ApproveResolution:
    """Another person's yes to a resolution; the break ends."""

    proposal_sha256: str
