"""The rules of the house's shard: partners, keys, tariff, cycles and settlements."""

from collections.abc import Sequence
from hashlib import sha256

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from settlement.clearing.calendar import check_known
from settlement.clearing.decide import cycle_settled_by, decide_desk, defaulter_of
from settlement.clearing.due import fallen_due
from settlement.clearing.netting import Figures
from settlement.clearing.obligations import figures_of, owed_by
from settlement.clearing.warnings import compared_with
from settlement.house.acts import ApproveTariff, ProposeTariff
from settlement.house.state import House
from settlement.journal.acts import Act, Draft
from settlement.journal.leaf import HOUSE, Entry
from settlement.ledger.batch import ShardHead
from settlement.ledger.writing import Statement, columns

FILES = """INSERT INTO payment_files SELECT * FROM unnest(%b::bytea[], %b::text[], %b::bytea[])
    ON CONFLICT (sha256) DO NOTHING"""

DUE_MAX = 200
"""Entries of the engine in one batch: so no act waits long for the house."""


class DeskRules:
    """Rules for one batch of the house. Each act sees the house as the acts before it left it."""

    def __init__(self, head: ShardHead, house: House) -> None:
        self.house = house.fork()
        self._figures: dict[int, Figures] = {}
        self._owed: dict[int, dict[tuple[str, str], int]] = {}
        self._files: list[tuple[str, bytes]] = []

    async def load(
        self,
        connection: AsyncConnection[TupleRow],
        head: ShardHead,
        house: House,
        acts: Sequence[Act[object]],
    ) -> bool:
        """Reads the figures of every cycle that an act is about, which no shard can change any more; for a default what was owed.

        Where the tariff asks for it, or may change within the batch, also those of the cycles that it is compared with.
        """
        about = dict.fromkeys(
            (cycle_settled_by(house, act.body), defaulter_of(house, act.body)) for act in acts
        )
        for cycle, debtor in about:
            if cycle is not None and debtor is not None:
                owed = await owed_by(connection, house, cycle, debtor)
                if owed is not None:
                    self._owed.setdefault(cycle, {}).update(owed)
        cycles = {cycle for cycle, debtor in about if cycle is not None and debtor is None}
        changes = house.coming is not None or any(isinstance(act.body, ApproveTariff) for act in acts)
        if house.tariff.swing_warning_basis_points or changes:
            cycles = cycles.union(*map(compared_with, cycles))
        for cycle in cycles:
            figures = await figures_of(connection, house, cycle)
            if figures is not None:
                self._figures[cycle] = figures
        return False

    def begin(self, head: ShardHead, house: House) -> list[Draft]:
        """What has fallen due. The house needs no cut: a cycle's own entries end with its close."""
        drafts: list[Draft] = []
        while len(drafts) < DUE_MAX:
            found = fallen_due(self.house, head.now_us + len(drafts))
            if found is None:
                break
            head.due_us = max(head.due_us, found.due_us)
            self._take(found.draft, head.size + len(drafts), head.now_us + len(drafts))
            drafts.append(found.draft)
        return drafts

    def decide(self, act: Act[object], index: int, now_us: int) -> Draft:
        """Judges one act, then moves this batch's copy of the house past the entry.

        What the act makes anyone owe is of the cycle that is open before it. CoalitionError FIELD_INVALID also for a tariff whose
        calendar nobody knows; an auditor may not know it either.
        """
        if isinstance(act.body, ProposeTariff):
            check_known(act.body.tariff)
        draft = decide_desk(self.house, self._figures, act, now_us, self._owed)
        draft.cycle = self.house.open_cycle
        self._take(draft, index, now_us)
        self._files += draft.files
        return draft

    def _take(self, draft: Draft, index: int, now_us: int) -> None:
        self.house.apply(Entry(HOUSE, index, index, now_us, draft.kind, draft.lines))

    def changes(self) -> list[Statement]:
        """The files that entries name by their hash; all else of the house is a fold of its entries."""
        if not self._files:
            return []
        digests = [sha256(content).digest() for _, content in self._files]
        return [Statement(FILES, (digests, *columns(self._files)))]
