"""Late acts as the leaves tell them, by cycle."""

from collections import Counter, defaultdict

from settlement.journal.leaf import Entry
from settlement.statements.cyclebook import LateRow, late_act


class Late:
    """For statements, which `fsck` makes from the tables: its short way leaves this out."""

    def __init__(self) -> None:
        self._points: dict[int, Counter[tuple[str, str]]] = defaultdict(Counter)
        self._acts: dict[int, Counter[tuple[str, str]]] = defaultdict(Counter)

    def add(self, entry: Entry, cycle: int, began_us: int) -> None:
        """Adds an entry that fell into a cycle which began at this time."""
        found = late_act(entry, began_us)
        if found is not None:
            asset, partner, points = found
            self._points[cycle][asset, partner] += points
            self._acts[cycle][asset, partner] += 1

    def of(self, cycle: int) -> list[LateRow]:
        """The late acts of a cycle."""
        points, acts = self._points.get(cycle, Counter()), self._acts.get(cycle, Counter())
        return [(asset, partner, points[asset, partner], count) for (asset, partner), count in acts.items()]
