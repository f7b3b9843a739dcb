"""Writing a batch's entries: arrays, a fixed number of statements, the act ids first so that a collision stops everything."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from settlement.house.state import House
from settlement.journal.acts import Draft, Outcome
from settlement.journal.leaf import HOUSE, Entry, format_leaf
from settlement.ledger.chart import parties
from settlement.transparency.merkle import leaf_hash

if TYPE_CHECKING:
    from settlement.ledger.batch import ShardHead

Key = TypeVar("Key", bound=tuple[object, ...])


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement with its arrays."""

    sql: str
    arrays: tuple[object, ...]


ACTS = """INSERT INTO acts SELECT partner, act_id, payload_sha256, %b, index FROM
    unnest(%b::text[], %b::uuid[], %b::bytea[], %b::bigint[]) AS new (partner, act_id, payload_sha256, index)
    ORDER BY act_id, partner"""
ENTRIES = """INSERT INTO entries SELECT %b, * FROM unnest(%b::bigint[], %b::bigint[], %b::bigint[], %b::text[], %b::text[],
    %b::uuid[], %b::text[], %b::bigint[], %b::text[], %b::bytea[])"""
PAYLOADS = "INSERT INTO payloads SELECT %b, * FROM unnest(%b::bigint[], %b::bytea[])"
TRANSFERS = """INSERT INTO transfers SELECT %b, * FROM
    unnest(%b::bigint[], %b::smallint[], %b::text[], %b::text[], %b::text[], %b::bigint[])"""
CONCERNS = "INSERT INTO concerns SELECT partner, %b, index FROM unnest(%b::bigint[], %b::text[]) AS new (index, partner)"
BALANCES = """INSERT INTO balances AS b SELECT %b, * FROM unnest(%b::text[], %b::text[], %b::numeric[], %b::numeric[])
    ON CONFLICT (shard, account, asset)
    DO UPDATE SET debits = b.debits + excluded.debits, credits = b.credits + excluded.credits"""
OBLIGATIONS = """INSERT INTO obligations AS o SELECT %b, * FROM
    unnest(%b::integer[], %b::text[], %b::text[], %b::numeric[], %b::bigint[]) ON CONFLICT (shard, cycle, debtor, creditor)
    DO UPDATE SET amount = o.amount + excluded.amount, count = o.count + excluded.count"""
HEAD = """UPDATE shards SET size = %s, house = %s, cycle = %s, cycle_start = %s, recorded_at_us = %s WHERE shard = %s"""


async def write_and_commit(
    connection: AsyncConnection[TupleRow],
    head: "ShardHead",
    house: House,
    drafts: Sequence[Draft],
    changes: Sequence[Statement],
) -> list[Outcome | None]:
    """Numbers the drafts, writes all rows, moves the shard's row on and commits; the outcome of each draft that is an act."""
    entries = _number(head, house.size, drafts)
    leaves = [format_leaf(entry) for entry in entries]
    hashes = [leaf_hash(leaf) for leaf in leaves]
    statements = [
        *_act_rows(head.shard, entries, drafts),
        _entry_rows(head.shard, entries, drafts, leaves, hashes),
        *_transfer_rows(head, house.operator, entries, drafts),
        *_concern_rows(head.shard, entries, drafts),
        *changes,
    ]
    moved = (
        head.size + len(drafts),
        entries[-1].house,
        head.cycle,
        head.cycle_start,
        entries[-1].time_us,
        head.shard,
    )
    async with connection.pipeline():
        for statement in statements:
            await connection.execute(statement.sql, statement.arrays)
        await connection.execute(HEAD, moved)
        await connection.execute("COMMIT")
    return [
        _outcome(entry, draft, digest) for entry, draft, digest in zip(entries, drafts, hashes, strict=True)
    ]


def _number(head: "ShardHead", house_size: int, drafts: Sequence[Draft]) -> list[Entry]:
    """Gives each draft its number, time and house size; a house entry stands under all house entries before it."""
    entries = []
    for place, draft in enumerate(drafts):
        index = head.size + place
        house = index if head.shard == HOUSE else house_size
        entries.append(Entry(head.shard, index, house, head.now_us + place, draft.kind, draft.lines))
    return entries


def _outcome(entry: Entry, draft: Draft, digest: bytes) -> Outcome | None:
    act = draft.act
    if act is None:
        return None
    return Outcome(
        act.act_id,
        act.payload_sha256,
        entry.shard,
        entry.index,
        digest,
        entry.time_us,
        draft.refusal,
        draft.member,
        draft.balance_after,
        draft.asset,
    )


def _act_rows(shard: int, entries: Sequence[Entry], drafts: Sequence[Draft]) -> list[Statement]:
    acts = [
        (draft.act, entry.index)
        for draft, entry in zip(drafts, entries, strict=True)
        if draft.act is not None
    ]
    if not acts:
        return []
    indexes = [index for _, index in acts]
    names = (
        [act.partner for act, _ in acts],
        [act.act_id for act, _ in acts],
        [act.payload_sha256 for act, _ in acts],
    )
    return [
        Statement(ACTS, (shard, *names, indexes)),
        Statement(PAYLOADS, (shard, indexes, [act.payload for act, _ in acts])),
    ]


def _entry_rows(
    shard: int,
    entries: Sequence[Entry],
    drafts: Sequence[Draft],
    leaves: Sequence[bytes],
    hashes: Sequence[bytes],
) -> Statement:
    arrays = (
        [entry.index for entry in entries],
        [entry.house for entry in entries],
        [entry.time_us for entry in entries],
        [entry.kind for entry in entries],
        [draft.act and draft.act.partner for draft in drafts],
        [draft.member for draft in drafts],
        [draft.refusal for draft in drafts],
        [draft.balance_after for draft in drafts],
        [leaf.decode("ascii") for leaf in leaves],
        hashes,
    )
    return Statement(ENTRIES, (shard, *arrays))


def _transfer_rows(
    head: "ShardHead", operator: str, entries: Sequence[Entry], drafts: Sequence[Draft]
) -> list[Statement]:
    rows: list[tuple[int, int, str, str, str, int]] = []
    turnover: dict[tuple[str, str], list[int]] = {}
    owed: dict[tuple[int, str, str], list[int]] = {}
    for entry, draft in zip(entries, drafts, strict=True):
        cycle = head.cycle if draft.cycle is None else draft.cycle
        for place, post in enumerate(draft.transfers):
            rows.append((entry.index, place, post.debit, post.credit, post.asset, post.amount))
            turnover.setdefault((post.debit, post.asset), [0, 0])[0] += post.amount
            turnover.setdefault((post.credit, post.asset), [0, 0])[1] += post.amount
            pair = parties(post.debit, post.credit, operator=operator)
            if pair is not None:
                sums = owed.setdefault((cycle, *pair), [0, 0])
                sums[0] += post.amount
                sums[1] += 1
    if not rows:
        return []
    statements = [
        Statement(TRANSFERS, (head.shard, *columns(rows))),
        Statement(BALANCES, (head.shard, *_totals(turnover))),
    ]
    if owed:
        statements.append(Statement(OBLIGATIONS, (head.shard, *_totals(owed))))
    return statements


def _concern_rows(shard: int, entries: Sequence[Entry], drafts: Sequence[Draft]) -> list[Statement]:
    rows = [
        (entry.index, partner)
        for entry, draft in zip(entries, drafts, strict=True)
        for partner in draft.concerns
    ]
    return [Statement(CONCERNS, (shard, *columns(rows)))] if rows else []


def _totals(sums: Mapping[Key, list[int]]) -> tuple[list[object], ...]:
    """What each key is made of, and its two sums, as arrays."""
    return columns((*names, *both) for names, both in sums.items())


def columns(rows: Iterable[tuple[object, ...]]) -> tuple[list[object], ...]:
    """Rows of equal length, at least one, as one array per column."""
    return tuple(map(list, zip(*rows, strict=True)))
