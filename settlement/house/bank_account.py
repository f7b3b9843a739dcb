"""A participant's account at a bank: a value, spelled in one way."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BankAccount:
    """Payment details of one participant. `bic`, `lei`: empty if it gave none."""

    legal_name: str
    iban: str
    country: str
    bic: str = ""
    lei: str = ""

    def line(self) -> str:
        """The value of the leaf's `account` line."""
        return f"{self.iban} {self.country} {self.bic or '-'} {self.lei or '-'} {self.legal_name}"


def parse_account(value: str) -> BankAccount:
    """Reads the value of a leaf's `account` line."""
    iban, country, bic, lei, name = value.split(" ", 4)
    return BankAccount(name, iban, country, bic.replace("-", ""), lei.replace("-", ""))
