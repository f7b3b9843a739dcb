"""What the engine's statements on members' proofs answer and change."""

from typing import TYPE_CHECKING, Any

from coalition.simulation.postgres.tables import Rows, Tables, Transaction

if TYPE_CHECKING:
    from coalition.simulation.postgres.session import Postgres


def proofs(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """What members can be known by."""
    (shard, members), tables = parameters, server.tables
    known = [(m, name) for m in dict.fromkeys(members) for name in tables.proof_names.get((shard, m), ())]
    found = [(*key, tables.proofs[shard, *key]) for key in known]
    return [row for row in found if row[-1] is not None]


def changed_proofs(_server: "Postgres", transaction: Transaction, parameters: Any) -> Rows:
    """Adds proofs, removes them, and moves anchors on."""
    shard, *arrays = parameters
    rows = {(shard, member, name): public for member, name, public in zip(*arrays, strict=True)}

    def change(tables: Tables) -> None:
        for key in [key for key in rows if key not in tables.proofs]:
            tables.proof_names.setdefault(key[:2], []).append(key[2])
        tables.proofs.update(rows)

    transaction.changes.append(change)
    return ()
