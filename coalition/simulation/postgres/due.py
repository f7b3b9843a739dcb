"""What the engine's statements answer that look for what is due: holds, and lots whose time has come or is about to."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from coalition.simulation.postgres.reads import hold_with_leaf, in_turn
from coalition.simulation.postgres.tables import (
    HoldRow,
    LotRow,
    MemberRow,
    Rows,
    Tables,
    Transaction,
    lot_columns,
)
from coalition.simulation.postgres.transits import is_coming
from settlement.ledger.book import IDLE_US

if TYPE_CHECKING:
    from coalition.simulation.postgres.session import Postgres

Moment: TypeAlias = Callable[[LotRow], int | None]


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
    lots = _timed_lots(tables, shard, now_us)
    dated = sorted((lot for lot in lots if lot.expires_at_us <= now_us), key=lambda lot: lot.expires_at_us)
    found = {lot.member for lot in dated[:most]}
    moments: tuple[Moment, ...] = (lambda lot: lot.pending_until_us, lambda lot: lot.notice_us)
    for moment in moments:
        come = sorted(
            [(moment(lot) or 0, at) for at, lot in enumerate(lots) if _has_come(moment(lot), now_us)]
        )
        found |= {lots[at].member for _, at in come[:most]}
    for months, since_us in zip(sought["months"], sought["since_us"], strict=True):
        idle = [
            (row.active_at_us, member)
            for member, row in _idle_members(tables, shard, months)
            if (row.active_at_us or 0) <= since_us
        ]
        found |= {member for _, member in sorted(idle)[:most]}
    return sorted(found)


def _timed_lots(tables: Tables, shard: int, now_us: int) -> list[LotRow]:
    """The lots that the clock may see to, if it can have come to any of them."""
    if now_us < tables.next_moment_us.get(shard, now_us):
        return []
    lots = [tables.lots[shard, *name] for name in tables.timed_lots.get(shard, ())]
    tables.next_moment_us[shard] = min([lot.first_moment_us for lot in lots], default=IDLE_US)
    return lots


def _idle_members(tables: Tables, shard: int, months: int) -> list[tuple[str, MemberRow]]:
    """Members with points that expire after so many months without an act."""
    return [(member, tables.members[member]) for member in tables.idle_members.get((shard, months), ())]


def due_holds(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """Open holds that have run out, with the leaves of their authorizes."""
    tables, (shard, now_us, most) = server.tables, parameters
    return [(*hold_with_leaf(tables, shard, row), True) for row in _due(tables, shard, now_us)[:most]]


def coming_lots(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """Members' lots that were pending until now: the first of each."""
    return _due_lots(server.tables, parameters, lambda lot: lot.pending_until_us)


def ending_lots(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """Members' lots of whose expiry somebody is to be told: the first of each."""
    return _due_lots(server.tables, parameters, lambda lot: lot.notice_us)


def _due_lots(tables: Tables, parameters: Any, moment: Moment) -> Rows:
    """The first lots of each member whose moment, if they have one, has come."""
    shard, now_us, *asked = parameters
    found: list[tuple[Any, ...]] = []
    for member, asset, most in zip(*asked, strict=True):
        lots = in_turn(tables, shard, member, asset)
        found += [lot_columns(lot) for lot in [lot for lot in lots if _has_come(moment(lot), now_us)][:most]]
    return found


def _has_come(moment_us: int | None, now_us: int) -> bool:
    return moment_us is not None and moment_us <= now_us
