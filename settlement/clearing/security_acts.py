"""What is asked of the house about securities, caps and defaults. Money in minor units, always positive."""

from dataclasses import dataclass

from settlement.house.security import Waterfall


@dataclass(frozen=True, slots=True)
class Deposit:
    """Money came in for a security."""

    participant: str
    security: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class ProposeWithdrawal:
    """Pay money of a security back; the hash names the exact bytes that two people sign."""

    participant: str
    security: str
    currency: str
    amount_minor: int
    proposal_sha256: str


@dataclass(frozen=True, slots=True)
class ApproveWithdrawal:
    """Another person's yes to a withdrawal; the money goes out."""

    proposal_sha256: str


@dataclass(frozen=True, slots=True)
class SetCap:
    """The most that a participant is to pay for one cycle; None: as much as it comes to."""

    participant: str
    cap_minor: int | None


@dataclass(frozen=True, slots=True)
class ProposeDefault:
    """A participant did not pay its leg in time, and these bear it; the hash names the exact bytes that two people sign."""

    settlement: int
    participant: str
    currency: str
    fall: Waterfall
    proposal_sha256: str


@dataclass(frozen=True, slots=True)
class ApproveDefault:
    """Another person's yes to a default; the waterfall is poured."""

    proposal_sha256: str
