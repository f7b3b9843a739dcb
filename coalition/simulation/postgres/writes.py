"""What the engine's writing statements will change at the commit, and the unique keys they take before it."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from psycopg import errors

from coalition.simulation.postgres.tables import (
    ArrearRow,
    EntryRow,
    HoldRow,
    Key,
    LotRow,
    MemberRow,
    Rows,
    Tables,
    Transaction,
    Wait,
)

if TYPE_CHECKING:
    from coalition.simulation.postgres.session import Postgres


def _claim(
    server: "Postgres", transaction: Transaction, keys: Sequence[Key], taken: Callable[[Key], bool]
) -> Wait | None:
    """Takes unique keys in order. Waits for a transaction that took one and may yet give it up; UniqueViolation otherwise."""
    for key in keys:
        holder = server.keys.get(key)
        if holder is transaction:
            continue
        if holder is not None:
            return Wait(holder)
        if taken(key):
            raise errors.UniqueViolation(f"duplicate key {key}")
        server.keys[key] = transaction
        transaction.keys.add(key)
    return None


def new_acts(server: "Postgres", transaction: Transaction, parameters: Any) -> "Rows | Wait":
    """Takes act ids in order, then records whose they are."""
    shard, *arrays = parameters
    rows = sorted(zip(*arrays, strict=True), key=lambda row: (row[1], row[0]))
    keys: list[Key] = [("act", act_id, partner) for partner, act_id, _, _ in rows]
    acts = server.tables.acts
    if (wait := _claim(server, transaction, keys, lambda key: (key[2], key[1]) in acts)) is not None:
        return wait

    def change(tables: Tables) -> None:
        for partner, act_id, sha, index in rows:
            tables.acts[partner, act_id] = (bytes(sha), shard, index)
            tables.acts_by_id.setdefault(act_id, []).append(partner)

    transaction.changes.append(change)
    return ()


def new_entries(server: "Postgres", transaction: Transaction, parameters: Any) -> "Rows | Wait":
    """Appends entries."""
    shard, *arrays = parameters
    rows = [EntryRow(*row) for row in zip(*arrays, strict=True)]
    size = len(server.tables.entries[shard])
    keys: list[Key] = [("entry", shard, row.index) for row in rows]
    if (wait := _claim(server, transaction, keys, lambda key: key[2] < size)) is not None:  # type: ignore[operator]
        return wait
    transaction.entries += rows
    transaction.changes.append(lambda tables: tables.entries[shard].extend(rows))
    return ()


def new_payloads(_server: "Postgres", transaction: Transaction, parameters: Any) -> Rows:
    """Keeps what was signed."""
    shard, indexes, payloads = parameters
    rows = {(shard, index): payload for index, payload in zip(indexes, payloads, strict=True)}
    transaction.changes.append(lambda tables: tables.payloads.update(rows))
    return ()


def new_transfers(_server: "Postgres", transaction: Transaction, parameters: Any) -> Rows:
    """Records postings."""
    shard, *arrays = parameters
    rows = list(zip(*arrays, strict=True))
    if any(row[-1] <= 0 for row in rows):
        raise errors.CheckViolation("a transfer is not positive")

    def change(tables: Tables) -> None:
        for index, _, *facts in rows:
            tables.transfers.setdefault((shard, index), []).append(tuple(facts))

    transaction.changes.append(change)
    return ()


def new_concerns(_server: "Postgres", transaction: Transaction, parameters: Any) -> Rows:
    """Notes whom entries of the engine concern."""
    shard, *arrays = parameters
    rows = {(partner, shard, index) for index, partner in zip(*arrays, strict=True)}
    transaction.changes.append(lambda tables: tables.concerns.update(rows))
    return ()


def _add(sums: dict[Any, list[int]], rows: Iterable[tuple[Any, int, int]]) -> None:
    for key, first, second in rows:
        known = sums.setdefault(key, [0, 0])
        known[0] += first
        known[1] += second


def new_balances(_server: "Postgres", transaction: Transaction, parameters: Any) -> Rows:
    """Adds to the accounts' sums."""
    shard, *arrays = parameters
    rows = [
        ((shard, account, asset), debited, credited)
        for account, asset, debited, credited in zip(*arrays, strict=True)
    ]
    transaction.changes.append(lambda tables: _add(tables.balances, rows))
    return ()


def new_obligations(_server: "Postgres", transaction: Transaction, parameters: Any) -> Rows:
    """Adds to what is owed in a cycle."""
    shard, *arrays = parameters
    rows = [((shard, *key), amount, count) for *key, amount, count in zip(*arrays, strict=True)]
    if any(amount <= 0 or count <= 0 or key[2] == key[3] for key, amount, count in rows):
        raise errors.CheckViolation("an obligation is not positive, or owed to oneself")

    def change(tables: Tables) -> None:
        for key, _, _ in rows:
            if key not in tables.obligations:
                tables.obligations_in.setdefault(key[1], []).append(key)
        _add(tables.obligations, rows)

    transaction.changes.append(change)
    return ()


def head(_server: "Postgres", transaction: Transaction, parameters: Any) -> Rows:
    """Moves the shard's row on."""
    size, house, cycle, cycle_start, recorded_at_us, shard = parameters

    def change(tables: Tables) -> None:
        row = tables.shards[shard]
        row.size, row.house, row.cycle = size, house, cycle
        row.cycle_start, row.recorded_at_us = cycle_start, recorded_at_us

    transaction.changes.append(change)
    return ()


def lots(server: "Postgres", transaction: Transaction, parameters: Any) -> Rows:
    """Makes lots, or sets what remains of them."""
    shard, *arrays = parameters
    rows = [LotRow(*row) for row in zip(*arrays, strict=True)]
    for row in rows:
        known = server.tables.lots.get((shard, *row.name), row)
        if not 0 <= row.remaining <= known.quantity:
            raise errors.CheckViolation(f"lot {shard}:{row.index}.{row.place} comes to {row.remaining}")

    def change(tables: Tables) -> None:
        for row in rows:
            lot = tables.lots.setdefault((shard, *row.name), row)
            lot.remaining, lot.pending_until_us = row.remaining, row.pending_until_us
            lot.expired, lot.notice_us = row.expired, row.notice_us
            tables.index_lot(shard, lot)

    transaction.changes.append(change)
    return ()


def arrears(server: "Postgres", transaction: Transaction, parameters: Any) -> Rows:
    """Makes arrears, or sets what remains of them."""
    shard, *arrays = parameters
    rows = [ArrearRow(*row) for row in zip(*arrays, strict=True)]
    for row in rows:
        known = server.tables.arrears.get((shard, *row.name), row)
        if not 0 <= row.remaining <= known.quantity:
            raise errors.CheckViolation(f"arrear {shard}:{row.index}.{row.place} comes to {row.remaining}")

    def change(tables: Tables) -> None:
        for row in rows:
            arrear = tables.arrears.setdefault((shard, *row.name), row)
            arrear.remaining = row.remaining
            still_open = tables.open_arrears.setdefault((shard, arrear.member), set())
            (still_open.add if arrear.remaining else still_open.discard)(arrear.name)

    transaction.changes.append(change)
    return ()


def new_members(server: "Postgres", transaction: Transaction, parameters: Any) -> "Rows | Wait":
    """Makes members."""
    names, shard = parameters
    known = server.tables.members
    if (
        wait := _claim(server, transaction, [("member", m) for m in names], lambda k: k[1] in known)
    ) is not None:
        return wait
    rows = {member: MemberRow(shard) for member in names}
    transaction.changes.append(lambda tables: tables.members.update(rows))
    return ()


def activity(_server: "Postgres", transaction: Transaction, parameters: Any) -> Rows:
    """Notes when members last did something, and how soon their lots by activity expire."""
    rows = list(zip(*parameters, strict=True))

    def change(tables: Tables) -> None:
        for member, active_at_us in rows:
            row = tables.members[member]
            lots = [tables.lots[row.shard, *name] for name in tables.open_lots.get((row.shard, member), ())]
            row.active_at_us = active_at_us
            tables.idle_members.setdefault((row.shard, row.idle_months), set()).discard(member)
            row.idle_months = min(
                [lot.idle_months for lot in lots if lot.idle_months is not None], default=None
            )
            tables.idle_members.setdefault((row.shard, row.idle_months), set()).add(member)

    transaction.changes.append(change)
    return ()


def new_aliases(server: "Postgres", transaction: Transaction, parameters: Any) -> "Rows | Wait":
    """Takes aliases in order, then links them."""
    rows = sorted(zip(*parameters, strict=True))
    known = server.tables.aliases
    if (
        wait := _claim(server, transaction, [("alias", t) for t, _ in rows], lambda k: k[1] in known)
    ) is not None:
        return wait
    transaction.changes.append(lambda tables: tables.aliases.update(rows))
    return ()


def reversals(server: "Postgres", transaction: Transaction, parameters: Any) -> "Rows | Wait":
    """Notes how much of which original an entry reverses."""
    shard, *arrays = parameters
    new = list(zip(*arrays, strict=True))
    known = server.tables.reversals
    keys: list[Key] = [("reversal", shard, original, index) for original, index, _ in new]
    taken = {key for key, row in zip(keys, new, strict=True) if row[1] in known.get((shard, row[0]), {})}
    if (wait := _claim(server, transaction, keys, taken.__contains__)) is not None:
        return wait

    def change(tables: Tables) -> None:
        for original, index, amount in new:
            tables.reversals.setdefault((shard, original), {})[index] = amount

    transaction.changes.append(change)
    return ()


def new_holds(server: "Postgres", transaction: Transaction, parameters: Any) -> Rows:
    """Opens holds."""
    shard, *arrays = parameters
    rows = [HoldRow(*row) for row in zip(*arrays, strict=True)]

    def change(tables: Tables) -> None:
        tables.holds.update({(shard, row.index): row for row in rows})
        tables.open_holds.setdefault(shard, set()).update(row.index for row in rows)

    transaction.changes.append(change)
    return ()


def closed_holds(server: "Postgres", transaction: Transaction, parameters: Any) -> Rows:
    """Closes holds, each once."""
    indexes, entries, shard = parameters
    for index in indexes:
        known = server.tables.holds.get((shard, index))
        if known is not None and known.closed_by is not None:
            raise errors.RaiseException(f"hold {shard}:{index} is closed by entry {known.closed_by} already")

    def change(tables: Tables) -> None:
        for index, closed_by in zip(indexes, entries, strict=True):
            tables.holds[shard, index].closed_by = closed_by
            tables.open_holds[shard].discard(index)

    transaction.changes.append(change)
    return ()


def publish(_server: "Postgres", transaction: Transaction, parameters: Any) -> Rows:
    """Keeps a checkpoint, if there is none of this size."""
    size, note = parameters

    def change(tables: Tables) -> None:
        tables.checkpoints.setdefault(size, note)

    transaction.changes.append(change)
    return ()


def new_files(_server: "Postgres", transaction: Transaction, parameters: Any) -> Rows:
    """Keeps files by their hash; one that is there already stays."""
    rows = {digest: (kind, content) for digest, kind, content in zip(*parameters, strict=True)}
    transaction.changes.append(lambda tables: tables.files.update(rows))
    return ()
