"""What stands where at the moment Prometheus asks: queues, journal, checkpoint, certificates."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import PoolTimeout

from coalition.gateway.log_reads import published_sizes
from coalition.gateway.means import Means
from coalition.gateway.tls import Tls
from settlement.clock import SECOND_US
from settlement.errors import CoalitionError
from settlement.journal.leaf import HOUSE

LOOK_SECONDS_MAX = 5.0
_SIZES = "SELECT shard, size FROM shards ORDER BY shard"
_RECORDED = """SELECT recorded_at_us, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint - recorded_at_us
    FROM entries WHERE shard = %s AND index = %s"""


def register_gauges(means: Means, tls: Tls | None) -> None:
    """Adds the gauges to the registry of the calls. Called on the server's event loop, where the books are asked later."""
    registry, meters = means.metrics.registry, means.exchange.meters
    for collector in (
        meters.batch_acts,
        meters.batches_lost,
        meters.connections,
        _Memory(means, tls),
        _Books(means, asyncio.get_running_loop()),
    ):
        registry.register(collector)


class _Memory(Collector):
    """What this process knows by itself."""

    def __init__(self, means: Means, tls: Tls | None) -> None:
        self._means = means
        self._tls = tls

    def collect(self) -> Iterator[Metric]:
        waiting = GaugeMetricFamily(
            "coalition_acts_waiting", "Acts that no batch has taken yet.", labels=["shard"]
        )
        for shard, acts in self._means.exchange.waiting().items():
            waiting.add_metric([str(shard)], acts)
        yield waiting
        refreshes = self._means.memory.refreshes
        yield CounterMetricFamily(
            "coalition_house_refreshes", "Looks at the house's newest entries.", refreshes
        )
        if self._tls is not None:
            name = "coalition_certificate_expiry_timestamp_seconds"
            expiry = GaugeMetricFamily(name, "When a certificate ends.", labels=["certificate"])
            for certificate, ends_s in self._tls.credentials.expires_s.items():
                expiry.add_metric([certificate], ends_s)
            yield expiry


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the books said. `entries` by shard; the newest checkpoint's size and time; the age of what is under none."""

    entries: dict[int, int]
    checkpoint_size: int
    checkpoint_s: float
    unpublished_s: float


class _Books(Collector):
    """What the books say, asked once for each scrape; while they do not answer, only that."""

    def __init__(self, means: Means, loop: asyncio.AbstractEventLoop) -> None:
        self._means = means
        self._loop = loop

    def describe(self) -> Iterator[Metric]:
        """Nothing: registering must not ask the books."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        seen = self._ask()
        yield GaugeMetricFamily(
            "coalition_books_up", "Whether the database answered.", 0 if seen is None else 1
        )
        if seen is None:
            return
        entries = CounterMetricFamily("coalition_entries", "Entries in the journal.", labels=["shard"])
        for shard, size in seen.entries.items():
            entries.add_metric([str(shard)], size)
        yield entries
        for name, meaning, value in (
            (
                "coalition_checkpoint_entries",
                "House entries under the newest checkpoint.",
                seen.checkpoint_size,
            ),
            (
                "coalition_checkpoint_timestamp_seconds",
                "When its last entry was recorded.",
                seen.checkpoint_s,
            ),
            (
                "coalition_unpublished_seconds",
                "Age of the oldest entry under no checkpoint.",
                seen.unpublished_s,
            ),
        ):
            yield GaugeMetricFamily(name, meaning, value)

    def _ask(self) -> _Seen | None:
        """Called in the scraper's thread."""
        asked = asyncio.run_coroutine_threadsafe(_look(self._means), self._loop)
        try:
            return asked.result(LOOK_SECONDS_MAX)
        except (psycopg.Error, PoolTimeout, CoalitionError, TimeoutError):
            asked.cancel()
            return None


async def _look(means: Means) -> _Seen:
    async with means.reads.connection() as connection:
        entries: dict[int, int] = dict(await (await connection.execute(_SIZES)).fetchall())
        published = await published_sizes(connection)
        size = published.get(HOUSE, 0)
        ahead_us = means.memory.house.ahead_us
        newest = await _recorded(connection, HOUSE, size - 1, ahead_us)
        open_ones = [
            await _recorded(connection, shard, published.get(shard, 0), ahead_us)
            for shard in entries
            if entries[shard] > published.get(shard, 0)
        ]
    return _Seen(entries, size, newest[0], max([age_s for _, age_s in open_ones], default=0.0))


async def _recorded(
    connection: AsyncConnection[TupleRow], shard: int, index: int, ahead_us: int
) -> tuple[float, float]:
    """When an entry was recorded, and how long ago by the books' own clock, both in seconds; zeros if there is none."""
    row = await (await connection.execute(_RECORDED, (shard, index))).fetchone()
    if row is None:
        return 0.0, 0.0
    return row[0] / SECOND_US, max(0.0, (row[1] + ahead_us) / SECOND_US)
