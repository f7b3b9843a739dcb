"""What the client answers about money out and money in: plain values; amounts are in the currency's minor unit."""

from dataclasses import dataclass
from datetime import date, datetime

from settlement.house.bank_account import BankAccount


@dataclass(frozen=True, slots=True)
class ParticipantAccount:
    """Where a participant is paid; and where it wants to be, if a person has still to approve that.

    `proposer`: the person who proposed the operator's account; None: the participant's own key did.
    """

    participant: str
    in_force: BankAccount | None
    proposed: BankAccount | None
    proposed_sha256: bytes
    proposed_at: datetime | None
    proposer: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentFile:
    """A file for a bank. `kind`: `pain.001.001.09` or `csv`."""

    kind: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Instruction:
    """The payment files of a settlement, and the house entry that names them."""

    entry_number: int
    files: tuple[PaymentFile, ...]


@dataclass(frozen=True, slots=True)
class Break:
    """What moved in the bank and pays no leg, in minor units: positive came in. `reason`: "unknown", "amount" or "paid".

    `settlement`, `participant`: the leg that it names, if any; `entry_number`: the house entry that took it in; `owner`: the
    person who looks after it.
    """

    line_sha256: bytes
    amount_minor: int
    booked_on: date
    reason: str
    settlement: int | None
    participant: str | None
    entry_number: int
    owner: str | None
    age_business_days: int
