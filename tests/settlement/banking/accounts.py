"""Accounts at banks with sound check digits."""

from settlement.banking.identifiers import iban_of
from settlement.house.bank_account import BankAccount


def an_iban(number: int) -> str:
    """A German IBAN with its check digits."""
    return iban_of("DE", f"50010517{number:010}")


def an_account(number: int, name: str = "Bakery GmbH", *, bic: str = "") -> BankAccount:
    """An account of a company."""
    return BankAccount(name, an_iban(number), "DE", bic)
