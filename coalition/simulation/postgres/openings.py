"""What the statements that load opening balances read and write."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from coalition.simulation.postgres import writes
from coalition.simulation.postgres.tables import Rows, Transaction

if TYPE_CHECKING:
    from coalition.simulation.postgres.session import Postgres


def homes_of_aliases(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """Members and their shards by alias."""
    tables = server.tables
    found = [(token, tables.aliases[token]) for token in parameters[0] if token in tables.aliases]
    return [(token, member, tables.members[member].shard) for token, member in found]


def homes_of_members(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """Members and their shards."""
    members = server.tables.members
    return [(member, members[member].shard) for member in parameters[0] if member in members]


def loaded(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """Lots, points and value of each part, over all shards."""
    lots, points, value = Counter[int](), Counter[int](), Counter[int]()
    for (_, sha256, part), (_, *sums) in server.tables.openings.items():
        if sha256 == parameters[0].hex():
            for counter, sum_ in zip((lots, points, value), sums, strict=True):
                counter[part] += sum_
    return [(part, lots[part], points[part], value[part]) for part in lots]


def loaded_here(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """Which of these parts a shard has."""
    shard, sha256, numbers = parameters
    return [(part,) for part in numbers if (shard, sha256.hex(), part) in server.tables.openings]


def new_lots(server: "Postgres", transaction: Transaction, parameters: Any) -> Rows:
    """Makes lots of one funder and asset under one tariff."""
    shard, funder, asset, tariff, *arrays = parameters
    rows = [
        (index, place, member, funder, asset, points, points, expires, tariff, None, None, 0, notice)
        for index, place, notice, member, points, expires in zip(*arrays, strict=True)
    ]
    return writes.lots(server, transaction, (shard, *zip(*rows, strict=True)))


def parts(_server: "Postgres", transaction: Transaction, parameters: Any) -> Rows:
    """Notes which parts are loaded."""
    shard, sha256, *arrays = parameters
    rows = {
        (shard, sha256.hex(), part): (index, lots, points, value)
        for part, index, lots, points, value in zip(*arrays, strict=True)
    }
    transaction.changes.append(lambda tables: tables.openings.update(rows))
    return ()
