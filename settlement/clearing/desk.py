"""The rules of the house's shard: partners, keys, tariff, cycles and settlements."""

from collections.abc import Sequence
from hashlib import sha256

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from settlement.clearing.acts import Approve, Propose
from settlement.clearing.approving import proposal_to_approve
from settlement.clearing.decide import decide_desk
from settlement.clearing.netting import Figures
from settlement.clearing.obligations import figures_of
from settlement.house.pricing import start_of_tariff
from settlement.house.state import House
from settlement.journal.acts import Act, Draft
from settlement.journal.leaf import HOUSE, Entry
from settlement.ledger.batch import ShardHead
from settlement.ledger.writing import Statement, columns

FILES = """INSERT INTO payment_files SELECT * FROM unnest(%b::bytea[], %b::text[], %b::bytea[])
    ON CONFLICT (sha256) DO NOTHING"""


class DeskRules:
    """Rules for one batch of the house. Each act sees the house as the acts before it left it."""

    def __init__(self, head: ShardHead, house: House) -> None:
        self.house = house.fork()
        self._figures: dict[int, Figures] = {}
        self._files: list[tuple[str, bytes]] = []

    async def load(
        self,
        connection: AsyncConnection[TupleRow],
        head: ShardHead,
        house: House,
        acts: Sequence[Act[object]],
    ) -> bool:
        """Computes the figures of every cycle that an act proposes or approves to settle, which no shard can change."""
        cycles = set()
        for act in acts:
            if isinstance(act.body, Propose):
                cycles.add(act.body.cycle)
            elif isinstance(act.body, Approve):
                settlement = proposal_to_approve(house, act.body.proposal_sha256)
                cycles |= {settlement.cycle} if settlement is not None else set()
        for cycle in cycles:
            figures = await figures_of(connection, house, cycle)
            if figures is not None:
                self._figures[cycle] = figures
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
        """Judges one act, then moves this batch's copy of the house past the entry."""
        draft = decide_desk(self.house, self._figures, act, now_us)
        self.house.apply(Entry(HOUSE, index, index, now_us, draft.kind, draft.lines))
        self._files += draft.files
        return draft

    def changes(self) -> list[Statement]:
        """The files that entries name by their hash; all else of the house is a fold of its entries."""
        if not self._files:
            return []
        digests = [sha256(content).digest() for _, content in self._files]
        return [Statement(FILES, (digests, *columns(self._files)))]
