"""What was owed in every closed cycle, as its statements say it, without their other figures. Costs the pairs of each cycle."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from psycopg import Connection
from psycopg.rows import TupleRow

from settlement.clearing.obligations import OPEN_IN_SOME_SHARD
from settlement.money import floor_to_minor
from settlement.statements.cyclebook import Owed

_ACCRUED = """SELECT cycle, debtor, creditor, sum(amount), sum(count) FROM obligations WHERE cycle < %s
    GROUP BY 1, 2, 3 ORDER BY cycle, debtor COLLATE "C", creditor COLLATE "C" """


def owed_by_cycle(
    connection: Connection[TupleRow], minor_digits: int
) -> Iterator[tuple[int, dict[tuple[str, str], Owed]]]:
    """The number of each cycle that every shard has cut, in order, and (debtor, creditor) to what was owed in it."""
    row = connection.execute(OPEN_IN_SOME_SHARD).fetchone()
    first_open = (row and row[0]) or 1
    rows = connection.execute(_ACCRUED, (first_open,)).fetchall()
    by_cycle = {cycle: list(found) for cycle, found in groupby(rows, itemgetter(0))}
    accrued: dict[tuple[str, str], int] = {}
    for cycle in range(1, first_open):
        owed = {}
        for _, *pair, micros, count in by_cycle.get(cycle, ()):
            before = accrued.get((pair[0], pair[1]), 0)
            upto = accrued[pair[0], pair[1]] = before + int(micros)
            whole, had = (floor_to_minor(each, minor_digits=minor_digits) for each in (upto, before))
            owed[pair[0], pair[1]] = Owed(whole - had, int(count))
        yield cycle, owed
