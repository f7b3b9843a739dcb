"""What can be asked about money out and money in."""

from dataclasses import dataclass

from settlement.house.bank_account import BankAccount


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
