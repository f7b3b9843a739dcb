"""The entries that post something, in the order of shards and numbers, read in ranges: only one of them is held at a time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from itertools import groupby
from operator import itemgetter

from psycopg import Connection
from psycopg.rows import TupleRow

from settlement.clock import SECOND_US, from_us
from settlement.journal.leaf import Transfer
from settlement.money import POINTS, VALUE

RANGE_ENTRIES = 5_000
MICROS_DIGITS = 6
Tell = Callable[[str, int, int], None]
"""`tell(stage, done, total)`, as `coalition.cli.progress` has it."""
_DAY_US = 24 * 3_600 * SECOND_US
_SIZES = "SELECT shard, size FROM shards ORDER BY shard"
_POSTED = r"""SELECT e.index, e.recorded_at_us, e.kind, e.partner,
        nullif(split_part(split_part(e.leaf, E'\nact ', 2), E'\n', 1), ''), t.debit, t.credit, t.asset, t.amount
    FROM entries e JOIN transfers t USING (shard, index)
    WHERE e.shard = %(shard)s AND e.index >= %(start)s AND e.index < %(stop)s
        AND t.shard = %(shard)s AND t.index >= %(start)s AND t.index < %(stop)s
    ORDER BY t.index, t.position"""
_ACCOUNTS = """SELECT account, asset, sum(debits - credits)::text FROM balances
    GROUP BY 1, 2 ORDER BY account COLLATE "C", asset COLLATE "C" """


@dataclass(slots=True)
class Posted:
    """An entry that posts something. `partner` and `act_id`: who asked for it, unless it is the engine's own."""

    shard: int
    index: int
    time_us: int
    kind: str
    partner: str | None
    act_id: str | None
    transfers: list[Transfer]

    @property
    def day(self) -> str:
        """When it was recorded, a day of UTC."""
        return _day(self.time_us // _DAY_US)


def posted(connection: Connection[TupleRow], tell: Tell) -> Iterator[Posted]:
    """All of them; `tell` hears how many entries are read."""
    sizes = connection.execute(_SIZES).fetchall()
    total, done = sum([size for _, size in sizes]), 0
    for shard, size in sizes:
        for start in range(0, size, RANGE_ENTRIES):
            stop = min(start + RANGE_ENTRIES, size)
            rows = connection.execute(_POSTED, {"shard": shard, "start": start, "stop": stop}).fetchall()
            for _, of_entry in groupby(rows, itemgetter(0)):
                found = list(of_entry)
                index, time_us, kind, partner, act_id, *_ = found[0]
                transfers = [Transfer(*row[5:]) for row in found]
                yield Posted(shard, index, time_us, kind, partner, act_id, transfers)
            done += stop - start
            tell("exporting entries", done, total)


def balances(connection: Connection[TupleRow]) -> list[tuple[str, str, int]]:
    """Every account that anything was posted to, by name: account, asset, debits less credits."""
    return [(account, asset, int(balance)) for account, asset, balance in connection.execute(_ACCOUNTS)]


def decimals_of(asset: str, minor_digits: int) -> int:
    """How many decimals an amount of an asset has: points none, value those of the currency, money six."""
    return 0 if asset == POINTS else minor_digits if asset == VALUE else MICROS_DIGITS


@cache
def _day(number: int) -> str:
    return (from_us(0) + timedelta(days=number)).date().isoformat()
