"""What the door needs to answer calls, gathered once at the start."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from coalition.exchange.exchange import Exchange, Reads
from coalition.gateway.door_log import DoorLog
from coalition.gateway.following import Follower
from coalition.gateway.following_debts import DebtFollower
from coalition.gateway.limits import Limits
from coalition.gateway.metrics import CallMetrics
from settlement.errors import CoalitionError
from settlement.house.state import House
from settlement.ledger.memory import HouseMemory
from settlement.signing import Signer


@dataclass(frozen=True, slots=True)
class Means:
    """The exchange for acts, a pool for reads, the house's state, the receipt key, the log's folder, a DSN for blocking reads.

    `client_certificates`: every connection has shown one, and it must name the partner that calls.
    """

    exchange: Exchange
    reads: Reads
    memory: HouseMemory
    receipt_signer: Signer
    log: Path
    dsn: str
    limits: Limits = field(default_factory=Limits)
    door_log: DoorLog = field(default_factory=DoorLog)
    metrics: CallMetrics = field(default_factory=CallMetrics)
    follower: Follower = field(default_factory=Follower)
    debt_follower: DebtFollower = field(default_factory=DebtFollower)
    client_certificates: bool = False
    looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    def check_key(self, keyid: str) -> None:
        """CoalitionError KEY_REVOKED unless the key that opened a stream still lives."""
        if self.memory.house.live_key(keyid) is None:
            message = "the key was revoked meanwhile; sign with a live key"
            raise CoalitionError("KEY_REVOKED", message, field="signatures.keyid")

    async def house_from_now_on(self) -> House:
        """The house as it is now or later. Callers who ask at once share one look at the books, so strangers cost little."""
        asked_at_ns = time.monotonic_ns()
        async with self.looking:
            if not self.memory.is_younger_than(asked_at_ns):
                async with self.reading():
                    pass
        return self.memory.house

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[tuple[AsyncConnection[TupleRow], House]]:
        """A connection for reading, and the house as it is now."""
        async with self.reads.connection() as connection:
            yield connection, await self.memory.refresh(connection)
