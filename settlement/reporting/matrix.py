"""Inter-company matrix: who owes whom, gross and net, of one cycle or of all that no settlement has discharged.

All rests on the table of obligations, less what was posted since the moment: it costs the pairs of each cycle and the later
postings of money. One cycle costs its own pairs.
"""

from dataclasses import dataclass

from psycopg import Connection
from psycopg.rows import TupleRow

from settlement.clearing.accrual import owed_within
from settlement.clearing.closing import not_closed
from settlement.clearing.obligations import ACCRUED, OPEN_IN_SOME_SHARD, accruals_of
from settlement.house.state import House
from settlement.ledger.chart import parties
from settlement.money import micros_per_minor
from settlement.reporting.later import posted_since
from settlement.reporting.moment import Moment, house_then
from settlement.statements.cyclebook import closed_cycle
from settlement.statements.every_cycle import owed_by_cycle

_ALL = "SELECT debtor, creditor, sum(amount) FROM obligations GROUP BY 1, 2"
Debts = dict[tuple[str, str], int]
"""(debtor, creditor) to micros."""


@dataclass(frozen=True, slots=True)
class PairLine:
    """Two participants in micros: what the first owes the second, the second the first, and the difference."""

    first: str
    second: str
    owes: int
    owed: int

    @property
    def net(self) -> int:
        """Above zero: the first pays."""
        return self.owes - self.owed


def cycle_debts(connection: Connection[TupleRow], house: House, number: int) -> Debts:
    """What was owed in one closed cycle, in whole minor units as in its statements. CYCLE_NOT_CLOSED, CYCLE_NOT_FOUND."""
    closed_cycle(house, number)
    ((first_open,),) = connection.execute(OPEN_IN_SOME_SHARD).fetchall()
    if first_open is None or first_open <= number:
        raise not_closed(house, number)
    digits = house.founded.minor_digits
    owed = owed_within(accruals_of(connection.execute(ACCRUED, {"cycle": number})), digits)
    return {pair: amount * micros_per_minor(digits) for pair, amount in owed.items()}


def open_debts(connection: Connection[TupleRow], moment: Moment) -> Debts:
    """What was owed at a moment and not discharged by a settlement approved by then, fractions of a minor unit included.

    So a participant's debts less its claims are its position: for the operator, with its own accounts.
    """
    house = house_then(connection, moment)
    debts = {(debtor, creditor): int(amount) for debtor, creditor, amount in connection.execute(_ALL)}
    for debit, credit, _, amount in posted_since(connection, moment):
        pair = parties(debit, credit, operator=house.operator)
        if pair is not None:
            debts[pair] -= amount
    settled = {each.cycle for each in house.settlements.values() if each.approved}
    per_minor = micros_per_minor(house.founded.minor_digits)
    for cycle, owed in owed_by_cycle(connection, house.founded.minor_digits):
        if cycle in settled:
            for pair, each in owed.items():
                debts[pair] -= each.amount_minor * per_minor
    return debts


def pair_lines(debts: Debts) -> list[PairLine]:
    """Each pair once, in order, those without a debt left out."""
    names = sorted({(min(pair), max(pair)) for pair, amount in debts.items() if amount})
    return [PairLine(a, b, debts.get((a, b), 0), debts.get((b, a), 0)) for a, b in names]


def nets_of(debts: Debts) -> dict[str, int]:
    """What each participant owes in all, less what it is owed, in order of names; together zero."""
    nets: dict[str, int] = {}
    for (debtor, creditor), amount in debts.items():
        nets[debtor] = nets.get(debtor, 0) + amount
        nets[creditor] = nets.get(creditor, 0) - amount
    return dict(sorted(nets.items()))
