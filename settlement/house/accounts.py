"""Accounts at banks: where a participant is paid, proposed with its own key and approved by a person of the operator's."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BankAccount:
    """Payment details of one participant. `bic`, `lei`: empty if it gave none."""

    legal_name: str
    iban: str
    country: str
    bic: str = ""
    lei: str = ""
