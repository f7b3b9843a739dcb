"""The payment files of one settlement: pure, and so the same bytes whoever makes them.

Ids derive from the network, the settlement and the participant, times from the entry that instructs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from settlement.banking.identifiers import creditor_reference, end_to_end_id, message_id
from settlement.banking.pain001 import AMOUNT_MAX_MINOR, SCHEMA, CreditTransfer, PaymentOrder, write_pain001
from settlement.banking.payments_csv import LegRow, write_payments_csv
from settlement.clock import SECOND_US
from settlement.house.bank_account import BankAccount
from settlement.house.records import Network

SEPA_CURRENCY = ("EUR", 2)
CSV = "csv"


@dataclass(frozen=True, slots=True)
class Payments:
    """What a bank is told of one settlement: legs that it is to see, in minor units, positive pays; accounts in force."""

    network: Network
    settlement: int
    legs: Mapping[str, int]
    accounts: Mapping[str, BankAccount]
    at_us: int

    def lacking_account(self) -> str | None:
        """The first participant whose account must be known: the operator, then who is paid; None: nobody."""
        paid = [name for name, amount in self.legs.items() if amount < 0]
        return next((name for name in (self.network.operator, *paid) if name not in self.accounts), None)

    def files(self) -> tuple["PaymentFile", ...]:
        """A table of all legs; for euros, where anyone is to be paid by SEPA, a payment order too."""
        network, order = self.network, self.order()
        table = write_payments_csv(self.rows(), currency=network.currency, minor_digits=network.minor_digits)
        files = [] if order is None else [PaymentFile(SCHEMA, write_pain001(order))]
        return (*files, PaymentFile(CSV, table))

    def order(self) -> PaymentOrder | None:
        """What the operator's bank is told to pay by SEPA; None: nothing."""
        due = [row for row in self.rows() if -AMOUNT_MAX_MINOR <= row.amount_minor < 0]
        if not due or (self.network.currency, self.network.minor_digits) != SEPA_CURRENCY:
            return None
        return PaymentOrder(
            message_id(self.network.origin, self.settlement),
            self.at_us - self.at_us % SECOND_US,
            datetime.fromtimestamp(self.at_us // SECOND_US, UTC).date(),
            self.accounts[self.network.operator],
            tuple(
                CreditTransfer(
                    row.end_to_end_id,
                    -row.amount_minor,
                    self.accounts[row.participant],
                    f"{row.reference} settlement {row.settlement}",
                )
                for row in due
            ),
        )

    def rows(self) -> tuple[LegRow, ...]:
        """Every leg, in order of participant; who pays need not have named an account."""
        origin, number = self.network.origin, self.settlement
        return tuple(
            LegRow(
                number,
                name,
                amount,
                end_to_end_id(origin, number, name),
                creditor_reference(origin, number, name),
                self.accounts.get(name),
            )
            for name, amount in self.legs.items()
        )


@dataclass(frozen=True, slots=True)
class PaymentFile:
    """One file for a bank. `kind`: `pain.001.001.09` or `csv`."""

    kind: str
    content: bytes

    @property
    def sha256(self) -> str:
        """By what the journal names it."""
        return sha256(self.content).hexdigest()
