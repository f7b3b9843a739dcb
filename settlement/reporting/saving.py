"""What netting saved, cycle by cycle: gross, bilateral and multilateral amounts. Costs the pairs of partners in each cycle."""

from psycopg import Connection
from psycopg.rows import TupleRow

from settlement.clearing.netting import Figures, net
from settlement.house.records import Cycle
from settlement.house.state import House
from settlement.statements.every_cycle import owed_by_cycle


def savings(connection: Connection[TupleRow], house: House) -> list[tuple[Cycle, Figures]]:
    """The figures of every closed cycle, in minor units."""
    return [
        (house.cycles[number], net({pair: each.amount_minor for pair, each in owed.items()}))
        for number, owed in owed_by_cycle(connection, house.founded.minor_digits)
    ]
