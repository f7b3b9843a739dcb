"""What the lanes count, for Prometheus; registered by whoever shows it."""

from prometheus_client import Counter, Histogram

_SHARD = ("shard",)


class ExchangeMeters:
    """The counters of one exchange's lanes."""

    def __init__(self) -> None:
        self.batch_acts = Histogram(
            "coalition_batch_acts",
            "Acts posted in one database transaction.",
            _SHARD,
            registry=None,
            buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
        )
        self.batches_lost = Counter(
            "coalition_batches_lost",
            "Batches whose commit the database did not confirm; their acts were answered BOOKS_UNAVAILABLE.",
            _SHARD,
            registry=None,
        )
        self.connections = Counter(
            "coalition_lane_connections",
            "Connections that lanes opened to the database; more than one a shard are reconnects.",
            _SHARD,
            registry=None,
        )
