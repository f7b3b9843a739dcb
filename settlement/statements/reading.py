"""A closed cycle's book, read from PostgreSQL, and its statements, written to a folder.

Everything that is read is final once every shard has cut the cycle, so the same question has the same answer for ever and needs
no lock. Blocking: asynchronous callers use a thread.
"""

from pathlib import Path

from psycopg import Connection
from psycopg.rows import TupleRow

from settlement.clearing.closing import CycleNotClosedError
from settlement.clearing.obligations import ACCRUED, OPEN_IN_SOME_SHARD, accruals_of
from settlement.errors import BooksError
from settlement.house.state import House
from settlement.journal.leaf import HOUSE, parse_leaf
from settlement.money import ASSETS
from settlement.statements.cyclebook import (
    Activity,
    CycleBook,
    activity_of,
    assemble,
    close_before,
    closed_cycle,
)
from settlement.statements.purposes import REPAYS, Charges, charges_of
from settlement.statements.spelling import documents

# A shard's open cycle starts at the cut of the cycle before it, whose range starts at the cut before that: from the newest cut
# back to the one that is asked for, each by its primary key.
_CUTS = r"""WITH RECURSIVE cuts AS (
        SELECT s.shard, s.cycle - 1 AS cycle, s.cycle_start AS index FROM shards s WHERE s.shard > 0 AND s.cycle > 1
    UNION ALL
        SELECT c.shard, c.cycle - 1, substring(e.leaf FROM '\nrange (\d+) ')::bigint
        FROM cuts c JOIN entries e USING (shard, index) WHERE c.cycle > %(cycle)s
    ) SELECT e.leaf FROM cuts JOIN entries e USING (shard, index) WHERE cycle = %(cycle)s"""
_CLOSED_AT = "SELECT recorded_at_us FROM entries WHERE shard = %s AND index = %s"
_APPROVALS = """SELECT leaf FROM entries
    WHERE shard = 0 AND kind <> 'heads' AND kind = 'approve' AND refusal IS NULL AND index > %s AND index < %s"""
_POINTS = """SELECT t.asset, CASE WHEN from_member THEN credit ELSE debit END, from_member, sum(amount), count(*)
    FROM unnest(%s::smallint[], %s::bigint[], %s::bigint[]) AS part (shard, first, after)
    JOIN transfers t ON t.shard = part.shard AND t.index >= part.first AND t.index < part.after
    CROSS JOIN LATERAL (SELECT t.credit ~ '^(issued|redeemed|expired|arrears):' AND t.debit !~ '^arrears:') AS way (from_member)
    WHERE t.asset = ANY(%s) AND (from_member OR t.debit ~ '^(issued|redeemed|expired|arrears):') GROUP BY 1, 2, 3"""

# Postings that repay what a member owes are the last of their entry; a redemption has none, and is most of the money.
_MONEY = """SELECT CASE WHEN repays THEN %s ELSE kind END, partner, debit, credit, sum(amount), count(*)
    FROM unnest(%s::smallint[], %s::bigint[], %s::bigint[]) AS part (shard, first, after)
    JOIN transfers t ON t.shard = part.shard AND t.index >= part.first AND t.index < part.after
    JOIN entries e ON e.shard = t.shard AND e.index = t.index
    CROSS JOIN LATERAL (SELECT kind <> 'redeem' AND EXISTS (SELECT FROM transfers r WHERE r.shard = t.shard AND r.index = t.index
        AND r.position < t.position AND r.credit LIKE 'arrears:%%') AS repays) AS found
    WHERE t.asset = %s GROUP BY 1, 2, 3, 4"""


def read_cycle_book(connection: Connection[TupleRow], house: House, cycle: int) -> CycleBook:
    """The book of a closed cycle; `house` is any state after its close.

    CycleNotFoundError for an unknown cycle; CoalitionError CYCLE_NOT_CLOSED while it is open or some shard has not cut it.
    """
    _, closed_at = closed_cycle(house, cycle)
    first_open = connection.execute(OPEN_IN_SOME_SHARD).fetchone()
    if first_open is None or first_open[0] is None or first_open[0] <= cycle:
        raise CycleNotClosedError(cycle)
    recorded = connection.execute(_CLOSED_AT, (HOUSE, closed_at)).fetchone()
    if recorded is None:
        raise BooksError(f"cycle {cycle} is closed by house entry {closed_at}, which is not there")
    ranges = _ranges(connection, house, cycle)
    return assemble(
        house,
        cycle,
        closed_at_us=recorded[0],
        ranges=ranges,
        accruals=accruals_of(connection.execute(ACCRUED, {"cycle": cycle})),
        charges=_charges(connection, house, ranges),
        activity=_activity(connection, ranges),
        approved_at=_approvals(connection, house, close_before(house, cycle)),
    )


def write_statements(connection: Connection[TupleRow], house: House, cycle: int, folder: Path) -> list[Path]:
    """Writes a closed cycle's statements under `folder` and returns their paths, in order. Raises as `read_cycle_book`."""
    paths = []
    for name, content in documents(read_cycle_book(connection, house, cycle)).items():
        path = folder.joinpath(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        paths.append(path)
    return paths


def _ranges(connection: Connection[TupleRow], house: House, cycle: int) -> dict[int, tuple[int, int]]:
    """What every shard's `cut` entry says; BooksError if a shard has none."""
    ranges = {}
    for (leaf,) in connection.execute(_CUTS, {"cycle": cycle}):
        entry = parse_leaf(leaf.encode("ascii"))
        if entry.get("cycle") != str(cycle) or entry.kind != "cut":
            raise BooksError(f"entry {entry.shard}:{entry.index} should be the cut of cycle {cycle}")
        start, end = entry.one("range").split(" ")
        ranges[entry.shard] = (int(start), int(end))
    missing = set(range(1, house.founded.shards + 1)) - ranges.keys()
    if missing:
        raise BooksError(f"shards {sorted(missing)} have no cut of cycle {cycle}")
    return ranges


def _activity(
    connection: Connection[TupleRow], ranges: dict[int, tuple[int, int]]
) -> dict[str, dict[str, Activity]]:
    rows = connection.execute(_POINTS, (*_columns(ranges), [*ASSETS]))
    return activity_of((*leg, int(amount), count) for *leg, amount, count in rows)


def _charges(connection: Connection[TupleRow], house: House, ranges: dict[int, tuple[int, int]]) -> Charges:
    network = house.founded
    rows = connection.execute(_MONEY, (REPAYS, *_columns(ranges), network.currency))
    sums = (((kind, *of_whom), int(micros), count) for kind, *of_whom, micros, count in rows)
    return charges_of(sums, operator=network.operator)


def _columns(ranges: dict[int, tuple[int, int]]) -> tuple[list[int], list[int], list[int]]:
    """Shards, and their ranges' first entries and those after the last."""
    return list(ranges), [start for start, _ in ranges.values()], [end for _, end in ranges.values()]


def _approvals(connection: Connection[TupleRow], house: House, since: int) -> dict[int, int]:
    """Settlements approved after a house entry, and by which entry."""
    entries = [
        parse_leaf(leaf.encode("ascii")) for (leaf,) in connection.execute(_APPROVALS, (since, house.size))
    ]
    return {int(entry.one("settlement")): entry.index for entry in entries}
