"""From an amount of a statement down to the postings that made it, and to the request that somebody signed."""

from dataclasses import dataclass

from psycopg import Connection
from psycopg.rows import TupleRow

from settlement.house.state import House
from settlement.journal.leaf import HOUSE
from settlement.ledger.chart import accounts_of
from settlement.statements.cyclebook import CycleBook, close_before
from settlement.statements.purposes import REPAYS, charges_of

# The second condition is in the first: it is there for the index on what is not points.
_POSTINGS = """SELECT t.shard, t.index, e.kind, CASE WHEN repays THEN %(repays)s ELSE kind END, partner, debit, credit, amount
    FROM unnest(%(shards)s::smallint[], %(first)s::bigint[], %(after)s::bigint[]) AS part (shard, first, after)
    JOIN transfers t ON t.shard = part.shard AND t.index >= part.first AND t.index < part.after
    JOIN entries e ON e.shard = t.shard AND e.index = t.index
    CROSS JOIN LATERAL (SELECT kind <> 'redeem' AND EXISTS (SELECT FROM transfers r WHERE r.shard = t.shard AND r.index = t.index
        AND r.position < t.position AND r.credit LIKE 'arrears:%%') AS repays) AS found
    WHERE t.asset = %(currency)s AND t.asset <> 'PTS' AND t.debit = ANY(%(accounts)s) AND t.credit = ANY(%(accounts)s)
    ORDER BY t.shard, t.index, t.position"""
_ENTRY = """SELECT e.leaf, e.leaf_hash, p.payload FROM entries e LEFT JOIN payloads p USING (shard, index)
    WHERE e.shard = %s AND e.index = %s"""


@dataclass(frozen=True, slots=True)
class Posting:
    """What one posting of an entry makes one participant owe another, in micros."""

    shard: int
    index: int
    kind: str
    debtor: str
    creditor: str
    purpose: str
    micros: int


def postings_between(
    connection: Connection[TupleRow], house: House, book: CycleBook, partner: str, other: str
) -> list[Posting]:
    """All postings of a cycle that make one of two participants owe the other, in the order of the journal."""
    operator = house.founded.operator
    ranges = sorted(
        book.ranges.items() | {(HOUSE, (close_before(house, book.cycle) + 1, book.closed_at + 1))}
    )
    accounts = [account for name in (partner, other) for account in accounts_of(name, operator=operator)]
    values = {
        "repays": REPAYS,
        "shards": [shard for shard, _ in ranges],
        "first": [start for _, (start, _) in ranges],
        "after": [end for _, (_, end) in ranges],
        "currency": book.currency,
        "accounts": accounts,
    }
    found: list[Posting] = []
    for shard, index, kind, *source, micros in connection.execute(_POSTINGS, values):
        for pair, charges in charges_of([(tuple(source), micros, 1)], operator=operator).items():
            found += [Posting(shard, index, kind, *pair, purpose, micros) for purpose in charges]
    return found


def entry_with_payload(
    connection: Connection[TupleRow], shard: int, index: int
) -> tuple[bytes, bytes, bytes | None] | None:
    """An entry's leaf, its hash, and what was signed, unless it is erased; None if there is no such entry."""
    row = connection.execute(_ENTRY, (shard, index)).fetchone()
    return None if row is None else (row[0].encode("ascii"), row[1], row[2])
