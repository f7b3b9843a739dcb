"""What the leaves add up to: balances, lots, obligations. It knows how a leaf is spelled and no rule of the ledger."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from settlement.clearing.accrual import Accrual
from settlement.clock import parse_time
from settlement.journal.leaf import Entry, Transfer
from settlement.ledger.book import NEVER_US
from settlement.ledger.chart import parties
from settlement.statements.cyclebook import Activity, activity_of, points_leg


@dataclass(slots=True)
class TalliedLot:
    """Points issued together, as the leaves' `lot` lines leave them."""

    member: str
    funder: str
    quantity: int
    remaining: int
    expires_at_us: int


@dataclass(slots=True)
class Sums:
    """Two totals of the same unit: debits and credits, or an amount and a count of postings."""

    first: int = 0
    second: int = 0


@dataclass(slots=True)
class Tally:
    """All sums of a journal. Keys begin with the shard, as the tables' keys do."""

    balances: dict[tuple[int, str, str], Sums] = field(default_factory=dict)
    lots: dict[tuple[int, int], TalliedLot] = field(default_factory=dict)
    obligations: dict[tuple[int, int, str, str], Sums] = field(default_factory=dict)
    members: dict[str, int] = field(default_factory=dict)
    reversals: dict[tuple[int, int], int] = field(default_factory=dict)
    spent: dict[str, int] = field(default_factory=dict)
    moved: dict[int, dict[tuple[str, bool], Sums]] = field(default_factory=dict)
    """Cycle to (account across from a wallet, whether points left the wallet) to points and number of acts."""

    def add(self, entry: Entry, *, cycle: int) -> list[str]:
        """Adds one entry that fell into the shard's `cycle`. Returns what went below zero or above its quantity."""
        wrong: list[str] = []
        for transfer in entry.transfers():
            wrong += self._post(entry.shard, cycle, transfer)
        for value in entry.all("lot"):
            wrong += self._lot(entry, value)
        if entry.refusal is None and entry.kind == "enrol":
            self.members[entry.get("member") or ""] = entry.shard
        original = entry.get("original")
        if original is not None and entry.refusal is None:
            wrong += self._reversal(entry, original)
        return wrong

    def balance(self, shard: int, account: str, asset: str) -> int:
        """Credits less debits."""
        sums = self.balances.get((shard, account, asset), Sums())
        return sums.second - sums.first

    def totals(self, prefix: str, asset: str) -> dict[str, int]:
        """Credits less debits over all shards, per account that begins with the prefix."""
        found: dict[str, int] = {}
        for (_, account, named), sums in self.balances.items():
            if named == asset and account.startswith(prefix):
                found[account] = found.get(account, 0) + sums.second - sums.first
        return found

    def activity(self, cycle: int) -> dict[str, Activity]:
        """Each partner's points moved in a cycle, over all shards."""
        moved = self.moved.get(cycle, {})
        return activity_of(
            (account, left, sums.first, sums.second) for (account, left), sums in moved.items()
        )

    def accruals(self, cycle: int) -> dict[tuple[str, str], Accrual]:
        """(debtor, creditor) to what accrued up to the end of a cycle, in micros."""
        found: dict[tuple[str, str], Accrual] = {}
        for (_, fell_into, debtor, creditor), sums in self.obligations.items():
            if fell_into > cycle:
                continue
            known = found.get((debtor, creditor), Accrual(0, 0, 0))
            if fell_into < cycle:
                added = Accrual(known.before_micros + sums.first, known.within_micros, known.count)
            else:
                within, count = known.within_micros + sums.first, known.count + sums.second
                added = Accrual(known.before_micros, within, count)
            found[debtor, creditor] = added
        return found

    def _post(self, shard: int, cycle: int, transfer: Transfer) -> Iterator[str]:
        debited = self.balances.setdefault((shard, transfer.debit, transfer.asset), Sums())
        credited = self.balances.setdefault((shard, transfer.credit, transfer.asset), Sums())
        debited.first += transfer.amount
        credited.second += transfer.amount
        leg = points_leg(transfer)
        if leg is not None:
            moved = self.moved.setdefault(cycle, {}).setdefault(leg[:2], Sums())
            moved.first += transfer.amount
            moved.second += 1
        pair = parties(transfer.debit, transfer.credit)
        if pair is not None:
            owed = self.obligations.setdefault((shard, cycle, *pair), Sums())
            owed.first += transfer.amount
            owed.second += 1
        if transfer.amount <= 0:
            yield f"a posting of {transfer.amount} from {transfer.debit}"
        if transfer.debit.startswith("wallet:") and debited.first > debited.second:
            yield f"{transfer.debit} falls to {debited.second - debited.first}"

    def _lot(self, entry: Entry, value: str) -> Iterator[str]:
        parts = value.split(" ")
        if parts[0] == "new":
            _, funder, quantity, expiry = parts
            expires_at_us = NEVER_US if expiry == "never" else parse_time(expiry)
            lot = TalliedLot(entry.get("member") or "", funder, int(quantity), int(quantity), expires_at_us)
            self.lots[entry.shard, entry.index] = lot
            return
        shard, _, index = parts[0].partition(":")
        known = self.lots.get((int(shard), int(index)))
        if known is None:
            yield f"lot {parts[0]} does not exist"
            return
        quantity_given_back = int(parts[1]) if self._gives_back(entry) else -int(parts[1])
        known.remaining += quantity_given_back
        if not self._ends_lot(entry):
            self.spent[known.funder] = self.spent.get(known.funder, 0) - quantity_given_back
        if not 0 <= known.remaining <= known.quantity:
            yield f"lot {parts[0]} of {known.quantity} points comes to {known.remaining}"

    def _ends_lot(self, entry: Entry) -> bool:
        """Whether the entry reverses an issue: such points leave the world unspent."""
        return entry.kind == "reverse" and not self._gives_back(entry)

    def _gives_back(self, entry: Entry) -> bool:
        """Whether the entry reverses a redemption; the original of an issue's reversal is itself a lot."""
        if entry.kind != "reverse":
            return False
        shard, _, index = (entry.get("original") or "0:0").partition(":")
        return (int(shard), int(index)) not in self.lots

    def _reversal(self, entry: Entry, original: str) -> Iterator[str]:
        shard, _, index = original.partition(":")
        place = (int(shard), int(index))
        if place in self.reversals:
            yield f"entry {original} is reversed a second time"
        self.reversals[place] = entry.index
