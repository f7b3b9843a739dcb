"""What is committed: one dictionary per table, by primary key."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any

from settlement.ledger.book import IDLE_US


@dataclass(slots=True)
class ShardRow:
    """The row of a shard."""

    size: int = 0
    house: int = 0
    cycle: int = 1
    cycle_start: int = 0
    recorded_at_us: int = 0


@dataclass(frozen=True, slots=True)
class EntryRow:
    """The row of an entry."""

    index: int
    house: int
    recorded_at_us: int
    kind: str
    partner: str | None
    member: str | None
    refusal: str | None
    balance_after: int | None
    leaf: str
    leaf_hash: bytes


@dataclass(slots=True)
class MemberRow:
    """The row of a member."""

    shard: int
    active_at_us: int | None = None
    idle_months: int | None = None
    sent_day: int = 0
    sent_points: int = 0


@dataclass(slots=True)
class LotRow:
    """The row of a lot."""

    index: int
    place: int
    member: str
    funder: str
    asset: str
    quantity: int
    remaining: int
    expires_at_us: int
    tariff: int
    idle_months: int | None
    pending_until_us: int | None
    expired: int
    notice_us: int | None

    @property
    def name(self) -> tuple[int, int]:
        """The lot's number and place."""
        return self.index, self.place

    @property
    def is_timed(self) -> bool:
        """Whether the clock may come to end it, to free it or to have its funder told."""
        return self.remaining > 0 and (self.expires_at_us < IDLE_US or self.pending_until_us is not None)

    @property
    def first_moment_us(self) -> int:
        """The first moment at which the clock comes to that."""
        return min(self.expires_at_us, self.pending_until_us or IDLE_US, self.notice_us or IDLE_US)


@dataclass(slots=True)
class HoldRow:
    """The row of a hold."""

    index: int
    member: str
    partner: str
    amount: int
    tariff: int
    until_us: int
    closed_by: int | None = None


@dataclass(slots=True)
class ArrearRow:
    """The row of an arrear."""

    index: int
    place: int
    member: str
    partner: str
    asset: str
    quantity: int
    remaining: int
    tariff: int

    @property
    def name(self) -> tuple[int, int]:
        """The arrear's number and place."""
        return self.index, self.place


lot_columns = attrgetter(*[column.name for column in fields(LotRow)])
arrear_columns = attrgetter(*[column.name for column in fields(ArrearRow)])
"""Rows as the statements answer them."""


@dataclass(slots=True)
class TransitRow:
    """The row of a transfer to another shard."""

    to_shard: int
    recipient: str
    arrived_by: int | None = None


@dataclass(slots=True)
class Tables:
    """All tables. Indexes: `open_lots` and `open_arrears` of those with points by (shard, member), `timed_lots` of those that the
    clock may see to, and no earlier than `next_moment_us`; `idle_members` by (shard, months), `proof_names` by (shard, member),
    `obligations_in` by cycle, `open_transits` by the shard that they are on their way to, `acts_by_id`, `open_holds`.

    `reversals`: how many points of an entry, (shard, original), each reversing entry undoes.
    """

    shards: dict[int, ShardRow] = field(default_factory=dict)
    entries: dict[int, list[EntryRow]] = field(default_factory=dict)
    payloads: dict[tuple[int, int], bytes] = field(default_factory=dict)
    transfers: dict[tuple[int, int], list[tuple[str, str, str, int]]] = field(default_factory=dict)
    acts: dict[tuple[str, str], tuple[bytes, int, int]] = field(default_factory=dict)
    acts_by_id: dict[str, list[str]] = field(default_factory=dict)
    members: dict[str, MemberRow] = field(default_factory=dict)
    aliases: dict[bytes, str] = field(default_factory=dict)
    idle_members: dict[tuple[int, int | None], set[str]] = field(default_factory=dict)
    proofs: dict[tuple[int, str, str], bytes | None] = field(default_factory=dict)
    proof_names: dict[tuple[int, str], list[str]] = field(default_factory=dict)
    lots: dict[tuple[int, int, int], LotRow] = field(default_factory=dict)
    open_lots: dict[tuple[int, str], set[tuple[int, int]]] = field(default_factory=dict)
    timed_lots: dict[int, set[tuple[int, int]]] = field(default_factory=dict)
    next_moment_us: dict[int, int] = field(default_factory=dict)
    arrears: dict[tuple[int, int, int], ArrearRow] = field(default_factory=dict)
    open_arrears: dict[tuple[int, str], set[tuple[int, int]]] = field(default_factory=dict)
    concerns: set[tuple[str, int, int]] = field(default_factory=set)
    balances: dict[tuple[int, str, str], list[int]] = field(default_factory=dict)
    obligations: dict[tuple[int, int, str, str], list[int]] = field(default_factory=dict)
    accrued: dict[int, dict[tuple[str, str], int]] = field(default_factory=dict)
    """By cycle and pair."""
    obligations_in: dict[int, list[tuple[int, int, str, str]]] = field(default_factory=dict)
    reversals: dict[tuple[int, int], dict[int, int]] = field(default_factory=dict)
    holds: dict[tuple[int, int], HoldRow] = field(default_factory=dict)
    open_holds: dict[int, set[int]] = field(default_factory=dict)
    transits: dict[tuple[int, int], TransitRow] = field(default_factory=dict)
    open_transits: dict[int, set[tuple[int, int]]] = field(default_factory=dict)
    openings: dict[tuple[int, str, int], tuple[int, int, int, int]] = field(default_factory=dict)
    files: dict[bytes, tuple[str, bytes]] = field(default_factory=dict)
    checkpoints: dict[int, str] = field(default_factory=dict)

    def index_lot(self, shard: int, lot: LotRow) -> None:
        """After a change of the lot's row."""
        still_open = self.open_lots.setdefault((shard, lot.member), set())
        (still_open.add if lot.remaining else still_open.discard)(lot.name)
        timed = self.timed_lots.setdefault(shard, set())
        (timed.add if lot.is_timed else timed.discard)(lot.name)
        known_us = self.next_moment_us.get(shard, lot.first_moment_us)
        self.next_moment_us[shard] = min(known_us, lot.first_moment_us)


Key = tuple[object, ...]
Change = Callable[[Tables], None]
Committed = Callable[[int, Sequence[EntryRow], int], None]
"""`committed(shard, entries, house_at_lock)`: a transaction wrote these; the house had that size when it got the shard's lock."""


@dataclass(slots=True)
class Transaction:
    """What an open transaction holds and is going to change."""

    changes: list[Change] = field(default_factory=list)
    keys: set[Key] = field(default_factory=set)
    shard: int | None = None
    house_at_lock: int = 0
    entries: list[EntryRow] = field(default_factory=list)
    waiters: list[asyncio.Future[None]] = field(default_factory=list)

    async def ended_within(self, seconds: float) -> bool:
        """Waits for the end of the transaction, so long at most; true also if the waiter was woken for another reason."""
        waiter = asyncio.get_running_loop().create_future()
        self.waiters.append(waiter)
        done, _ = await asyncio.wait([waiter], timeout=seconds)
        return bool(done)

    def wake(self) -> None:
        """Lets all who wait look again."""
        waiters, self.waiters = self.waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)


@dataclass(frozen=True, slots=True)
class Wait:
    """What a statement answers when another transaction holds what it needs."""

    holder: Transaction


Rows = Sequence[tuple[Any, ...]]
