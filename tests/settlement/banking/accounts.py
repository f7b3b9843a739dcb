"""Accounts at banks with sound check digits."""

from stdnum import iban
from stdnum.iso7064 import mod_97_10

from settlement.house.accounts import BankAccount


def an_iban(number: int) -> str:
    """A German IBAN with its check digits."""
    body = f"50010517{number:010}"
    found = f"DE{mod_97_10.calc_check_digits(f'{body}DE')}{body}"
    assert iban.is_valid(found)
    return found


def an_account(number: int, name: str = "Bakery GmbH", *, bic: str = "") -> BankAccount:
    """An account of a company."""
    return BankAccount(name, an_iban(number), "DE", bic)
