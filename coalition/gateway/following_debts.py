"""Streams of obligations: whoever follows a partner's learns what it owes and is owed in the open cycle as that grows.

One look at the books serves all streams, and asks no more than sizes if no shard has grown. A stream keeps only which sums its
reader has not been told yet, so a slow reader costs no memory; it is told how they stand when it reads.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from coalition.exchange.exchange import Reads
from coalition.gateway.growing_debts import (
    Debts,
    Heads,
    Pair,
    Sum,
    Sums,
    all_sums,
    heads,
    sums_posted_to,
)
from coalition.gateway.streams import Streams
from settlement.house.records import Network

EVERY_SECONDS = 1.0
"""Between two looks, and between two messages of a stream."""
AT_A_LOOK = 16
"""Partners whose debts are read whole at one look."""
ENTRIES_MAX = 100_000
"""Whoever is further behind than so many reads all anew."""


class Told(NamedTuple):
    """What a stream sends. `whole`: these are all sums of the cycle; `closed`: it is closed, and they are its last."""

    cycle: int
    whole: bool
    sums: list[tuple[Pair, Sum]]
    net_micros: int
    closed: bool


@dataclass(eq=False)
class Stream:
    """What one caller follows. `debts`: None until a look has read them, and again when their cycle is closed.

    `whole`, `changed`: what its reader has to be told of them. `last`: the end of the cycle that its reader knows.
    """

    owner: str
    partner: str
    debts: Debts | None = None
    whole: bool = True
    changed: set[Pair] = field(default_factory=set)
    last: Told | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def waits(self) -> bool:
        """Whether there is something to tell."""
        return self.last is not None or (self.debts is not None and (self.whole or bool(self.changed)))

    def next(self) -> Told | None:
        """What is to be told, or that there is nothing; None while the state is not known."""
        if self.last is not None:
            told, self.last = self.last, None
            return told
        return None if self.debts is None else self._tell(self.debts, closed=False)

    def close(self) -> None:
        """The cycle is closed. A reader that has not taken the end of an earlier one yet is told of that one only."""
        if self.debts is not None and self.last is None:
            self.last = self._tell(self.debts, closed=True)
        self.debts, self.whole, self.changed = None, True, set()
        self.news.set()

    def _tell(self, debts: Debts, *, closed: bool) -> Told:
        pairs: Iterable[Pair] = debts.sums if self.whole else self.changed
        sums = [(pair, debts.sums[pair]) for pair in sorted(pairs)]
        told = Told(debts.cycle, self.whole, sums, debts.net_micros, closed)
        self.whole, self.changed = False, set()
        return told


class DebtFollower:
    """All streams of obligations of a server."""

    def __init__(self) -> None:
        self.streams: Streams[Stream] = Streams()
        self._cycle = 0
        self._sizes: dict[int, int] = {}
        self._debts: dict[str, Debts] = {}

    async def follow(self, owner: str, partner: str) -> AsyncGenerator[Told]:
        """A partner's obligations: all, then those that changed, the cycle's end, all of the next; and signs of life in between.

        Errors: RATE_LIMITED; SHUTTING_DOWN.
        """
        stream = Stream(owner, partner)
        with self.streams.opened(stream):
            self.streams.look_soon()
            while True:
                if not stream.waits:
                    await self.streams.news_of(stream)
                told = stream.next()
                if told is not None:
                    yield told
                    await self.streams.rest(EVERY_SECONDS)

    async def run(self, reads: Reads, network: Network) -> None:
        """Looks for what the streams follow, as long as there are any."""
        await self.streams.run(partial(self._look, reads, network), every_seconds=EVERY_SECONDS)

    async def _look(self, reads: Reads, network: Network) -> bool:
        """One look for all streams; whether there are partners left whose debts nobody has read yet."""
        followed = {stream.partner for stream in self.streams.open}
        self._debts = {partner: debts for partner, debts in self._debts.items() if partner in followed}
        async with reads.connection() as connection:
            now = await heads(connection)
            if self._debts and sum(now.sizes.values()) - sum(self._sizes.values()) > ENTRIES_MAX:
                self._forget()
            if self._debts and now.sizes != self._sizes:
                self._grow(await self._posted(connection, now, network))
                if now.cycle != self._cycle:
                    self._close()
            self._sizes, self._cycle = now
            missing = sorted(followed - self._debts.keys())
            if missing:
                first = missing[:AT_A_LOOK]
                self._begin(await all_sums(connection, self._cycle, first), first)
        self._hand_out()
        return len(missing) > AT_A_LOOK

    async def _posted(self, connection: AsyncConnection[TupleRow], now: Heads, network: Network) -> Sums:
        """What has grown since the last look; of a cycle that is closed now, to its end."""
        ranges = {shard: (self._sizes[shard], size) for shard, size in now.sizes.items()}
        return await sums_posted_to(
            connection, self._cycle, ranges, currency=network.currency, operator=network.operator
        )

    def _begin(self, sums: Sums, partners: Sequence[str]) -> None:
        """All sums of the open cycle, for partners that nobody followed in it before."""
        self._debts |= {partner: Debts(partner, self._cycle) for partner in partners}
        self._take(sums)

    def _grow(self, sums: Sums) -> None:
        changed = self._take(sums)
        for stream in self.streams.open:
            if stream.debts is not None and stream.partner in changed:
                stream.changed |= changed[stream.partner]
                stream.news.set()

    def _take(self, sums: Sums) -> dict[str, set[Pair]]:
        """Takes sums over, each for both of its sides; by partner the pairs whose sums are others now."""
        changed: dict[str, set[Pair]] = {}
        for pair, found in sums.items():
            for partner in pair:
                debts = self._debts.get(partner)
                if debts is not None and debts.take(pair, found):
                    changed.setdefault(partner, set()).add(pair)
        return changed

    def _close(self) -> None:
        for stream in self.streams.open:
            stream.close()
        self._debts = {}

    def _forget(self) -> None:
        """All is read anew, as that costs less than what was posted meanwhile."""
        for stream in self.streams.open:
            stream.debts, stream.whole, stream.changed = None, True, set()
        self._debts = {}

    def _hand_out(self) -> None:
        """Streams that have no debts yet get those of their partner."""
        for stream in self.streams.open:
            if stream.debts is None and stream.partner in self._debts:
                stream.debts = self._debts[stream.partner]
                stream.news.set()
