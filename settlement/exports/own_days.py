"""What each day of a cycle made a company owe and be owed, by counterparty and purpose, read from the books."""

from collections.abc import Mapping
from datetime import date, timedelta

from psycopg import Connection
from psycopg.rows import TupleRow

from settlement.exports.own_journal import OWED, OWES, DayPart, Part
from settlement.house.state import House
from settlement.ledger.chart import position
from settlement.statements.purposes import REPAYS, charges_of

_FIRST_DAY = date(1970, 1, 1)
# Days are those of UTC; what is said of `MONEY` in settlement.statements.reading holds here.
_MONEY = """SELECT e.recorded_at_us / 86400000000, CASE WHEN repays THEN %(repays)s ELSE kind END, partner, debit, credit,
    sum(amount), count(*)
    FROM unnest(%(shards)s::smallint[], %(first)s::bigint[], %(after)s::bigint[]) AS part (shard, first, after)
    JOIN transfers t ON t.shard = part.shard AND t.index >= part.first AND t.index < part.after
    JOIN entries e ON e.shard = t.shard AND e.index = t.index
    CROSS JOIN LATERAL (SELECT kind <> 'redeem' AND EXISTS (SELECT FROM transfers r WHERE r.shard = t.shard AND r.index = t.index
        AND r.position < t.position AND r.credit LIKE 'arrears:%%') AS repays) AS found
    WHERE t.asset = %(currency)s AND %(account)s IN (t.debit, t.credit) GROUP BY 1, 2, 3, 4, 5"""


def day_parts(
    connection: Connection[TupleRow],
    house: House,
    ranges: Mapping[int, tuple[int, int]],
    partner: str,
    *,
    last: date,
) -> list[DayPart]:
    """What entries of these ranges made a company, which is not the operator, owe and be owed.

    `last`: the day of the cycle's close; what a shard recorded just after midnight, before it knew of the close, is of that day.
    """
    values = {
        "repays": REPAYS,
        "shards": list(ranges),
        "first": [start for start, _ in ranges.values()],
        "after": [end for _, end in ranges.values()],
        "currency": house.founded.currency,
        "account": position(partner),
    }
    found: list[DayPart] = []
    for days, kind, asker, debit, credit, micros, count in connection.execute(_MONEY, values):
        day = min(last, _FIRST_DAY + timedelta(days=days))
        sums = [((kind, asker, debit, credit), int(micros), count)]
        for (debtor, creditor), charges in charges_of(sums, operator=house.operator).items():
            side, other = (OWES, creditor) if debtor == partner else (OWED, debtor)
            for purpose, charge in charges.items():
                found.append(DayPart(day, other, Part(side, purpose, asker == partner, charge)))
    return found
