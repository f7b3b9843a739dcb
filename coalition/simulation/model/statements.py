"""Who gets a statement, and its number: docs/clearing.md, "Statements"."""

from collections.abc import Iterable, Sequence

from coalition.simulation.model.cycles import Cycles
from coalition.simulation.model.settlements import Settlements
from coalition.simulation.model.terms import Line, ModelError, Post

PER_ENTRY = 200
_MOVED = ("issued", "redeemed", "expired", "arrears")


class Statements:
    """Which statements the journal has named. What they say, the audit computes again: here it is who gets one."""

    def __init__(self, cycles: Cycles, settlements: Settlements) -> None:
        self._cycles, self._settlements = cycles, settlements
        self._active: dict[int, set[str]] = {}
        self._left: list[str] = []
        self.cycle = 0
        self.number = 0
        self.entries = 0
        """How many entries name statements."""

    def note(self, shard: int, posts: Iterable[Post]) -> None:
        """Whose points or value the postings of a shard move."""
        names = self._active.setdefault(self._cycles.of_shard(shard), set())
        for account in [account for post in posts for account in (post.debit, post.credit)]:
            kind, *named = account.split(":")
            if kind in _MOVED:
                names.add(named[-1])

    def name(self, documents: Sequence[str]) -> tuple[Line, ...]:
        """The lines of the next entry, but for `request`; the hashes are those of `documents`. ModelError NO_STATEMENTS_DUE."""
        if not self._left:
            self._go_on()
        here, self._left = self._left[:PER_ENTRY], self._left[PER_ENTRY:]
        self.entries += 1
        lines: list[Line] = [("cycle", str(self.cycle))]
        for partner, document in zip(here, [*documents, *[""] * len(here)], strict=False):
            self.number += 1
            hashes = document.split(" ")[2:]
            lines.append(("document", " ".join([str(self.number), partner, *hashes])))
        return tuple(lines)

    def _go_on(self) -> None:
        cycle = self.cycle + 1
        if cycle not in self._cycles.closed_at or not self._cycles.is_cut(cycle):
            raise ModelError("NO_STATEMENTS_DUE", f"cycle {cycle} is not closed and cut by every shard")
        self.cycle, self._left = cycle, sorted(self._participants(cycle))

    def _participants(self, cycle: int) -> set[str]:
        """All with an obligation, with activity, with a position before the cycle, or with a part in a settlement in it."""
        standing: dict[str, int] = {}
        for earlier in range(1, cycle):
            figures = self._cycles.figures(earlier)
            assert figures is not None, "an earlier cycle is cut"
            _add(standing, figures.nets, 1)
        settled: dict[str, int] = {}
        before, close = self._cycles.closed_at.get(cycle - 1, -1), self._cycles.closed_at[cycle]
        for one in self._settlements.all:
            for entry, sign in ((one.approved_at, -1), (one.aborted_at, 1)):
                if entry is not None and entry <= close:
                    _add(standing if entry <= before else settled, one.nets, sign)
        names = {name for pair in self._cycles.accrued[cycle] for name in pair}
        names |= self._active.get(cycle, set())
        return names | {name for sums in (standing, settled) for name, net in sums.items() if net}


def _add(sums: dict[str, int], nets: dict[str, int], sign: int) -> None:
    for name, net in nets.items():
        sums[name] = sums.get(name, 0) + sign * net
