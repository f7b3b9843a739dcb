"""A closed cycle's book, read from PostgreSQL.

Everything that is read is final once every shard has cut the cycle, so the same question has the same answer for ever and needs
no lock.
"""

from collections.abc import Generator, Iterator, Mapping
from typing import Any, LiteralString, TypeAlias

from psycopg import AsyncConnection, Connection
from psycopg.rows import TupleRow

from settlement.clearing.closing import CycleNotClosedError
from settlement.clearing.obligations import ACCRUED, OPEN_IN_SOME_SHARD, accruals_of
from settlement.errors import BooksError
from settlement.house.state import House
from settlement.journal.leaf import HOUSE, parse_leaf
from settlement.money import ASSETS
from settlement.statements.cyclebook import (
    CycleBook,
    activity_of,
    assemble,
    closed_cycle,
    with_house,
)
from settlement.statements.purposes import REPAYS, MoneySource, charges_of
from settlement.statements.recording import first_document

# A shard's open cycle starts at the cut of the cycle before it, whose range starts at the cut before that: from the newest cut
# back to the one that is asked for, each by its primary key.
CUTS = r"""WITH RECURSIVE cuts AS (
        SELECT s.shard, s.cycle - 1 AS cycle, s.cycle_start AS index FROM shards s WHERE s.shard > 0 AND s.cycle > 1
    UNION ALL
        SELECT c.shard, c.cycle - 1, substring(e.leaf FROM '\nrange (\d+) ')::bigint
        FROM cuts c JOIN entries e USING (shard, index) WHERE c.cycle > %(cycle)s
    ) SELECT e.leaf FROM cuts JOIN entries e USING (shard, index) WHERE cycle = %(cycle)s"""
CLOSED_AT = "SELECT recorded_at_us FROM entries WHERE shard = %s AND index = %s"
POINTS = """SELECT t.asset, CASE WHEN from_member THEN credit ELSE debit END, from_member, sum(amount), count(*)
    FROM unnest(%s::smallint[], %s::bigint[], %s::bigint[]) AS part (shard, first, after)
    JOIN transfers t ON t.shard = part.shard AND t.index >= part.first AND t.index < part.after
    CROSS JOIN LATERAL (SELECT t.credit ~ '^(issued|redeemed|expired|arrears):' AND t.debit !~ '^arrears:') AS way (from_member)
    WHERE t.asset = ANY(%s) AND (from_member OR t.debit ~ '^(issued|redeemed|expired|arrears):') GROUP BY 1, 2, 3"""

# Postings that repay what a member owes are the last of their entry; a redemption has none, and is most of the money.
MONEY = """SELECT CASE WHEN repays THEN %s ELSE kind END, partner, debit, credit, sum(amount), count(*)
    FROM unnest(%s::smallint[], %s::bigint[], %s::bigint[]) AS part (shard, first, after)
    JOIN transfers t ON t.shard = part.shard AND t.index >= part.first AND t.index < part.after
    JOIN entries e ON e.shard = t.shard AND e.index = t.index
    CROSS JOIN LATERAL (SELECT kind <> 'redeem' AND EXISTS (SELECT FROM transfers r WHERE r.shard = t.shard AND r.index = t.index
        AND r.position < t.position AND r.credit LIKE 'arrears:%%') AS repays) AS found
    WHERE t.asset = %s GROUP BY 1, 2, 3, 4"""


_Asking: TypeAlias = Generator[tuple[LiteralString, Any], list[TupleRow], CycleBook]
"""Statements with their values, each answered by all its rows, until the book is whole."""


def read_cycle_book(connection: Connection[TupleRow], house: House, cycle: int) -> CycleBook:
    """The book of a closed cycle; `house` is any state after its close. Blocking.

    CycleNotFoundError for an unknown cycle; CoalitionError CYCLE_NOT_CLOSED while it is open, some shard has not cut it, or the
    statements of the cycle before it have no numbers yet.
    """
    asking = _book(house, cycle)
    question = next(asking)
    while True:
        try:
            question = asking.send(connection.execute(*question).fetchall())
        except StopIteration as done:
            book: CycleBook = done.value
            return book


async def read_cycle_book_async(connection: AsyncConnection[TupleRow], house: House, cycle: int) -> CycleBook:
    """The same on a connection of asyncio."""
    asking = _book(house, cycle)
    question = next(asking)
    while True:
        rows = await (await connection.execute(*question)).fetchall()
        try:
            question = asking.send(rows)
        except StopIteration as done:
            book: CycleBook = done.value
            return book


def _book(house: House, cycle: int) -> _Asking:
    _, closed_at = closed_cycle(house, cycle)
    ((first_open,),) = yield OPEN_IN_SOME_SHARD, ()
    if first_open is None or first_open <= cycle:
        raise CycleNotClosedError(cycle)
    first = first_document(house, cycle)
    recorded = yield CLOSED_AT, (HOUSE, closed_at)
    if not recorded:
        raise BooksError(f"cycle {cycle} is closed by house entry {closed_at}, which is not there")
    ranges = _ranges((yield CUTS, {"cycle": cycle}), house, cycle)
    network = house.founded
    moved = yield POINTS, (*_columns(ranges), [*ASSETS])
    money = yield MONEY, (REPAYS, *_columns(with_house(house, cycle, ranges)), network.currency)
    sums = (((kind, *of_whom), int(micros), count) for kind, *of_whom, micros, count in money)
    return assemble(
        house,
        cycle,
        first_document=first,
        closed_at_us=recorded[0][0],
        ranges=ranges,
        accruals=accruals_of((yield ACCRUED, {"cycle": cycle})),
        charges=charges_of(sums, operator=network.operator),
        activity=activity_of((*leg, int(amount), count) for *leg, amount, count in moved),
    )


def ranges_of_cycle(connection: Connection[TupleRow], house: House, cycle: int) -> dict[int, tuple[int, int]]:
    """Every shard's entries of a closed cycle, the first and the one after the last. Raises as `read_cycle_book`."""
    closed_cycle(house, cycle)
    ((first_open,),) = connection.execute(OPEN_IN_SOME_SHARD).fetchall()
    if first_open is None or first_open <= cycle:
        raise CycleNotClosedError(cycle)
    cuts = connection.execute(CUTS, {"cycle": cycle}).fetchall()
    return with_house(house, cycle, _ranges(cuts, house, cycle))


def _ranges(leaves: list[TupleRow], house: House, cycle: int) -> dict[int, tuple[int, int]]:
    """What every shard's `cut` entry says; BooksError if a shard has none."""
    ranges = {}
    for (leaf,) in leaves:
        entry = parse_leaf(leaf.encode("ascii"))
        if entry.get("cycle") != str(cycle) or entry.kind != "cut":
            raise BooksError(f"entry {entry.shard}:{entry.index} should be the cut of cycle {cycle}")
        start, end = entry.one("range").split(" ")
        ranges[entry.shard] = (int(start), int(end))
    missing = set(range(1, house.founded.shards + 1)) - ranges.keys()
    if missing:
        raise BooksError(f"shards {sorted(missing)} have no cut of cycle {cycle}")
    return ranges


def money_within(
    connection: Connection[TupleRow], house: House, ranges: Mapping[int, tuple[int, int]]
) -> Iterator[tuple[MoneySource, int, int]]:
    """What entries of these ranges post in money: sources for `charges_of`, micros and numbers of postings."""
    rows = connection.execute(MONEY, (REPAYS, *_columns(ranges), house.founded.currency))
    for kind, partner, debit, credit, micros, count in rows:
        yield (kind, partner, debit, credit), int(micros), count


def _columns(ranges: Mapping[int, tuple[int, int]]) -> tuple[list[int], list[int], list[int]]:
    """Shards, and their ranges' first entries and those after the last."""
    return list(ranges), [start for start, _ in ranges.values()], [end for _, end in ranges.values()]
