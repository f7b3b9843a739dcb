"""Trial balance: what every account was debited and credited with, as of a moment. Each asset's balances sum to zero.

It is the table of balances, less what was posted since the moment: it costs the accounts and the later postings, and nothing of
what was before.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from psycopg import Connection
from psycopg.rows import TupleRow

from settlement.reporting.later import posted_since
from settlement.reporting.moment import Moment

_BALANCES = r"""SELECT CASE WHEN %s THEN account
        ELSE regexp_replace(account, '^(wallet|held|pending|arrears):[0-9a-f-]{36}', '\1:*') END, asset, sum(debits), sum(credits)
    FROM balances GROUP BY 1, 2"""
_OF_MEMBER = re.compile(r"^(wallet|held|pending|arrears):[0-9a-f-]{36}")


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
    sums: dict[tuple[str, str], list[int]] = {}
    for account, asset, debits, credited in _turnover(connection, moment, each_member):
        line = sums.setdefault((account, asset), [0, 0])
        line[0] += debits
        line[1] += credited
    return [AccountLine(*key, *both) for key, both in sorted(sums.items()) if any(both)]


def _turnover(
    connection: Connection[TupleRow], moment: Moment, each_member: bool
) -> Iterator[tuple[str, str, int, int]]:
    for account, asset, debits, credited in connection.execute(_BALANCES, (each_member,)):
        yield account, asset, int(debits), int(credited)
    for debit, credit, asset, amount in posted_since(connection, moment):
        names = [name if each_member else _OF_MEMBER.sub(r"\1:*", name) for name in (debit, credit)]
        yield names[0], asset, -amount, 0
        yield names[1], asset, 0, -amount
