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
    FROM transfers t JOIN entries e USING (shard, index)
    CROSS JOIN LATERAL (SELECT kind <> 'redeem' AND EXISTS (SELECT FROM transfers r WHERE r.shard = t.shard AND r.index = t.index
        AND r.position < t.position AND r.credit LIKE 'arrears:%%') AS repays) AS found
    WHERE t.asset = %(currency)s AND t.shard = %(shard)s AND t.index >= %(first)s AND t.index < %(after)s
        AND e.shard = %(shard)s AND e.index >= %(first)s AND e.index < %(after)s AND %(account)s IN (t.debit, t.credit)
    GROUP BY 1, 2, 3, 4, 5"""


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
    asked = {"repays": REPAYS, "currency": house.founded.currency, "account": position(partner)}
    found: list[DayPart] = []
    for shard, (first, after) in ranges.items():
        rows = connection.execute(_MONEY, {**asked, "shard": shard, "first": first, "after": after})
        for days, kind, asker, debit, credit, micros, count in rows:
            day = min(last, _FIRST_DAY + timedelta(days=days))
            sums = [((kind, asker, debit, credit), int(micros), count)]
            for (debtor, creditor), charges in charges_of(sums, operator=house.operator).items():
                side, other = (OWES, creditor) if debtor == partner else (OWED, debtor)
                found += [
                    DayPart(day, other, Part(side, purpose, asker == partner, charge))
                    for purpose, charge in charges.items()
                ]
    return found
