"""Trial balance: what every account was debited and credited with, as of a moment. Each asset's balances sum to zero.

It is the table of balances, less what was posted since the moment: it costs the accounts and the later postings, and nothing of
what was before.
"""

from dataclasses import dataclass

from psycopg import Connection
from psycopg.rows import TupleRow

from settlement.reporting.moment import Moment

# A member's id in an account's name: together they are `*`.
_LINES = """WITH later AS MATERIALIZED (
        SELECT t.shard, t.debit, t.credit, t.asset, sum(t.amount) AS amount
        FROM unnest(%(shards)s::smallint[], %(sizes)s::bigint[]) AS seen (shard, size)
        JOIN transfers t ON t.shard = seen.shard AND t.index >= seen.size GROUP BY 1, 2, 3, 4
    ), sides AS (
        SELECT account, asset, debits, credits FROM balances
        UNION ALL SELECT debit, asset, -amount, 0 FROM later
        UNION ALL SELECT credit, asset, 0, -amount FROM later
    ), named AS (
        SELECT CASE WHEN %(each)s THEN account
            ELSE regexp_replace(account, '^(wallet|held|pending|arrears):[0-9a-f-]{36}', '\\1:*') END AS account,
            asset, debits, credits FROM sides
    ) SELECT account, asset, sum(debits), sum(credits) FROM named GROUP BY 1, 2
    HAVING sum(debits) <> 0 OR sum(credits) <> 0 ORDER BY account COLLATE "C", asset COLLATE "C" """


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account in one asset's smallest unit, money in micros. All members' accounts of a kind are one: `wallet:*`."""

    account: str
    asset: str
    debits: int
    credits: int

    @property
    def balance(self) -> int:
        """Debits less credits: below zero for what is owed to others or was earned."""
        return self.debits - self.credits


def trial_balance(
    connection: Connection[TupleRow], moment: Moment, *, each_member: bool = False
) -> list[AccountLine]:
    """All accounts that anything was ever posted to, in order. `each_member`: every member's accounts by themselves."""
    shards, sizes = moment.columns()
    rows = connection.execute(_LINES, {"shards": shards, "sizes": sizes, "each": each_member})
    return [
        AccountLine(account, asset, int(debits), int(credited)) for account, asset, debits, credited in rows
    ]
