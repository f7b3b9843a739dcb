"""What the engine's statements on members' proofs answer and change."""

from typing import TYPE_CHECKING, Any

from coalition.simulation.postgres.tables import Rows, Transaction

if TYPE_CHECKING:
    from coalition.simulation.postgres.session import Postgres


def proofs(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """What members can be known by."""
    (shard, members), table = parameters, server.tables.proofs
    found = {key: public for key, public in table.items() if key[0] == shard and public is not None}
    return [(member, name, public) for (_, member, name), public in found.items() if member in set(members)]


def changed_proofs(_server: "Postgres", transaction: Transaction, parameters: Any) -> Rows:
    """Adds proofs, removes them, and moves anchors on."""
    shard, *arrays = parameters
    rows = {(shard, member, name): public for member, name, public in zip(*arrays, strict=True)}
    transaction.changes.append(lambda tables: tables.proofs.update(rows))
    return ()
