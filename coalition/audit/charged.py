"""What the leaves' postings of money add up to, by purpose."""

from collections import defaultdict

from coalition.audit.tallied import Sums
from settlement.journal.leaf import Entry
from settlement.statements.purposes import Charges, MoneySource, charges_of, money_legs


class Charged:
    """Sums of money per cycle."""

    def __init__(self) -> None:
        self._cycles: dict[int, dict[MoneySource, Sums]] = defaultdict(lambda: defaultdict(Sums))

    def add(self, entry: Entry, cycle: int) -> None:
        """Adds one entry that fell into the shard's `cycle`."""
        for source, micros in money_legs(entry):
            sums = self._cycles[cycle][source]
            sums.first += micros
            sums.second += 1

    def of(self, cycle: int, *, operator: str) -> Charges:
        """What participants came to owe each other in a cycle, by purpose."""
        sums = self._cycles.get(cycle, {}).items()
        return charges_of(((source, both.first, both.second) for source, both in sums), operator=operator)
