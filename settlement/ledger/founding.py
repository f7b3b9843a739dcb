"""Founding a network: the shards' rows and house entry 0, which names the network, its operator and the operator's first keys."""

from collections.abc import Sequence

from psycopg import Connection
from psycopg.rows import TupleRow

from settlement.errors import CoalitionError
from settlement.house.records import Key, Network
from settlement.house.tariff import Tariff, check_terms
from settlement.journal.acts import ENGINE_LINE
from settlement.journal.leaf import HOUSE, Entry, format_leaf, parse_leaf
from settlement.transparency.merkle import leaf_hash

SHARDS_MAX = 64
_NOW = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
_ENTRY = """INSERT INTO entries (shard, index, house, recorded_at_us, kind, leaf, leaf_hash)
    VALUES (0, 0, 0, %s, 'found', %s, %s)"""


def found(connection: Connection[TupleRow], network: Network, *, tariff: Tariff, keys: Sequence[Key]) -> None:
    """Writes entry 0 in one transaction.

    CoalitionError NETWORK_EXISTS if there is one, FIELD_INVALID for odd names or a tariff that does not fit the model.
    """
    check_terms(tariff, model=network.model)
    if not 1 <= network.shards <= SHARDS_MAX:
        raise CoalitionError("FIELD_INVALID", f"shards must be from 1 to {SHARDS_MAX}", field="shards")
    with connection.transaction():
        if connection.execute("SELECT FROM shards").fetchone() is not None:
            raise CoalitionError(
                "NETWORK_EXISTS", "this database holds a network already; it can only be founded once"
            )
        now = connection.execute(_NOW).fetchone()
        entry = Entry(HOUSE, 0, 0, now[0] if now else 0, "found", founding_lines(network, tariff, keys))
        leaf = format_leaf(entry)
        parse_leaf(leaf)
        for shard in range(network.shards + 1):
            size = 1 if shard == HOUSE else 0
            connection.execute(
                "INSERT INTO shards (shard, size, recorded_at_us) VALUES (%s, %s, %s)",
                (shard, size, entry.time_us),
            )
        connection.execute(_ENTRY, (entry.time_us, leaf.decode("ascii"), leaf_hash(leaf)))


def founding_lines(network: Network, tariff: Tariff, keys: Sequence[Key]) -> tuple[tuple[str, str], ...]:
    """The lines of house entry 0."""
    return (
        ("network", network.origin),
        ("currency", f"{network.currency} {network.minor_digits}"),
        ("shards", str(network.shards)),
        ("operator", network.operator),
        ("model", network.model),
        *([("practice", "yes")] if network.practice else []),
        *tariff.lines(),
        *[("key", key.line()) for key in keys],
        ENGINE_LINE,
    )
