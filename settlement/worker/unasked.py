"""Batches of the engine's own entries, which no act asks for."""

from settlement.house.state import House
from settlement.journal.acts import Act, Draft
from settlement.ledger.batch import ShardHead
from settlement.ledger.writing import Statement


class Unasked:
    """Rules of a batch without acts: entries of the engine's own."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.drafts: list[Draft] = []

    async def load(self, connection: object, head: ShardHead, house: House, acts: object) -> bool:
        """Nothing is to be read."""
        return False

    def begin(self, head: ShardHead, house: House) -> list[Draft]:
        """The entries."""
        return self.drafts

    def decide(self, act: Act[object], index: int, now_us: int) -> Draft:
        """There are no acts."""
        raise AssertionError("a batch of the engine holds no acts")

    def changes(self) -> list[Statement]:
        """No other tables."""
        return []
