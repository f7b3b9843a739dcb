"""What money between participants is for. Pure: from the kind of an entry, who asked for it, and its postings.

What is undone has the purpose of what it undoes, and is owed the other way.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from settlement.journal.leaf import Entry
from settlement.ledger.chart import FEE_INCOME, FUND, VAT, parties, position
from settlement.money import ASSETS, micros_per_minor

PURPOSES = (
    PRICE := "price",
    FEE := "fee",
    REIMBURSEMENT := "reimbursement",
    INTERCHANGE := "interchange",
    TRANSFER_FEE := "transfer_fee",
    TAX := "vat",
    REBATE := "rebate",
    REPAYMENT := "repayment",
    DEFAULT := "default",
    DEFERRED := "deferred",
    ADJUSTMENT := "adjustment",
    CARRIED := "carried",
)
"""In the order of statements. `carried`: fractions of a minor unit that waited in earlier cycles, less those that wait now."""
REPAYS = "repays"
"""Said instead of an entry's kind of the postings by which a member's points repay what it owes: an entry's last."""
_OF_SETTLEMENTS = {
    "default-approve": DEFAULT,
    "approve": DEFERRED,
    "abort": DEFERRED,
    "break-approve": ADJUSTMENT,
}
"""Kinds of the house by which participants come to owe each other."""
MoneySource: TypeAlias = tuple[str, str | None, str, str]
"""An entry's kind or `REPAYS`, the partner that asked for it, debit and credit account."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What one participant owes another for one purpose, and in how many postings."""

    micros: int = 0
    count: int = 0

    def __reduce__(self) -> tuple[type["Charge"], tuple[int, int]]:
        """As `cyclebook.Owed`."""
        return Charge, (self.micros, self.count)


Charges: TypeAlias = Mapping[tuple[str, str], Mapping[str, Charge]]
"""(debtor, creditor) to purpose to charge."""


def money_legs(entry: Entry) -> Iterator[tuple[MoneySource, int]]:
    """An entry's postings of money, in micros."""
    kind, partner = entry.kind, entry.get("partner")
    for transfer in entry.transfers():
        if transfer.credit.startswith("arrears:"):
            kind = REPAYS
        if transfer.asset not in ASSETS:
            yield (kind, partner, transfer.debit, transfer.credit), transfer.amount


def charges_of(
    sums: Iterable[tuple[MoneySource, int, int]], *, operator: str
) -> dict[tuple[str, str], dict[str, Charge]]:
    """What participants owe each other by purpose, from micros and numbers of postings.

    Postings between accounts of one participant are passed over.
    """
    found: dict[tuple[str, str], dict[str, Charge]] = {}
    for (kind, partner, debit, credit), micros, count in sums:
        pair = parties(debit, credit, operator=operator)
        if pair is not None:
            charges, purpose = found.setdefault(pair, {}), _purpose(kind, partner, debit, credit)
            before = charges.get(purpose, Charge())
            charges[purpose] = Charge(before.micros + micros, before.count + count)
    return found


def with_carried(charges: Mapping[str, Charge], amount_minor: int, minor_digits: int) -> dict[str, Charge]:
    """Charges in order, with what makes them the amount that falls into the cycle."""
    found = {purpose: charges[purpose] for purpose in PURPOSES if purpose in charges}
    carried = amount_minor * micros_per_minor(minor_digits) - sum([each.micros for each in found.values()])
    if carried:
        found[CARRIED] = Charge(carried)
    return found


def _purpose(kind: str, partner: str | None, debit: str, credit: str) -> str:
    payee = debit if kind == "reverse" else credit
    if kind == REPAYS:
        return REPAYMENT
    if kind in _OF_SETTLEMENTS:
        return _OF_SETTLEMENTS[kind]
    if payee == FEE_INCOME:
        return TRANSFER_FEE if kind == "transfer" else FEE
    if payee == VAT:
        return TAX
    if payee == FUND:
        return PRICE
    if kind == "expire":
        return REBATE
    return REIMBURSEMENT if partner is not None and payee == position(partner) else INTERCHANGE
