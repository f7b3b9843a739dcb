"""What the tax on the operator's fees must come to: by the leaves' own postings and tariffs, and no rule of the ledger."""

from collections import Counter
from collections.abc import Iterable, Mapping

from coalition.audit.tallied import LotName, TalliedLot, read_lot_name
from settlement.house.tariff import Tariff
from settlement.journal.leaf import Entry, Transfer
from settlement.ledger.chart import FEE_INCOME
from settlement.money import BASIS_POINTS


class Taxed:
    """`due`: by shard, in micros; each fee's tax is rounded down by itself, and goes back with the fee."""

    def __init__(self) -> None:
        self.due: Counter[int] = Counter()

    def add(self, entry: Entry, tariffs: Mapping[int, Tariff], lots: Mapping[LotName, TalliedLot]) -> None:
        """Adds the fees of an entry; `lots`: as the entries so far leave them. Of a tariff that is not there nothing is due."""
        fees = [each for each in entry.transfers() if FEE_INCOME in (each.debit, each.credit)]
        terms = tariffs.get(_tariff_of(entry, lots)) if fees else None
        if terms is not None:
            self.post(entry.shard, fees, terms)

    def post(self, shard: int, posts: Iterable[Transfer], terms: Tariff) -> None:
        """Adds the fees among some postings, under the terms of their tariff."""
        for debit, credit, _, amount in posts if terms.vat_basis_points else ():
            if FEE_INCOME in (debit, credit):
                tax = amount * terms.vat_basis_points // BASIS_POINTS
                self.due[shard] += tax if credit == FEE_INCOME else -tax


def _tariff_of(entry: Entry, lots: Mapping[LotName, TalliedLot]) -> int:
    """A transfer says it; any other fee is for points, and has that of their lots: those made, taken, or missed as an arrear."""
    if entry.kind == "transfer":
        return int(entry.one("tariff"))
    for value in (*entry.all("lot"), *entry.all("arrear")):
        verb, *facts = value.split(" ")
        if verb in ("new", "grant"):
            return int(facts[-1])
        lot = lots.get(read_lot_name(facts[0]))
        if lot is not None:
            return lot.tariff
    return -1
