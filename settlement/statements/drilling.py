"""From an amount of a statement down to the postings that made it, and to the request that somebody signed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from psycopg import Connection
from psycopg.rows import TupleRow

from settlement.house.state import House
from settlement.ledger.chart import accounts_of
from settlement.statements.purposes import REPAYS, charges_of

# What is not points, and a debit of either, follows from the rest: both are there for the index.
_POSTINGS = """SELECT t.shard, t.index, t.position, e.kind,
    CASE WHEN repays THEN %(repays)s ELSE kind END, partner, debit, credit, amount
    FROM unnest(%(shards)s::smallint[], %(first)s::bigint[], %(after)s::bigint[]) AS part (shard, first, after)
    JOIN transfers t ON t.shard = part.shard AND t.index >= part.first AND t.index < part.after
    JOIN entries e ON e.shard = t.shard AND e.index = t.index
    CROSS JOIN LATERAL (SELECT kind <> 'redeem' AND EXISTS (SELECT FROM transfers r WHERE r.shard = t.shard AND r.index = t.index
        AND r.position < t.position AND r.credit LIKE 'arrears:%%') AS repays) AS found
    WHERE t.asset = %(currency)s AND t.asset <> 'PTS' AND t.debit = ANY(%(own)s::text[] || %(others)s::text[])
    AND (t.debit = ANY(%(own)s) AND t.credit = ANY(%(others)s) OR t.debit = ANY(%(others)s) AND t.credit = ANY(%(own)s))
    AND (t.shard, t.index, t.position) > (%(shard)s, %(index)s, %(position)s)
    ORDER BY t.shard, t.index, t.position LIMIT %(most)s"""
_ENTRY = """SELECT e.leaf, p.payload FROM entries e LEFT JOIN payloads p USING (shard, index)
    WHERE e.shard = %s AND e.index = %s"""


Place: TypeAlias = tuple[int, int, int]
"""Shard, entry and position of a posting."""
FIRST_PLACE: Place = (-1, -1, -1)
"""Before all postings."""


@dataclass(frozen=True, slots=True)
class Posting:
    """What one posting of an entry makes one participant owe another, in micros."""

    shard: int
    index: int
    position: int
    kind: str
    debtor: str
    creditor: str
    purpose: str
    micros: int

    @property
    def place(self) -> Place:
        """Where it is in the journal."""
        return self.shard, self.index, self.position


def postings_between(
    connection: Connection[TupleRow],
    house: House,
    ranges: Mapping[int, tuple[int, int]],
    partner: str,
    other: str,
    *,
    after: Place = FIRST_PLACE,
    most: int | None = None,
) -> list[Posting]:
    """The postings within ranges of entries that make one of two participants owe the other, in the order of the journal.

    `most`: only so many, behind the place `after`; None: all.
    """
    network = house.founded
    left = sorted((shard, ends) for shard, ends in ranges.items() if shard >= after[0])
    values = {
        "repays": REPAYS,
        "shards": [shard for shard, _ in left],
        "first": [max(start, after[1]) if shard == after[0] else start for shard, (start, _) in left],
        "after": [end for _, (_, end) in left],
        "currency": network.currency,
        "own": accounts_of(partner, operator=network.operator),
        "others": accounts_of(other, operator=network.operator),
        **dict(zip(("shard", "index", "position"), after, strict=True)),
        "most": most,
    }
    found: list[Posting] = []
    for shard, index, position, kind, *source, micros in connection.execute(_POSTINGS, values):
        for pair, charges in charges_of([(tuple(source), micros, 1)], operator=network.operator).items():
            found += [Posting(shard, index, position, kind, *pair, purpose, micros) for purpose in charges]
    return found


def entry_with_payload(
    connection: Connection[TupleRow], shard: int, index: int
) -> tuple[bytes, bytes | None] | None:
    """An entry's leaf and what was signed for it, unless it is erased; None if there is no such entry."""
    row = connection.execute(_ENTRY, (shard, index)).fetchone()
    return None if row is None else (row[0].encode("ascii"), row[1])
