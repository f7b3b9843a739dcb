"""Every leg of a settlement as a table (RFC 4180), for rails and currencies that pain.001 does not serve."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

from settlement.house.bank_account import BankAccount
from settlement.money import format_minor
from settlement.spreadsheets import safe_text

COLUMNS = (
    "settlement",
    "participant",
    "direction",
    "amount",
    "currency",
    "end_to_end_id",
    "reference",
    "legal_name",
    "iban",
    "bic",
    "lei",
    "country",
)


@dataclass(frozen=True, slots=True)
class LegRow:
    """One leg, in minor units: positive is paid to the operator, negative by it. `account`: None if it has none."""

    settlement: int
    participant: str
    amount_minor: int
    end_to_end_id: str
    reference: str
    account: BankAccount | None


def write_payments_csv(rows: Iterable[LegRow], *, currency: str, minor_digits: int) -> bytes:
    """The table, in the order of the rows. Text that a spreadsheet would take for a formula is led by an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        direction = "pays" if row.amount_minor > 0 else "is paid"
        amount = format_minor(abs(row.amount_minor), minor_digits=minor_digits)
        account = row.account or _NONE
        named = (
            row.settlement,
            row.participant,
            direction,
            amount,
            currency,
            row.end_to_end_id,
            row.reference,
        )
        writer.writerow(
            (
                *named,
                *map(safe_text, (account.legal_name, account.iban, account.bic, account.lei)),
                account.country,
            )
        )
    return out.getvalue().encode("ascii")


_NONE = BankAccount("", "", "")
