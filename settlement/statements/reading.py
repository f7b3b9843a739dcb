"""A closed cycle's book, read from PostgreSQL.

Everything that is read is final once every shard has cut the cycle, so the same question has the same answer for ever and needs
no lock.
"""

from collections.abc import Generator, Iterator, Mapping
from typing import Any, LiteralString, TypeAlias

from psycopg import AsyncConnection, Connection
from psycopg.rows import TupleRow

from settlement.clearing.closing import not_closed
from settlement.clearing.obligations import ACCRUED, OPEN_IN_SOME_SHARD, accruals_of
from settlement.clock import format_time
from settlement.errors import BooksError
from settlement.house.state import House
from settlement.journal.leaf import HOUSE, parse_leaf
from settlement.money import ASSETS
from settlement.statements.cyclebook import (
    MAY_BE_LATE,
    CycleBook,
    activity_of,
    assemble,
    closed_cycle,
    with_house,
)
from settlement.statements.purposes import REPAYS, MoneySource, charges_of
from settlement.statements.recording import first_document

CUTS = r"""SELECT leaf FROM entries WHERE kind = 'cut' AND substring(leaf FROM '\ncycle (\d+)\n') = %(cycle)s::text"""
CLOSED_AT = "SELECT recorded_at_us FROM entries WHERE shard = %s AND index = %s"
# Of one range at a time, whose bounds PostgreSQL then knows: so it reads the range and not the table.
POINTS = """SELECT asset, CASE WHEN from_member THEN credit ELSE debit END, from_member, sum(amount), count(*)
    FROM transfers CROSS JOIN LATERAL (SELECT debit NOT LIKE 'arrears:%%'
        AND split_part(credit, ':', 1) IN ('issued', 'redeemed', 'expired', 'arrears')) AS way (from_member)
    WHERE shard = %(shard)s AND index >= %(first)s AND index < %(after)s AND asset = ANY(%(assets)s)
        AND (from_member OR split_part(debit, ':', 1) IN ('issued', 'redeemed', 'expired', 'arrears')) GROUP BY 1, 2, 3"""

# Postings that repay what a member owes are the last of their entry; a redemption has none, and is most of the money.
MONEY = """SELECT CASE WHEN repays THEN %(repays)s ELSE kind END, partner, debit, credit, sum(amount), count(*)
    FROM transfers t JOIN entries e USING (shard, index)
    CROSS JOIN LATERAL (SELECT kind <> 'redeem' AND EXISTS (SELECT FROM transfers r WHERE r.shard = t.shard AND r.index = t.index
        AND r.position < t.position AND r.credit LIKE 'arrears:%%') AS repays) AS found
    WHERE t.asset = %(currency)s AND t.shard = %(shard)s AND t.index >= %(first)s AND t.index < %(after)s
        AND e.shard = %(shard)s AND e.index >= %(first)s AND e.index < %(after)s GROUP BY 1, 2, 3, 4"""

# The time is compared as it is spelled: every leaf's has the same length. Splitting is quicker here than regular expressions.
# fsck reads this too, and must not stop where a leaf states no amount.
LATE = r"""SELECT split_part(amount, ' ', 1), partner,
        sum(CASE WHEN split_part(amount, ' ', 2) ~ '^[0-9]{1,18}$' THEN split_part(amount, ' ', 2)::bigint END), count(*)
    FROM entries CROSS JOIN LATERAL (SELECT split_part(split_part(leaf, E'\namount ', 2), E'\n', 1)) AS stated (amount)
    WHERE shard = %(shard)s AND index >= %(first)s AND index < %(after)s AND kind = ANY(%(kinds)s)
        AND refusal IS NULL AND left(split_part(leaf, E'\noccurred ', 2), 27) COLLATE "C" < %(began)s GROUP BY 1, 2"""

_Asking: TypeAlias = Generator[tuple[LiteralString, Any], list[TupleRow], CycleBook]
"""Statements with their values, each answered by all its rows, until the book is whole."""


def read_cycle_book(connection: Connection[TupleRow], house: House, cycle: int) -> CycleBook:
    """The book of a closed cycle; `house` is any state after its close. Blocking.

    CycleNotFoundError for an unknown cycle; CycleNotClosedError while it is open, some shard has not cut it, or the
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
        raise not_closed(house, cycle)
    first = first_document(house, cycle)
    recorded = yield CLOSED_AT, (HOUSE, closed_at)
    if not recorded:
        raise BooksError(f"cycle {cycle} is closed by house entry {closed_at}, which is not there")
    ranges = _ranges((yield CUTS, {"cycle": cycle}), house, cycle)
    network = house.founded
    moved: list[TupleRow] = []
    for shard, entries in ranges.items():
        moved += yield POINTS, _span(shard, entries) | {"assets": [*ASSETS]}
    money: list[TupleRow] = []
    for shard, entries in with_house(house, cycle, ranges).items():
        money += yield MONEY, _span(shard, entries) | {"repays": REPAYS, "currency": network.currency}
    before = {"kinds": [*MAY_BE_LATE], "began": format_time(house.cycles[cycle].began_us)}
    late: list[TupleRow] = []
    for shard, entries in ranges.items():
        late += yield LATE, _span(shard, entries) | before
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
        late=[(asset, partner, int(points), count) for asset, partner, points, count in late],
    )


def ranges_of_cycle(connection: Connection[TupleRow], house: House, cycle: int) -> dict[int, tuple[int, int]]:
    """Every shard's entries of a closed cycle, the first and the one after the last. Raises as `read_cycle_book`."""
    closed_cycle(house, cycle)
    ((first_open,),) = connection.execute(OPEN_IN_SOME_SHARD).fetchall()
    if first_open is None or first_open <= cycle:
        raise not_closed(house, cycle)
    cuts = connection.execute(CUTS, {"cycle": cycle}).fetchall()
    return with_house(house, cycle, _ranges(cuts, house, cycle))


def _ranges(leaves: list[TupleRow], house: House, cycle: int) -> dict[int, tuple[int, int]]:
    """What every shard's `cut` entry says; BooksError if a shard has none."""
    ranges = {}
    for (leaf,) in leaves:
        entry = parse_leaf(leaf.encode("ascii"))
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
    for shard, entries in ranges.items():
        of_money = {"repays": REPAYS, "currency": house.founded.currency}
        for kind, partner, debit, credit, micros, count in connection.execute(
            MONEY, _span(shard, entries) | of_money
        ):
            yield (kind, partner, debit, credit), int(micros), count


def _span(shard: int, entries: tuple[int, int]) -> dict[str, object]:
    return {"shard": shard, "first": entries[0], "after": entries[1]}
