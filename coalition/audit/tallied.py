"""What the leaves leave of lots, holds, arrears and sums."""

from dataclasses import dataclass
from typing import TypeAlias

from settlement.ledger import chart

LotName: TypeAlias = tuple[int, int, int]
"""Shard, entry number, and the place among the entry's lots."""


@dataclass(slots=True)
class TalliedLot:
    """Points issued together, as the leaves' `lot` lines leave them."""

    member: str
    funder: str
    asset: str
    quantity: int
    remaining: int
    expires_at_us: int
    tariff: int
    idle_months: int | None = None
    pending_until_us: int | None = None

    @property
    def account(self) -> str:
        """The account of its member in which its points stand."""
        return chart.wallet(self.member) if self.pending_until_us is None else chart.pending(self.member)


@dataclass(slots=True)
class TalliedHold:
    """Points set aside, as the leaves leave them. `closed_by`: the entry that ended the hold."""

    member: str
    partner: str
    amount: int
    tariff: int
    until_us: int
    closed_by: int | None = None


@dataclass(slots=True)
class TalliedArrear:
    """Points that a member owes a partner, as the leaves' `arrear` lines leave them."""

    member: str
    partner: str
    asset: str
    quantity: int
    remaining: int
    tariff: int


@dataclass(slots=True)
class TalliedTransit:
    """Points on their way to another shard, as the leaves leave them: the lots that they are to be there."""

    to_shard: int
    recipient: str
    lots: list[TalliedLot]
    arrived_by: int | None = None


@dataclass(slots=True)
class Sums:
    """Two totals of the same unit: debits and credits, or an amount and a count of postings."""

    first: int = 0
    second: int = 0
