"""What the engine's statements on transfers between members answer and change."""

from typing import TYPE_CHECKING, Any

from psycopg import errors

from coalition.simulation.postgres.tables import Rows, Tables, Transaction, TransitRow

if TYPE_CHECKING:
    from coalition.simulation.postgres.session import Postgres


def parties(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """Where members live, and what they sent on their last day with a transfer."""
    known = server.tables.members
    found = [(member, known[member]) for member in dict.fromkeys(parameters[0]) if member in known]
    return [(member, row.shard, row.sent_day, row.sent_points) for member, row in found]


def is_coming(tables: Tables, shard: int) -> bool:
    """Whether anything is on its way to the shard."""
    return bool(tables.open_transits.get(shard))


def coming(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """Leaves of the first transfers on their way to a shard."""
    tables, (to_shard, most) = server.tables, parameters
    first = sorted(tables.open_transits.get(to_shard, ()))[:most]
    return [(tables.entries[shard][index].leaf,) for shard, index in first]


def sent(_server: "Postgres", transaction: Transaction, parameters: Any) -> Rows:
    """Notes what members sent."""
    rows = list(zip(*parameters, strict=True))

    def change(tables: Tables) -> None:
        for member, day, points in rows:
            tables.members[member].sent_day, tables.members[member].sent_points = day, points

    transaction.changes.append(change)
    return ()


def new_transits(_server: "Postgres", transaction: Transaction, parameters: Any) -> Rows:
    """Sends points on their way."""
    shard, *arrays = parameters
    rows = {(shard, index): TransitRow(*facts) for index, *facts in zip(*arrays, strict=True)}
    if any(row.to_shard == shard for row in rows.values()):
        raise errors.CheckViolation(f"a transit from shard {shard} to itself")

    def change(tables: Tables) -> None:
        tables.transits.update(rows)
        for key, row in rows.items():
            tables.open_transits.setdefault(row.to_shard, set()).add(key)

    transaction.changes.append(change)
    return ()


def arrived(server: "Postgres", transaction: Transaction, parameters: Any) -> Rows:
    """Lets transfers arrive, each once."""
    rows = list(zip(*parameters, strict=True))
    for shard, index, _ in rows:
        known = server.tables.transits.get((shard, index))
        if known is not None and known.arrived_by is not None:
            sentence = f"transfer {shard}:{index} arrived by entry {known.arrived_by} already"
            raise errors.RaiseException(sentence)

    def change(tables: Tables) -> None:
        for shard, index, arrived_by in rows:
            row = tables.transits[shard, index]
            row.arrived_by = arrived_by
            tables.open_transits[row.to_shard].discard((shard, index))

    transaction.changes.append(change)
    return ()
