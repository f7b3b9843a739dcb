"""What the leaves add up to: balances, lots, arrears, obligations. It knows how a leaf is spelled and no rule of the ledger."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from coalition.audit.charged import Charged
from coalition.audit.proved import ProofName, take_proofs
from coalition.audit.tallied import (
    Funded,
    LotName,
    Sums,
    TalliedArrear,
    TalliedHold,
    TalliedLot,
    TalliedTransit,
    named_place,
    new_lot,
    read_lot_name,
)
from settlement.clearing.accrual import Accrual
from settlement.clock import parse_time
from settlement.journal.leaf import Entry, Transfer
from settlement.ledger.chart import parties
from settlement.statements.cyclebook import Activity, activity_of, points_leg

_ENDING_HOLDS = frozenset({"capture", "void", "lapse"})


@dataclass(slots=True)
class Tally:
    """All sums of a journal. Keys begin with the shard, as the tables' keys do."""

    operator: str = ""
    balances: dict[tuple[int, str, str], Sums] = field(default_factory=lambda: defaultdict(Sums))
    lots: dict[LotName, TalliedLot] = field(default_factory=dict)
    obligations: dict[tuple[int, int, str, str], Sums] = field(default_factory=lambda: defaultdict(Sums))
    members: dict[str, int] = field(default_factory=dict)
    arrears: dict[LotName, TalliedArrear] = field(default_factory=dict)
    proofs: dict[ProofName, bytes | None] = field(default_factory=dict)
    reversals: dict[tuple[int, int, int], int] = field(default_factory=dict)
    """(Shard, entry reversed, entry that reverses it) to points."""
    spent: dict[Funded, int] = field(default_factory=lambda: defaultdict(int))
    held: dict[LotName, int] = field(default_factory=lambda: defaultdict(int))
    """Lot to its points in open holds."""
    expired: dict[Funded, int] = field(default_factory=lambda: defaultdict(int))
    """What expired, as `spent`."""
    holds: dict[tuple[int, int], TalliedHold] = field(default_factory=dict)
    transits: dict[tuple[int, int], TalliedTransit] = field(default_factory=dict)
    """By shard and entry of the transfer."""
    concerns: set[tuple[str, int, int]] = field(default_factory=set)
    """Partners that are to learn of an entry of the engine, with its shard and number."""
    moved: dict[int, dict[tuple[str, str, bool], Sums]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(Sums))
    )
    """Cycle to (asset, account across from a member's, whether it left the member) to how much and number of acts."""
    charged: Charged = field(default_factory=Charged, compare=False)
    """For statements, which `fsck` makes none of: its short way leaves this out."""

    def add(self, entry: Entry, *, cycle: int) -> list[str]:
        """Adds one entry that fell into the shard's `cycle`. Returns what went below zero or above its quantity."""
        wrong: list[str] = []
        self.operator = entry.get("operator") or self.operator
        for transfer in entry.transfers():
            wrong += self.post(entry.shard, cycle, transfer)
        self.charged.add(entry, cycle)
        lots = entry.all("lot")
        # What the reversal of an issue takes out of its lot ends unspent; nothing else is ever taken without being given.
        spends = entry.kind != "reverse" or any(value.startswith(("give ", "renew ")) for value in lots)
        for place, value in enumerate(lots):
            wrong += self._lot(entry, place, value, spends=spends)
        self.concerns |= {(partner, entry.shard, entry.index) for partner in self._concerned(entry)}
        for place, value in enumerate(entry.all("arrear")):
            wrong += self._arrear(entry, place, value)
        if entry.refusal is None and entry.kind == "enrol":
            self.members[entry.get("member") or ""] = entry.shard
        self.members |= dict.fromkeys(entry.all("joined"), entry.shard)
        take_proofs(self.proofs, entry)
        original = entry.get("original")
        if entry.refusal is None and entry.kind == "authorize":
            self._open_hold(entry)
        elif entry.refusal is None and entry.kind == "transfer":
            self._send(entry)
        elif original is not None and entry.kind == "arrive":
            wrong += self._arrive(entry, original)
        elif original is not None and entry.refusal is None and entry.kind == "reverse":
            self.reversals[*named_place(original), entry.index] = int(entry.one("amount").split(" ")[1])
        elif original is not None and entry.refusal is None and entry.kind != "release":
            wrong += self._close(entry, original)
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

    def activity(self, cycle: int) -> dict[str, dict[str, Activity]]:
        """By asset what each partner moved in a cycle, over all shards."""
        moved = self.moved.get(cycle, {})
        return activity_of((*leg, sums.first, sums.second) for leg, sums in moved.items())

    def accruals(self, cycle: int) -> dict[tuple[str, str], Accrual]:
        """(debtor, creditor) to what accrued up to the end of a cycle, in micros."""
        found: dict[tuple[str, str], list[int]] = {}
        for (_, fell_into, debtor, creditor), sums in self.obligations.items():
            if fell_into <= cycle:
                parts = found.setdefault((debtor, creditor), [0, 0, 0])
                if fell_into < cycle:
                    parts[0] += sums.first
                else:
                    parts[1] += sums.first
                    parts[2] += sums.second
        return {pair: Accrual(before, within, count) for pair, (before, within, count) in found.items()}

    def post(self, shard: int, cycle: int, transfer: Transfer) -> Sequence[str]:
        """Adds one posting. Returns what went wrong, as `add`."""
        self.post_many(shard, cycle, transfer, 1)
        debit, _, asset, amount = transfer
        debited = self.balances[shard, debit, asset]
        from_wallet = debit.startswith(("wallet:", "held:", "pending:"))
        if amount > 0 and not (from_wallet and debited.first > debited.second):
            return ()
        wrong = [] if amount > 0 else [f"a posting of {amount} from {debit}"]
        if from_wallet and debited.first > debited.second:
            wrong.append(f"{debit} falls to {debited.second - debited.first}")
        return wrong

    def post_many(self, shard: int, cycle: int, total: Transfer, count: int) -> None:
        """Adds so many postings between two accounts, and all their amounts; not to the side that is left empty."""
        debit, credit, asset, amount = total
        if debit:
            self.balances[shard, debit, asset].first += amount
        if credit:
            self.balances[shard, credit, asset].second += amount
        if (leg := points_leg(total)) is not None:
            sums = self.moved[cycle][leg[:3]]
        elif (pair := parties(debit, credit, operator=self.operator)) is not None:
            sums = self.obligations[shard, cycle, pair[0], pair[1]]
        else:
            return
        sums.first += amount
        sums.second += count

    def open_lot(self, name: LotName, lot: TalliedLot) -> None:
        """Adds the points that an entry issues."""
        self.lots[name] = lot

    def move_points(self, name: LotName, points: int, *, spent: bool) -> Sequence[str]:
        """Adds points to a lot, or takes them if they are negative; `spent`: by a redemption or back from one."""
        known = self.lots.get(name)
        if known is None:
            return [f"lot {_spell(name)} does not exist"]
        known.remaining += points
        if spent:
            self.spent[known.funder, known.asset] -= points
        if 0 <= known.remaining <= known.quantity:
            return ()
        return [f"lot {_spell(name)} of {known.quantity} points comes to {known.remaining}"]

    def _lot(self, entry: Entry, place: int, value: str, *, spends: bool) -> Sequence[str]:
        verb, *facts = value.split(" ")
        if verb == "send":
            return ()
        if verb in ("new", "grant"):
            member = facts.pop(0) if verb == "grant" else entry.get("recipient") or entry.get("member") or ""
            self.open_lot((entry.shard, entry.index, place), new_lot(entry, member, *facts))
            return ()
        name, points = read_lot_name(facts[0]), int(facts[1])
        if verb == "free":
            return self._free(name)
        if verb == "renew":
            return self._renew((entry.shard, entry.index, place), name, points, parse_time(facts[2]))
        if verb == "spend":
            return self._move_held(name, -points)
        if entry.kind == "authorize" or (verb == "give" and entry.kind in _ENDING_HOLDS):
            return self._move_held(name, points if verb == "take" else -points, out_of_lot=True)
        if entry.kind == "expire":
            return self._expire(name, points)
        if entry.kind == "transfer" and name[1] != entry.index:
            return self.move_points(name, -points, spent=False)
        return self.move_points(name, points if verb == "give" else -points, spent=spends)

    def _move_held(self, name: LotName, points: int, *, out_of_lot: bool = False) -> Sequence[str]:
        """Adds points of a lot to those held, or takes them if they are negative; they come out of the lot, or end spent."""
        known = self.lots.get(name)
        if known is None:
            return [f"lot {_spell(name)} does not exist"]
        self.held[name] += points
        if out_of_lot:
            return self.move_points(name, -points, spent=False)
        self.spent[known.funder, known.asset] -= points
        return ()

    def _free(self, name: LotName) -> Sequence[str]:
        """A lot is pending no more."""
        known = self.lots.get(name)
        if known is None:
            return [f"lot {_spell(name)} does not exist"]
        known.pending_until_us = None
        return ()

    def _renew(self, name: LotName, old: LotName, points: int, expires_at_us: int) -> Sequence[str]:
        """Points come back from a redemption in a new lot, as their own is over."""
        known = self.lots.get(old)
        if known is None:
            return [f"lot {_spell(old)} does not exist"]
        self.spent[known.funder, known.asset] -= points
        new = replace(known, quantity=points, remaining=points, expires_at_us=expires_at_us)
        self.open_lot(name, new)
        return ()

    def _expire(self, name: LotName, points: int) -> Sequence[str]:
        wrong = self.move_points(name, -points, spent=False)
        known = self.lots.get(name)
        if known is not None:
            self.expired[known.funder, known.asset] += points
        return wrong

    def _send(self, entry: Entry) -> None:
        lots = [
            new_lot(entry, entry.one("recipient"), *value.split(" ")[1:])
            for value in entry.all("lot")
            if value[:5] == "send "
        ]
        ways = [each.credit.split(":")[2] for each in entry.transfers() if each.credit[:8] == "transit:"]
        for to_shard in ways:
            transit = TalliedTransit(int(to_shard), entry.one("recipient"), lots)
            self.transits[entry.shard, entry.index] = transit

    def _arrive(self, entry: Entry, original: str) -> Iterator[str]:
        transit = self.transits.get(named_place(original))
        if transit is None:
            yield f"nothing was sent by {original}"
        elif transit.arrived_by is not None:
            yield f"what {original} sent arrives a second time"
        else:
            transit.arrived_by = entry.index

    def _open_hold(self, entry: Entry) -> None:
        asset, amount = entry.one("amount").split(" ")
        facts = (int(amount), int(entry.one("tariff")), parse_time(entry.one("until")), asset)
        hold = TalliedHold(entry.one("member"), entry.one("partner"), *facts)
        self.holds[entry.shard, entry.index] = hold

    def _concerned(self, entry: Entry) -> set[str]:
        if entry.kind == "expire":
            accounts = [transfer.credit for transfer in entry.transfers()]
            return {name.removeprefix("expired:") for name in accounts if name.startswith("expired:")}
        if entry.kind == "notice":
            return {value.split(" ")[0] for value in entry.all("expiring")}
        if entry.kind == "overdue":
            return {entry.one("subject")}
        if entry.kind == "lapse":
            hold = self.holds.get(named_place(entry.one("original")))
            return set() if hold is None else {hold.partner}
        return set()

    def _close(self, entry: Entry, original: str) -> Iterator[str]:
        hold = self.holds.get(named_place(original))
        if hold is None:
            yield f"hold {original} does not exist"
        elif hold.closed_by is not None:
            yield f"hold {original} is closed a second time"
        else:
            hold.closed_by = entry.index

    def _arrear(self, entry: Entry, place: int, value: str) -> Sequence[str]:
        verb, *facts = value.split(" ")
        if verb == "new":
            partner, asset, quantity, tariff = facts
            points = int(quantity)
            arrear = TalliedArrear(entry.get("member") or "", partner, asset, points, points, int(tariff))
            self.arrears[entry.shard, entry.index, place] = arrear
            return ()
        name = read_lot_name(facts[0])
        known = self.arrears.get(name)
        if known is None:
            return [f"arrear {_spell(name)} does not exist"]
        known.remaining -= int(facts[1])
        return () if known.remaining >= 0 else [f"arrear {_spell(name)} comes to {known.remaining}"]


def _spell(name: LotName) -> str:
    shard, index, place = name
    return f"{shard}:{index}.{place}"
