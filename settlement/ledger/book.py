"""A shard's book as one batch sees it: what was loaded, and what the decisions changed. In memory; knows no SQL."""

from bisect import insort
from dataclasses import dataclass, field
from typing import TypeAlias

from settlement.ledger import chart
from settlement.ledger.known_proofs import KnownProofs
from settlement.ledger.transits import Transits
from settlement.money import POINTS

NEVER_US = 2**62
IDLE_US = 2**61
"""In the place of the date of lots that expire by their member's activity: after every date, before never."""
LotName: TypeAlias = tuple[int, int]
"""The entry that made a lot, and the lot's place among those that it made, from 0."""
Slice: TypeAlias = tuple[LotName, int]
"""Points of one lot that one act moves."""


@dataclass(slots=True)
class Lot:
    """Points issued together. Ordered by when they are to be spent: soonest expiry first, then oldest.

    `tariff`: the house entry of the tariff under which they were issued. `idle_months`: they expire so many months after their
    member's last act, and have IDLE_US for a date. `pending_until_us`: when they become spendable; None: they are. `expired`:
    points that ended unspent, and that no reversal has counted yet. `notice_us`: when their funder is to be told that they are
    about to expire; None: never, or it was. The fields stand in the order of the table's columns.
    """

    index: int
    place: int
    member: str
    funder: str
    asset: str
    quantity: int
    remaining: int
    expires_at_us: int
    tariff: int
    idle_months: int | None = None
    pending_until_us: int | None = None
    expired: int = 0
    notice_us: int | None = None

    @property
    def name(self) -> LotName:
        """What the lot is called within its shard."""
        return self.index, self.place

    @property
    def account(self) -> str:
        """The account of its member in which its points stand."""
        return chart.wallet(self.member) if self.pending_until_us is None else chart.pending(self.member)

    def __lt__(self, other: "Lot") -> bool:
        if self.expires_at_us != other.expires_at_us:
            return self.expires_at_us < other.expires_at_us
        if self.index != other.index:
            return self.index < other.index
        return self.place < other.place


@dataclass(slots=True)
class Arrear:
    """Points that a member owes a partner: spent, and then taken back by a reversal of their issue. Named like a lot.
    `tariff`: the house entry of the tariff under which they were issued. The fields stand in the order of the table's columns.
    """

    index: int
    place: int
    member: str
    partner: str
    asset: str
    quantity: int
    remaining: int
    tariff: int

    @property
    def name(self) -> LotName:
        """What the arrear is called within its shard."""
        return self.index, self.place


@dataclass(slots=True)
class Wallet:
    """A member's spendable points, those in open holds, those that are pending, open lots, the pending ones too, in the order of
    spending, and open arrears, oldest first; or the same of its value.

    `active_at_us`: when the member last spent or was given anything; kept, of points, from its first lot by activity on.
    """

    balance: int
    held: int = 0
    pending: int = 0
    active_at_us: int | None = None
    lots: list[Lot] = field(default_factory=list)
    arrears: list[Arrear] = field(default_factory=list)

    @property
    def most(self) -> int:
        """What the balance comes to if every hold is given back and all that is pending becomes spendable."""
        return self.balance + self.held + self.pending


@dataclass(slots=True)
class Original:
    """An accepted issue, redemption or capture that may be reversed: the slices that it put into lots or took out.
    `tariff`: the house entry of the one that priced it. `reversed`: how many of its points are reversed already. What is reversed
    of a capture goes to the wallet, not back into the hold.
    """

    index: int
    kind: str
    member: str
    amount: int
    slices: tuple[Slice, ...]
    tariff: int
    reversed: int = 0
    asset: str = POINTS

    @property
    def left(self) -> int:
        """Points still to be reversed."""
        return self.amount - self.reversed


@dataclass(slots=True)
class Hold:
    """Slices set aside, as they were taken, by an accepted authorize, which is entry `index`. `tariff` prices their capture, at
    `until_us` it runs out. `is_open`: nothing came of it yet.
    """

    index: int
    member: str
    partner: str
    amount: int
    tariff: int
    until_us: int
    slices: tuple[Slice, ...]
    is_open: bool = True
    asset: str = POINTS


@dataclass(slots=True)
class Book:
    """What the acts of a batch need, and the changes they make. Members that do not exist are absent from `wallets`.
    `values`: wallets of value, of those members who have or had any.
    """

    shard: int
    wallets: dict[str, Wallet] = field(default_factory=dict)
    values: dict[str, Wallet] = field(default_factory=dict)
    aliases: dict[bytes, str] = field(default_factory=dict)
    lots: dict[LotName, Lot] = field(default_factory=dict)
    originals: dict[tuple[str, str], Original] = field(default_factory=dict)
    holds: dict[int, Hold] = field(default_factory=dict)
    hold_numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    """By partner and act id of the authorize."""
    proofs: KnownProofs = field(default_factory=KnownProofs)
    changed_lots: dict[LotName, Lot] = field(default_factory=dict)
    """Lots that are new, have more or fewer points than before, or are pending no more."""
    changed_wallets: dict[str, Wallet] = field(default_factory=dict)
    """Members of whose activity, or lots by activity, there is news."""
    new_members: list[str] = field(default_factory=list)
    new_aliases: list[tuple[bytes, str]] = field(default_factory=list)
    changed_arrears: dict[LotName, Arrear] = field(default_factory=dict)
    """Arrears that are new or repaid in part."""
    reversals: list[tuple[int, int, int]] = field(default_factory=list)
    """Entry reversed, entry that reverses it, and how many points."""
    new_holds: list[Hold] = field(default_factory=list)
    closed_holds: list[tuple[int, int]] = field(default_factory=list)
    """Holds, and the entries that closed them."""
    transits: Transits = field(default_factory=Transits)

    def wallet(self, member: str, asset: str) -> Wallet:
        """A member's points, or its value. KeyError for a member that does not exist."""
        wallet = self.wallets[member]
        return wallet if asset == POINTS else self.values.setdefault(member, Wallet(0))

    def enrol(self, member: str) -> None:
        """Adds a member with an empty wallet."""
        self.wallets[member] = Wallet(0)
        self.new_members.append(member)

    def link(self, alias: bytes, member: str) -> None:
        """Adds an alias."""
        self.aliases[alias] = member
        self.new_aliases.append((alias, member))

    def add_lot(self, lot: Lot) -> None:
        """Puts freshly issued points into their member's wallet."""
        wallet = self._move(lot, lot.remaining)
        if not wallet.lots or wallet.lots[-1] < lot:
            wallet.lots.append(lot)
        else:
            insort(wallet.lots, lot)
        if lot.idle_months is not None:
            wallet.active_at_us = wallet.active_at_us or 0
        self.lots[lot.name] = self.changed_lots[lot.name] = lot

    def take(self, lot: Lot, quantity: int) -> None:
        """Takes points out of an open lot."""
        wallet = self._move(lot, -quantity)
        lot.remaining -= quantity
        if lot.remaining == 0:
            wallet.lots.remove(lot)
        self.changed_lots[lot.name] = lot

    def expire(self, lot: Lot) -> None:
        """Ends what is left of a lot unspent."""
        lot.expired += lot.remaining
        self.take(lot, lot.remaining)

    def count_expired(self, lot: Lot, points: int) -> None:
        """A reversal undoes points that expired: they are gone already, and nobody owes them."""
        lot.expired -= points
        self.changed_lots[lot.name] = lot

    def give_back(self, lot: Lot, quantity: int) -> None:
        """Returns points to the lot they came from."""
        wallet = self._move(lot, quantity)
        if lot.remaining == 0:
            insort(wallet.lots, lot)
        lot.remaining += quantity
        self.changed_lots[lot.name] = lot

    def add_arrear(self, arrear: Arrear) -> None:
        """Makes a member owe points."""
        self.wallet(arrear.member, arrear.asset).arrears.append(arrear)
        self.changed_arrears[arrear.name] = arrear

    def repay(self, arrear: Arrear, quantity: int) -> None:
        """Lessens what a member owes."""
        arrear.remaining -= quantity
        if arrear.remaining == 0:
            self.wallet(arrear.member, arrear.asset).arrears.remove(arrear)
        self.changed_arrears[arrear.name] = arrear

    def reverse(self, original: Original, index: int, quantity: int) -> None:
        """Notes that entry `index` reverses points of an earlier one."""
        original.reversed += quantity
        self.reversals.append((original.index, index, quantity))

    def know_hold(self, name: tuple[str, str], hold: Hold) -> None:
        """Keeps a hold by its number and by the act that asked for it."""
        self.holds[hold.index] = hold
        self.hold_numbers[name] = hold.index

    def open_hold(self, name: tuple[str, str], hold: Hold) -> None:
        """Sets the hold's slices aside."""
        for lot, quantity in hold.slices:
            self.take(self.lots[lot], quantity)
        self.wallet(hold.member, hold.asset).held += hold.amount
        self.know_hold(name, hold)
        self.new_holds.append(hold)

    def close_hold(self, hold: Hold, index: int, given: tuple[Slice, ...]) -> None:
        """Entry `index` ends a hold; these slices of it go back to their lots, even if the lots' time has passed meanwhile."""
        for lot, quantity in given:
            self.give_back(self.lots[lot], quantity)
        self.wallet(hold.member, hold.asset).held -= hold.amount
        hold.is_open = False
        self.closed_holds.append((hold.index, index))

    def free(self, lot: Lot) -> None:
        """Makes pending points spendable."""
        self._move(lot, -lot.remaining)
        lot.pending_until_us = None
        self._move(lot, lot.remaining)
        self.changed_lots[lot.name] = lot

    def note_notice(self, lot: Lot) -> None:
        """The lot's funder has been told."""
        lot.notice_us = None
        self.changed_lots[lot.name] = lot

    def note_activity(self, member: str, now_us: int) -> None:
        """The member has spent or was given points or value; nobody asks when while it never had a lot by activity."""
        wallet = self.wallets[member]
        if wallet.active_at_us is not None:
            wallet.active_at_us = now_us
            self.changed_wallets[member] = wallet

    def forget_changes(self) -> None:
        """Starts the lists of what changed afresh; the state stays."""
        for changes in (self.changed_lots, self.changed_arrears, self.changed_wallets, self.proofs.changed):
            changes.clear()
        for news in (self.new_members, self.new_aliases, self.reversals, self.new_holds, self.closed_holds):
            news.clear()
        self.transits.forget_changes()

    def _move(self, lot: Lot, points: int) -> Wallet:
        wallet = self.wallet(lot.member, lot.asset)
        if lot.pending_until_us is None:
            wallet.balance += points
        else:
            wallet.pending += points
        if lot.idle_months is not None:
            self.changed_wallets[lot.member] = wallet
        return wallet
