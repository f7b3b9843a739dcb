"""A shard's book as one batch sees it: what was loaded, and what the decisions changed. In memory; knows no SQL."""

from bisect import insort
from dataclasses import dataclass, field
from typing import TypeAlias

NEVER_US = 2**62
LotName: TypeAlias = tuple[int, int]
"""The entry that made a lot, and the lot's place among those that it made, from 0."""
Slice: TypeAlias = tuple[LotName, int]
"""Points of one lot that one act moves."""


@dataclass(slots=True)
class Lot:
    """Points issued together. Ordered by when they are to be spent: soonest expiry first, then oldest.

    `tariff`: the house entry of the tariff under which they were issued. The fields stand in the order of the table's columns.
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

    @property
    def name(self) -> LotName:
        """What the lot is called within its shard."""
        return self.index, self.place

    def __lt__(self, other: "Lot") -> bool:
        if self.expires_at_us != other.expires_at_us:
            return self.expires_at_us < other.expires_at_us
        if self.index != other.index:
            return self.index < other.index
        return self.place < other.place


@dataclass(slots=True)
class Arrear:
    """Points that a member owes a partner: spent, and then taken back by a reversal of their issue.

    Named like a lot, by the entry that made it. `tariff`: the house entry of the tariff then in force. The fields stand in the
    order of the table's columns.
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
    """A member's spendable points, open lots in the order of spending, and open arrears, oldest first."""

    balance: int
    lots: list[Lot] = field(default_factory=list)
    arrears: list[Arrear] = field(default_factory=list)


@dataclass(slots=True)
class Original:
    """An accepted issue or redemption that may be reversed: the slices that it put into lots or took out.

    `tariff`: the house entry of the tariff then in force. `reversed`: how many of its points are reversed already.
    """

    index: int
    kind: str
    member: str
    amount: int
    slices: tuple[Slice, ...]
    tariff: int
    reversed: int = 0

    @property
    def left(self) -> int:
        """Points still to be reversed."""
        return self.amount - self.reversed


@dataclass(slots=True)
class Book:
    """What the acts of a batch need, and the changes they make. Members that do not exist are absent from `wallets`."""

    shard: int
    wallets: dict[str, Wallet] = field(default_factory=dict)
    aliases: dict[bytes, str] = field(default_factory=dict)
    lots: dict[LotName, Lot] = field(default_factory=dict)
    originals: dict[tuple[str, str], Original] = field(default_factory=dict)
    changed_lots: dict[LotName, Lot] = field(default_factory=dict)
    """Lots that are new, or have more or fewer points than before."""
    new_members: list[str] = field(default_factory=list)
    new_aliases: list[tuple[bytes, str]] = field(default_factory=list)
    changed_arrears: dict[LotName, Arrear] = field(default_factory=dict)
    """Arrears that are new or repaid in part."""
    reversals: list[tuple[int, int, int]] = field(default_factory=list)
    """Entry reversed, entry that reverses it, and how many points."""

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
        wallet = self.wallets[lot.member]
        wallet.balance += lot.remaining
        if not wallet.lots or wallet.lots[-1] < lot:
            wallet.lots.append(lot)
        else:
            insort(wallet.lots, lot)
        self.lots[lot.name] = self.changed_lots[lot.name] = lot

    def take(self, lot: Lot, quantity: int) -> None:
        """Takes points out of an open lot."""
        wallet = self.wallets[lot.member]
        lot.remaining -= quantity
        wallet.balance -= quantity
        if lot.remaining == 0:
            wallet.lots.remove(lot)
        self.changed_lots[lot.name] = lot

    def give_back(self, lot: Lot, quantity: int) -> None:
        """Returns points to the lot they came from."""
        wallet = self.wallets[lot.member]
        if lot.remaining == 0:
            insort(wallet.lots, lot)
        lot.remaining += quantity
        wallet.balance += quantity
        self.changed_lots[lot.name] = lot

    def add_arrear(self, arrear: Arrear) -> None:
        """Makes a member owe points."""
        self.wallets[arrear.member].arrears.append(arrear)
        self.changed_arrears[arrear.name] = arrear

    def repay(self, arrear: Arrear, quantity: int) -> None:
        """Lessens what a member owes."""
        arrear.remaining -= quantity
        if arrear.remaining == 0:
            self.wallets[arrear.member].arrears.remove(arrear)
        self.changed_arrears[arrear.name] = arrear

    def reverse(self, original: Original, index: int, quantity: int) -> None:
        """Notes that entry `index` reverses points of an earlier one."""
        original.reversed += quantity
        self.reversals.append((original.index, index, quantity))

    def forget_changes(self) -> None:
        """Starts the lists of what changed afresh; the state stays."""
        for changes in (self.changed_lots, self.changed_arrears):
            changes.clear()
        for news in (self.new_members, self.new_aliases, self.reversals):
            news.clear()
