"""What the leaves leave of lots, holds, arrears and sums."""

from dataclasses import dataclass
from typing import TypeAlias

from settlement.clock import parse_time
from settlement.journal.leaf import Entry
from settlement.ledger.acts import ON_EVENT_US
from settlement.ledger.book import IDLE_US, NEVER_US

LotName: TypeAlias = tuple[int, int, int]
"""Shard, entry number, and the place among the entry's lots."""
Funded: TypeAlias = tuple[str, str]
"""Who funds it, and of which asset it is."""


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


@dataclass(slots=True)
class TalliedHold:
    """Points set aside, as the leaves leave them. `closed_by`: the entry that ended the hold."""

    member: str
    partner: str
    amount: int
    tariff: int
    until_us: int
    asset: str
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


def named_place(original: str) -> tuple[int, int]:
    """Shard and number of the entry that an `original` line names."""
    shard, _, index = original.partition(":")
    return int(shard), int(index)


def read_lot_name(spelled: str) -> LotName:
    """The lot that a `lot` or `arrear` line names."""
    shard, _, within = spelled.partition(":")
    index, _, place = within.partition(".")
    return int(shard), int(index), int(place)


def new_lot(
    entry: Entry, member: str, funder: str, asset: str, quantity: str, expiry: str, tariff: str
) -> TalliedLot:
    """The lot that a `lot new` or `lot grant` line makes."""
    idle_months = int(expiry.removeprefix("activity-")) if expiry.startswith("activity-") else None
    expires_at_us = IDLE_US if idle_months else NEVER_US if expiry == "never" else parse_time(expiry)
    pending = entry.get("pending")
    until_us = None if pending is None else ON_EVENT_US if pending == "event" else parse_time(pending)
    return TalliedLot(
        member,
        funder,
        asset,
        int(quantity),
        int(quantity),
        expires_at_us,
        int(tariff),
        idle_months,
        until_us if until_us is not None and until_us > entry.time_us else None,
    )
