"""What the leaves' postings of money add up to, by purpose."""

from collections import defaultdict

from coalition.audit.tallied import Sums
from settlement.journal.leaf import Entry
from settlement.statements.purposes import Charges, MoneySource, charges_of, money_legs


class Charged:
    """Sums of money per cycle."""

    def __init__(self) -> None:
        self._operator, self._currency = "", ""
        self._cycles: dict[int, dict[MoneySource, Sums]] = defaultdict(lambda: defaultdict(Sums))

    def add(self, entry: Entry, cycle: int) -> None:
        """Adds one entry that fell into the shard's `cycle`."""
        if entry.kind == "found":
            self._operator, self._currency = entry.one("operator"), entry.one("currency").split(" ")[0]
        for source, micros in money_legs(entry, self._currency):
            sums = self._cycles[cycle][source]
            sums.first += micros
            sums.second += 1

    def of(self, cycle: int) -> Charges:
        """What participants came to owe each other in a cycle, by purpose."""
        sums = self._cycles.get(cycle, {}).items()
        return charges_of(
            ((source, both.first, both.second) for source, both in sums), operator=self._operator
        )
