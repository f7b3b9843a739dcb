"""What the engine's reading statements answer, and the row lock."""

from typing import TYPE_CHECKING, Any

from coalition.simulation.postgres.tables import (
    HoldRow,
    LotRow,
    Rows,
    Tables,
    Transaction,
    Wait,
    arrear_columns,
    lot_columns,
)
from settlement.journal.leaf import HOUSE

if TYPE_CHECKING:
    from coalition.simulation.postgres.session import Postgres


def lock(server: "Postgres", transaction: Transaction, parameters: Any) -> "Rows | Wait":
    """The shard's row under its lock, and the clock."""
    (shard,) = parameters
    holder = server.shard_locks.get(shard)
    if holder is not None and holder is not transaction:
        return Wait(holder)
    row = server.tables.shards.get(shard)
    if row is None:
        return ()
    server.shard_locks[shard] = transaction
    transaction.shard, transaction.house_at_lock = shard, server.tables.shards[HOUSE].size
    return [(row.size, row.house, row.cycle, row.cycle_start, row.recorded_at_us, server.clock_us())]


def house_size(server: "Postgres", _transaction: Transaction, _parameters: Any) -> Rows:
    """The house's committed size."""
    return [(server.tables.shards[HOUSE].size,)]


def later(server: "Postgres", _transaction: Transaction, _parameters: Any) -> Rows:
    """The clock, the time of the newest entry of all shards, and the house's committed size."""
    newest_us = max(row.recorded_at_us for row in server.tables.shards.values())
    return [(server.clock_us(), newest_us, server.tables.shards[HOUSE].size)]


def clock(server: "Postgres", _transaction: Transaction, _parameters: Any) -> Rows:
    """The clock."""
    return [(server.clock_us(),)]


def newest(server: "Postgres", _transaction: Transaction, _parameters: Any) -> Rows:
    """The time of the newest entry of all shards."""
    return [(max(row.recorded_at_us for row in server.tables.shards.values()),)]


def _outcome(tables: Tables, partner: str, act_id: str) -> tuple[Any, ...]:
    sha, shard, index = tables.acts[partner, act_id]
    entry = tables.entries[shard][index]
    facts = (entry.leaf_hash, entry.recorded_at_us, entry.refusal, entry.member, entry.balance_after)
    return (act_id, sha, shard, index, *facts, "VAL" if "\namount VAL " in entry.leaf else "PTS")


def seen(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """The outcomes of acts that are recorded."""
    tables = server.tables
    return [
        (partner, *_outcome(tables, partner, act_id))
        for act_id in dict.fromkeys(parameters[0])
        for partner in tables.acts_by_id.get(act_id, ())
    ]


def aliases(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """Members by alias."""
    aliases = server.tables.aliases
    return [(token, aliases[token]) for token in parameters[0] if token in aliases]


def originals(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """Leaves of earlier acts, and how many of their points are reversed."""
    tables, (act_ids, shard) = server.tables, parameters
    rows = []
    for act_id in dict.fromkeys(act_ids):
        for partner in tables.acts_by_id.get(act_id, ()):
            _, place, index = tables.acts[partner, act_id]
            if place == shard:
                leaf = tables.entries[shard][index].leaf
                rows.append((partner, act_id, leaf, sum(tables.reversals.get((shard, index), {}).values())))
    return rows


def holds(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """Holds by the acts that made them, with the leaves of these, and whether they are open."""
    tables, (act_ids, shard) = server.tables, parameters
    rows = []
    for act_id in dict.fromkeys(act_ids):
        for partner in tables.acts_by_id.get(act_id, ()):
            _, place, index = tables.acts[partner, act_id]
            if place == shard and (shard, index) in tables.holds:
                hold = tables.holds[shard, index]
                rows.append((act_id, *hold_with_leaf(tables, shard, hold), hold.closed_by is None))
    return rows


def hold_with_leaf(tables: Tables, shard: int, hold: HoldRow) -> tuple[Any, ...]:
    """A hold's row as the statements answer it, with the leaf of its authorize."""
    facts = (hold.index, hold.member, hold.partner, hold.amount, hold.tariff, hold.until_us)
    return (*facts, tables.entries[shard][hold.index].leaf)


def members(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """Which of these members live in the shard, and when they were last active."""
    known, (names, shard) = server.tables.members, parameters
    found = [(member, known[member]) for member in dict.fromkeys(names) if member in known]
    return [(member, row.active_at_us) for member, row in found if row.shard == shard]


def wallets(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """Points and value in wallets."""
    shard, *asked = parameters
    found = ((name, server.tables.balances.get((shard, *name))) for name in zip(*asked, strict=True))
    return [(*name, sums[1] - sums[0]) for name, sums in found if sums is not None]


def in_turn(tables: Tables, shard: int, member: str, asset: str) -> list[LotRow]:
    """A member's lots of an asset with anything left, in the order of spending."""
    lots = [tables.lots[shard, *name] for name in tables.open_lots.get((shard, member), ())]
    return sorted([lot for lot in lots if lot.asset == asset], key=lambda lot: (lot.expires_at_us, lot.name))


def open_lots(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """Members' lots that are not pending and not over: the first of each."""
    shard, now_us, *asked = parameters
    found: list[tuple[Any, ...]] = []
    for member, asset, most, idle in zip(*asked, strict=True):
        lots = [
            lot
            for lot in in_turn(server.tables, shard, member, asset)
            if lot.expires_at_us > now_us
            and lot.pending_until_us is None
            and (lot.idle_months or idle + 1) > idle
        ]
        found += [lot_columns(lot) for lot in lots[:most]]
    return found


def over_lots(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """Members' lots that are over: the first of each by date, and by activity."""
    shard, now_us, *asked = parameters
    found: list[tuple[Any, ...]] = []
    for member, asset, most, idle in zip(*asked, strict=True):
        lots = in_turn(server.tables, shard, member, asset)
        dated = [lot for lot in lots if lot.expires_at_us <= now_us]
        by_activity = [lot for lot in lots if lot.idle_months is not None and lot.idle_months <= idle]
        found += [lot_columns(lot) for lot in (*dated[:most], *by_activity[:most])]
    return found


def named_lots(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """Lots by number."""
    shard, indexes, places = parameters
    lots, names = server.tables.lots, dict.fromkeys(zip(indexes, places, strict=True))
    return [lot_columns(lots[shard, *name]) for name in names if (shard, *name) in lots]


def open_arrears(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """What members still owe, oldest first."""
    tables, (shard, members) = server.tables, parameters
    names = [name for m in dict.fromkeys(members) for name in tables.open_arrears.get((shard, m), ())]
    rows = sorted([tables.arrears[shard, *name] for name in names], key=lambda row: (row.member, row.name))
    return [arrear_columns(row) for row in rows]


def news(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """The house's leaves of a range, heads left out."""
    start, stop = parameters
    return [(entry.leaf,) for entry in server.tables.entries[HOUSE][start:stop] if entry.kind != "heads"]


def open_in_some_shard(server: "Postgres", _transaction: Transaction, _parameters: Any) -> Rows:
    """The first cycle that not every shard has cut."""
    return [
        (min((row.cycle for shard, row in server.tables.shards.items() if shard != HOUSE), default=None),)
    ]


def leaves(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """A shard's leaves of a range."""
    shard, start, stop = parameters
    return [(entry.leaf,) for entry in server.tables.entries[shard][start:stop]]


def sizes(server: "Postgres", _transaction: Transaction, _parameters: Any) -> Rows:
    """Every shard's size."""
    return [(shard, row.size) for shard, row in sorted(server.tables.shards.items())]


def uncut(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """The shards that have not cut the cycles before this one."""
    shards = sorted(server.tables.shards.items())
    return [(shard,) for shard, row in shards if shard != HOUSE and row.cycle < parameters[0]]


def published(server: "Postgres", _transaction: Transaction, _parameters: Any) -> Rows:
    """The size of the newest checkpoint."""
    return [(size,) for size in sorted(server.tables.checkpoints)[-1:]]


def _shard_of(server: "Postgres", member: str | None) -> Rows:
    row = server.tables.members.get(member or "")
    return [] if row is None else [(row.shard,)]


def by_member(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """The shard of a member."""
    return _shard_of(server, parameters[0])


def by_alias(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """The shard of the member with an alias."""
    return _shard_of(server, server.tables.aliases.get(parameters[0]))


def by_act(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """The shard of an act."""
    found = server.tables.acts.get(tuple(parameters))
    return [] if found is None else [(found[1],)]


def receipt(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """The outcome of one act."""
    return [_outcome(server.tables, *parameters)] if tuple(parameters) in server.tables.acts else []
