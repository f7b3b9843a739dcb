"""The founding of a simulated network: the shards' rows and house entry 0."""

from collections.abc import Sequence

from coalition.simulation.postgres.tables import EntryRow, ShardRow, Tables
from settlement.house.records import Key, Network
from settlement.house.tariff import Tariff
from settlement.journal.leaf import HOUSE, Entry, format_leaf
from settlement.ledger.founding import founding_lines
from settlement.transparency.merkle import leaf_hash


def found(tables: Tables, network: Network, *, tariff: Tariff, keys: Sequence[Key], time_us: int) -> None:
    """Writes what `coalition db init` writes."""
    entry = Entry(HOUSE, 0, 0, time_us, "found", founding_lines(network, tariff, keys))
    leaf = format_leaf(entry)
    row = EntryRow(0, 0, time_us, "found", None, None, None, None, leaf.decode(), leaf_hash(leaf))
    for shard in range(network.shards + 1):
        tables.shards[shard] = ShardRow(size=1 if shard == HOUSE else 0, recorded_at_us=time_us)
        tables.entries[shard] = [row] if shard == HOUSE else []
