"""Points on their way from one shard to another, as a batch sees them. In memory; knows no SQL."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from settlement.ledger.book import Lot


@dataclass(slots=True)
class Transit:
    """A transfer to a member of another shard, which entry `index` of `shard` sent at `sent_at_us`.

    `lots`: what the recipient gets, numbered as if that entry had made them. `is_open`: they have not arrived yet.
    """

    shard: int
    index: int
    to_shard: int
    recipient: str
    sent_at_us: int
    lots: tuple["Lot", ...]
    is_open: bool = True


@dataclass(slots=True)
class Transits:
    """What a book knows of other shards, and what goes there or comes from there.

    `shards`: where members live whose wallets may not be in the book. `sent`: a member's last day with a transfer, counted from
    1970, and the points it sent on it.
    """

    shards: dict[str, int] = field(default_factory=dict)
    sent: dict[str, tuple[int, int]] = field(default_factory=dict)
    by_entry: dict[int, Transit] = field(default_factory=dict)
    senders: set[str] = field(default_factory=set)
    """Members who sent points in this batch."""
    new: list[Transit] = field(default_factory=list)
    arrived: list[tuple[int, int, int]] = field(default_factory=list)
    """Shard and entry of a transfer from elsewhere, and the entry by which it arrives."""

    def sent_on(self, member: str, day: int) -> int:
        """Points that the member has sent on a day: its last one with a transfer, or a later one."""
        last, points = self.sent.get(member, (day, 0))
        return points if last == day else 0

    def note_sent(self, member: str, day: int, points: int) -> None:
        """The member sends points."""
        self.sent[member] = (day, self.sent_on(member, day) + points)
        self.senders.add(member)

    def send(self, transit: Transit) -> None:
        """Points leave the shard."""
        self.by_entry[transit.index] = transit
        self.new.append(transit)

    def receive(self, transit: Transit, index: int) -> None:
        """Points come into the shard, by its entry `index`."""
        transit.is_open = False
        self.arrived.append((transit.shard, transit.index, index))

    def forget_changes(self) -> None:
        """Starts the lists of what changed afresh; the state stays."""
        for news in (self.senders, self.new, self.arrived):
            news.clear()
