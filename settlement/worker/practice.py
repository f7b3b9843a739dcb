"""A practice network's clock is set ahead, by one entry of the house, while the server goes on."""

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from settlement.house.practice import forward
from settlement.house.state import House
from settlement.journal.leaf import HOUSE
from settlement.ledger.batch import post
from settlement.ledger.memory import HouseMemory
from settlement.worker.unasked import Unasked


async def set_ahead(connection: AsyncConnection[TupleRow], days: int) -> House:
    """Sets the clock so many days further ahead; the house afterwards. CoalitionError NOT_FOR_PRACTICE, FIELD_INVALID."""
    memory = HouseMemory()
    await post(connection, memory, lambda _, house: _Forward(house, days), HOUSE, [])
    return await memory.refresh(connection)


class _Forward(Unasked):
    """One entry, decided under the house's lock."""

    def __init__(self, house: House, days: int) -> None:
        super().__init__(house)
        self.drafts = [forward(house, days)]
