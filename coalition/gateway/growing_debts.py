"""What partners owe each other in the open cycle, as far as somebody follows it: read whole once, and then what changed.

The open cycle is the first one that some shard still posts to. Within it sums only grow, and each is read as it stands, so it
does no harm to read one again.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from settlement.ledger.chart import parties

Pair: TypeAlias = tuple[str, str]
"""Debtor and creditor."""
_HEADS = "SELECT shard, size, cycle FROM shards"
_WHOLE = """SELECT debtor, creditor, sum(amount), sum(count) FROM shards s
    JOIN obligations o ON o.shard = s.shard AND o.cycle = %s AND (o.debtor = ANY(%s) OR o.creditor = ANY(%s))
    GROUP BY debtor, creditor"""
_POSTED = """SELECT DISTINCT t.debit, t.credit
    FROM unnest(%s::smallint[], %s::bigint[], %s::bigint[]) AS part (shard, first, after)
    JOIN transfers t ON t.shard = part.shard AND t.index >= part.first AND t.index < part.after WHERE t.asset = %s"""
_SUMS = """SELECT o.debtor, o.creditor, sum(o.amount), sum(o.count)
    FROM unnest(%s::text[], %s::text[]) AS asked (debtor, creditor) CROSS JOIN shards s
    JOIN obligations o ON o.shard = s.shard AND o.cycle = %s AND o.debtor = asked.debtor AND o.creditor = asked.creditor
    GROUP BY o.debtor, o.creditor"""


class Sum(NamedTuple):
    """What one debtor owes one creditor, in micros, from so many postings."""

    micros: int
    postings: int


class Heads(NamedTuple):
    """Every shard's size, and the open cycle."""

    sizes: dict[int, int]
    cycle: int


Sums: TypeAlias = Mapping[Pair, Sum]


@dataclass(eq=False, slots=True)
class Debts:
    """What one partner owes and is owed in one cycle. `net_micros`: positive, it owes."""

    partner: str
    cycle: int
    sums: dict[Pair, Sum] = field(default_factory=dict)
    net_micros: int = 0

    def take(self, pair: Pair, found: Sum) -> bool:
        """Takes over how a sum stands; whether it stood otherwise."""
        known = self.sums.get(pair)
        if known == found:
            return False
        grown = found.micros - (0 if known is None else known.micros)
        self.net_micros += grown if pair[0] == self.partner else -grown
        self.sums[pair] = found
        return True


async def heads(connection: AsyncConnection[TupleRow]) -> Heads:
    """How far the books are."""
    rows = await (await connection.execute(_HEADS)).fetchall()
    sizes = {shard: size for shard, size, _ in rows}
    return Heads(sizes, min(cycle for shard, _, cycle in rows if shard > 0))


async def all_sums(connection: AsyncConnection[TupleRow], cycle: int, partners: Collection[str]) -> Sums:
    """All sums of a cycle of which one of the partners is a side."""
    names = list(partners)
    return _sums(await (await connection.execute(_WHOLE, (cycle, names, names))).fetchall())


async def sums_posted_to(
    connection: AsyncConnection[TupleRow],
    cycle: int,
    ranges: Mapping[int, tuple[int, int]],
    *,
    currency: str,
    operator: str,
) -> Sums:
    """The sums of a cycle to which entries of these ranges may have added."""
    firsts, afters = [first for first, _ in ranges.values()], [after for _, after in ranges.values()]
    posted = await (await connection.execute(_POSTED, (list(ranges), firsts, afters, currency))).fetchall()
    pairs = {pair for debit, credit in posted if (pair := parties(debit, credit, operator=operator))}
    if not pairs:
        return {}
    asked = ([debtor for debtor, _ in pairs], [creditor for _, creditor in pairs], cycle)
    return _sums(await (await connection.execute(_SUMS, asked)).fetchall())


def _sums(rows: Iterable[TupleRow]) -> dict[Pair, Sum]:
    return {(debtor, creditor): Sum(int(micros), int(count)) for debtor, creditor, micros, count in rows}
