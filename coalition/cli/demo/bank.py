"""The demo's bank: it books the payments that it is ordered to make and those that come in, and says so in statements.

Payers differ, as they do everywhere: one writes the reference in a sentence, another hands the end-to-end id through, a third
writes nothing of use, a fourth types the reference where it belongs.
"""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from settlement.banking.acts import BankLine
from settlement.banking.camt053 import BankStatement
from settlement.banking.identifiers import iban_of
from settlement.banking.matching import Rule
from settlement.banking.pain001 import read_pain001
from settlement.house.bank_account import BankAccount

CURRENCY = "EUR"
_BANK_CODE = "99990000"
_STRAY_MINOR = 1_234


@dataclass(frozen=True, slots=True)
class Payer:
    """A leg that is to be paid to the operator, in cents, as its participant was told."""

    participant: str
    amount_minor: int
    end_to_end_id: str
    reference: str
    account: BankAccount


@dataclass(frozen=True, slots=True)
class Booking:
    """A line of a statement, and by which rule it should find its leg; None: it pays none."""

    line: BankLine
    rule: Rule | None


@dataclass(slots=True)
class Bank:
    """The bank of the operator, with the one account that counts here, in cents."""

    account: BankAccount
    balance_minor: int

    def state(self, name: str, bookings: Sequence[Booking]) -> BankStatement:
        """The statement of this name: it begins where the one before ended."""
        opening = self.balance_minor
        lines = [
            replace(each.line, entry=f"{name}-{place:04d}") for place, each in enumerate(bookings, start=1)
        ]
        self.balance_minor += sum(line.amount_minor for line in lines)
        return BankStatement(name, self.account.iban, CURRENCY, opening, self.balance_minor, tuple(lines))


def account_of(participant: str) -> BankAccount:
    """The made-up account of a store, or of the operator, with sound check digits: always the same."""
    _, _, number = participant.partition("-")
    return BankAccount(
        participant.replace("-", " ").title(), iban_of("DE", f"{_BANK_CODE}{int(number or 0):010d}"), "DE"
    )


def read_payers(table: bytes) -> list[Payer]:
    """Who pays how much under which names, by the table of all legs that was made for the bank."""
    rows = csv.DictReader(io.StringIO(table.decode("ascii"), newline=""))
    return [
        Payer(
            row["participant"],
            int(Decimal(row["amount"]).scaleb(2)),
            row["end_to_end_id"],
            row["reference"],
            BankAccount(row["legal_name"], row["iban"], row["country"]),
        )
        for row in rows
        if row["direction"] == "pays"
    ]


def book_order(order: bytes, on: date) -> list[Booking]:
    """What goes out: every payment of a pain.001 file."""
    return [
        Booking(
            BankLine(
                "",
                -transfer.amount_minor,
                on,
                transfer.end_to_end_id,
                remittance=transfer.remittance,
                iban=transfer.to.iban,
                name=transfer.to.legal_name,
            ),
            Rule.END_TO_END,
        )
        for transfer in read_pain001(order).transfers
    ]


def book_payers(payers: Iterable[Payer], on: date) -> list[Booking]:
    """What comes in: each payer pays in a manner of its own."""
    return [_MANNERS[place % len(_MANNERS)](payer, on) for place, payer in enumerate(payers)]


def book_stray(on: date) -> Booking:
    """Money of somebody whom nobody knows, for nothing that anybody can see."""
    line = BankLine("", _STRAY_MINOR, on, remittance="as agreed, best wishes", name="A. Nonymous")
    return Booking(line, None)


def book_return(on: date) -> Booking:
    """The same money goes back."""
    line = BankLine("", -_STRAY_MINOR, on, remittance="returned, purpose unknown", name="A. Nonymous")
    return Booking(line, None)


def _paid(payer: Payer, on: date) -> BankLine:
    return BankLine("", payer.amount_minor, on, iban=payer.account.iban, name=payer.account.legal_name)


def _by_end_to_end_id(payer: Payer, on: date) -> Booking:
    return Booking(replace(_paid(payer, on), end_to_end_id=payer.end_to_end_id), Rule.END_TO_END)


def _by_reference(payer: Payer, on: date) -> Booking:
    return Booking(replace(_paid(payer, on), reference=payer.reference), Rule.REFERENCE)


def _in_words(payer: Payer, on: date) -> Booking:
    reference = payer.reference
    grouped = " ".join(reference[at : at + 4] for at in range(0, len(reference), 4))
    return Booking(replace(_paid(payer, on), remittance=f"Loyalty, {grouped} , thank you"), Rule.REFERENCE)


def _by_nothing_but_the_account(payer: Payer, on: date) -> Booking:
    return Booking(replace(_paid(payer, on), remittance="loyalty points"), Rule.IBAN)


_MANNERS: Sequence[Callable[[Payer, date], Booking]] = (
    _in_words,
    _by_end_to_end_id,
    _by_nothing_but_the_account,
    _by_reference,
)
