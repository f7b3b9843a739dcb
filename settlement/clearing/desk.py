"""The rules of the house's shard: partners, keys, tariff, cycles and settlements."""

from collections.abc import Sequence

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from settlement.clearing.decide import cycle_settled_by, decide_desk
from settlement.clearing.netting import Figures, Obligations, net
from settlement.clearing.obligations import minor_obligations
from settlement.clearing.warnings import compared_with
from settlement.house.acts import ApproveTariff
from settlement.house.pricing import start_of_tariff
from settlement.house.state import House
from settlement.journal.acts import Act, Draft
from settlement.journal.leaf import HOUSE, Entry
from settlement.ledger.batch import ShardHead
from settlement.ledger.writing import Statement


class DeskRules:
    """Rules for one batch of the house. Each act sees the house as the acts before it left it."""

    def __init__(self, head: ShardHead, house: House) -> None:
        self.house = house.fork()
        self._figures: dict[int, Figures] = {}
        self._owed: dict[int, Obligations] = {}

    async def load(
        self,
        connection: AsyncConnection[TupleRow],
        head: ShardHead,
        house: House,
        acts: Sequence[Act[object]],
    ) -> bool:
        """Reads what was owed in every cycle that an act is about, which no shard can change any more, and nets it.

        Where the tariff asks for it, or may change within the batch, also the cycles that it is compared with.
        """
        settled = [cycle_settled_by(house, act.body) for act in acts]
        cycles = {cycle for cycle in settled if cycle is not None}
        changes = house.coming is not None or any(isinstance(act.body, ApproveTariff) for act in acts)
        if house.tariff.swing_warning_basis_points or changes:
            cycles = cycles.union(*map(compared_with, cycles))
        for cycle in cycles:
            owed = await minor_obligations(connection, house, cycle)
            if owed is not None:
                self._owed[cycle], self._figures[cycle] = owed, net(owed)
        return False

    def begin(self, head: ShardHead, house: House) -> list[Draft]:
        """The start of a tariff whose time has come. The house needs no cut: a cycle's own entries end with its close."""
        start = start_of_tariff(self.house, head.now_us)
        if start is None or self.house.coming is None:
            return []
        head.due_us = self.house.coming.from_us or 0
        self.house.apply(Entry(HOUSE, head.size, head.size, head.now_us, start.kind, start.lines))
        return [start]

    def decide(self, act: Act[object], index: int, now_us: int) -> Draft:
        """Judges one act, then moves this batch's copy of the house past the entry.

        What the act makes anyone owe is of the cycle that is open before it.
        """
        draft = decide_desk(self.house, self._figures, act, now_us, self._owed)
        draft.cycle = self.house.open_cycle
        self.house.apply(Entry(HOUSE, index, index, now_us, draft.kind, draft.lines))
        return draft

    def changes(self) -> list[Statement]:
        """The house has no tables of its own: its state is a fold of its entries."""
        return []
