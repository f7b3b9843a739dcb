"""Streams of entries: whoever follows gets each entry that concerns it soon after it is recorded.

One look at the books serves all streams. A stream is looked for again only when it has sent on what was found for it, so a slow
reader costs no memory; it misses nothing, for it goes on where it was.
"""

import asyncio
import base64
import struct
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from coalition.exchange.exchange import Reads
from coalition.gateway.concerning import Span, entries_concerning, shard_sizes
from coalition.gateway.streams import Streams
from coalition.wire.strict import invalid

LOOK_SECONDS = 0.25
AT_A_LOOK = 64
"""Streams that one look serves; the others come first at the next."""
ENTRIES_MAX = 128
"""Entries that are kept for a stream."""


class Followed(NamedTuple):
    """What a stream sends: an entry with its shard, number and leaf, or nothing but that it lives; and where to resume."""

    entry: tuple[int, int, bytes] | None
    token: str


@dataclass(eq=False)
class Stream:
    """What one caller follows. `partner`: None for the operator, who sees all.

    `positions`: up to where the books were looked through, by shard; `sent`: up to where they were sent on.
    """

    owner: str
    partner: str | None
    positions: dict[int, int]
    sent: dict[int, int]
    waiting: deque[tuple[int, int, bytes]] = field(default_factory=deque)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def behind(self, sizes: Mapping[int, int]) -> list[int]:
        """The shards that have grown since they were looked through."""
        return [shard for shard, size in sizes.items() if self.positions[shard] < size]

    def next(self) -> Followed:
        """The next entry; if none waits, how far all was sent."""
        if not self.waiting:
            self.sent = dict(self.positions)
            return Followed(None, write_positions(self.sent))
        shard, index, leaf = self.waiting.popleft()
        self.sent[shard] = index + 1
        return Followed((shard, index, leaf), write_positions(self.sent))


class Follower:
    """All streams of entries of a server."""

    def __init__(self) -> None:
        self.streams: Streams[Stream] = Streams()

    async def follow(
        self, reads: Reads, owner: str, *, sees_all: bool, token: str, only_new: bool
    ) -> AsyncGenerator[Followed]:
        """What concerns the caller from the token on, at first without an entry, then as it comes, and a sign of life in between.

        Errors: FIELD_INVALID for a token that is none; RATE_LIMITED; SHUTTING_DOWN.
        """
        async with reads.connection() as connection:
            sizes = await shard_sizes(connection)
        start = read_positions(token, sizes)
        if only_new:
            start = dict(sizes)
        stream = Stream(owner, None if sees_all else owner, dict(start), dict(start))
        with self.streams.opened(stream):
            yield Followed(None, write_positions(start))
            while True:
                self.streams.check_running()
                if not stream.waiting:
                    self.streams.look_soon()
                    await self.streams.news_of(stream)
                yield stream.next()

    async def run(self, reads: Reads) -> None:
        """Looks for what the streams follow, as long as there are any."""
        await self.streams.run(partial(self._look, reads), every_seconds=LOOK_SECONDS)

    async def _look(self, reads: Reads) -> bool:
        """One look for the streams that have sent all they had; whether there may be more to find at once."""
        async with reads.connection() as connection:
            sizes = await shard_sizes(connection)
            served = [each for each in self.streams.open if not each.waiting and each.behind(sizes)][
                :AT_A_LOOK
            ]
            asked = [(stream, shard) for stream in served for shard in stream.behind(sizes)]
            if not asked:
                return False
            spans = [_span(stream, shard, sizes) for stream, shard in asked]
            rows = await entries_concerning(connection, spans)
        found: list[list[int]] = [[] for _ in asked]
        for place, index, leaf in rows:
            stream, shard = asked[place]
            stream.waiting.append((shard, index, leaf))
            found[place].append(index)
        for (stream, shard), indexes, span in zip(asked, found, spans, strict=True):
            stream.positions[shard] = indexes[-1] + 1 if len(indexes) == span.most else span.stop
        for stream in served:
            self._to_the_end(stream)
        return len(served) == AT_A_LOOK

    def _to_the_end(self, stream: Stream) -> None:
        """Whoever was served comes last at the next look."""
        if stream in self.streams.open:
            self.streams.open.remove(stream)
            self.streams.open.append(stream)
        if stream.waiting:
            stream.news.set()


def _span(stream: Stream, shard: int, sizes: Mapping[int, int]) -> Span:
    """What to look through next for a stream that may be behind in several shards."""
    most = max(1, ENTRIES_MAX // len(stream.behind(sizes)))
    return Span(stream.partner, shard, stream.positions[shard], sizes[shard], most)


def write_positions(positions: Mapping[int, int]) -> str:
    """Where to resume, as a token."""
    numbers = [number for pair in sorted(positions.items()) for number in pair]
    return base64.urlsafe_b64encode(struct.pack(f">{len(numbers)}q", *numbers)).decode()


def read_positions(token: str, sizes: Mapping[int, int]) -> dict[int, int]:
    """The next entry of each shard; without a token the first. FIELD_INVALID for what no stream of these shards has sent."""
    if not token:
        return dict.fromkeys(sizes, 0)
    try:
        data = base64.b64decode(token, altchars=b"-_", validate=True)
        numbers = struct.unpack(f">{len(data) // 8}q", data)
        positions = dict(zip(numbers[::2], numbers[1::2], strict=True))
    except (ValueError, struct.error):
        raise invalid("resume_token", "the resume_token of a message of this stream, unchanged") from None
    if positions.keys() != sizes.keys() or not all(0 <= positions[s] <= sizes[s] for s in sizes):
        raise invalid("resume_token", "the resume_token of a message of this stream, unchanged")
    return positions
