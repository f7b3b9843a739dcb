"""What the engine's statements answer that look for what is due: holds, and lots whose time has come or is about to."""

from dataclasses import astuple
from typing import TYPE_CHECKING, Any

from coalition.simulation.postgres.reads import hold_with_leaf, in_turn
from coalition.simulation.postgres.tables import HoldRow, Rows, Tables, Transaction
from coalition.simulation.postgres.transits import is_coming

if TYPE_CHECKING:
    from coalition.simulation.postgres.session import Postgres


def _due(tables: Tables, shard: int, now_us: int) -> list[HoldRow]:
    rows = (tables.holds[shard, index] for index in tables.open_holds.get(shard, ()))
    return sorted([row for row in rows if row.until_us <= now_us], key=lambda row: (row.until_us, row.index))


def due_shards(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """The shards in which something is due."""
    tables, now_us = server.tables, parameters["now_us"]
    return [
        (shard,)
        for shard in sorted(tables.shards)
        if is_coming(tables, shard) or _due(tables, shard, now_us) or _due_members(tables, shard, parameters)
    ]


def due_members(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """Members with lots whose time has come: the first few of each kind."""
    return [(member,) for member in _due_members(server.tables, parameters["shard"], parameters)]


def _due_members(tables: Tables, shard: int, sought: Any) -> list[str]:
    now_us, most = sought["now_us"], sought.get("most")
    lots = [tables.lots[shard, *name] for name in tables.timed_lots.get(shard, ())]
    dated = sorted((lot for lot in lots if lot.expires_at_us <= now_us), key=lambda lot: lot.expires_at_us)
    coming = [(lot.pending_until_us, lot) for lot in lots if lot.pending_until_us is not None]
    coming = sorted(((until, lot) for until, lot in coming if until <= now_us), key=lambda each: each[0])
    ending = [(lot.notice_us, lot) for lot in lots if lot.notice_us is not None]
    ending = sorted(((notice, lot) for notice, lot in ending if notice <= now_us), key=lambda each: each[0])
    found = {lot.member for lot in dated[:most]} | {lot.member for _, lot in (*coming[:most], *ending[:most])}
    for months, since_us in zip(sought["months"], sought["since_us"], strict=True):
        idle = [
            (row.active_at_us, member)
            for member, row in tables.members.items()
            if row.shard == shard and row.idle_months == months and (row.active_at_us or 0) <= since_us
        ]
        found |= {member for _, member in sorted(idle)[:most]}
    return sorted(found)


def due_holds(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """Open holds that have run out, with the leaves of their authorizes."""
    tables, (shard, now_us, most) = server.tables, parameters
    return [(*hold_with_leaf(tables, shard, row), True) for row in _due(tables, shard, now_us)[:most]]


def coming_lots(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """Members' lots that were pending until now: the first of each."""
    shard, now_us, *asked = parameters
    found: list[tuple[Any, ...]] = []
    for member, asset, most in zip(*asked, strict=True):
        lots = in_turn(server.tables, shard, member, asset)
        coming = [lot for lot in lots if lot.pending_until_us is not None and lot.pending_until_us <= now_us]
        found += [astuple(lot) for lot in coming[:most]]
    return found


def ending_lots(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """Members' lots of whose expiry somebody is to be told: the first of each."""
    shard, now_us, *asked = parameters
    found: list[tuple[Any, ...]] = []
    for member, asset, most in zip(*asked, strict=True):
        lots = in_turn(server.tables, shard, member, asset)
        ending = [lot for lot in lots if lot.notice_us is not None and lot.notice_us <= now_us]
        found += [astuple(lot) for lot in ending[:most]]
    return found
