"""Opening balances: their entries are the engine's own, so each must be what its approved proposal allows, and no more."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from settlement.clock import parse_time
from settlement.house.records import Opening
from settlement.house.state import House
from settlement.journal.leaf import HOUSE, Entry
from settlement.ledger.book import NEVER_US, Book, Lot
from settlement.ledger.rules.expiry import notice_of
from settlement.ledger.rules.opening import PART_LOTS_MAX, Grant, brought_of, opening_draft
from settlement.money import AMOUNT_MAX, ASSETS


@dataclass(slots=True)
class Loaded:
    """What the entries of one opening add up to."""

    lots: int = 0
    points: int = 0
    value: int = 0
    members: set[str] = field(default_factory=set)


def grants_of(entry: Entry) -> list[Grant]:
    """The lots that an entry of kind `opening` states. ValueError for other `lot` lines."""
    grants = []
    for value in entry.all("lot"):
        _grant, member, _funder, asset, points, expiry, _tariff = value.split(" ")
        ends_us = NEVER_US if expiry == "never" else parse_time(expiry)
        grants.append(Grant(member, int(points), ends_us, asset))
    return grants


class Openings:
    """What was loaded of each opening, by partner and SHA-256 of its file. `joined`: members who came with one.

    `parts`: shard, file and part to the entry that loaded it, its lots, their points and value.
    """

    def __init__(self) -> None:
        self.loaded: dict[tuple[str, str], Loaded] = {}
        self.joined: set[str] = set()
        self.parts: dict[tuple[int, bytes, int], tuple[int, int, int, int]] = {}

    def what_is_wrong(self, entry: Entry, house: House, members: Mapping[str, int]) -> str | None:
        """Why the entry cannot stand where it stands, or None. `members`: the shard of each that is known before it."""
        name, grants = _name(entry), grants_of(entry)
        opening = house.openings.get(name)
        if not {grant.asset for grant in grants} <= {*ASSETS}:
            return "it brings along what is neither points nor value"
        if entry.shard == HOUSE or opening is None or opening.approved_at is None:
            return f"no proposal of {name[0]} with the hash {name[1]} is approved"
        if (entry.shard, bytes.fromhex(name[1]), int(entry.one("part"))) in self.parts:
            return f"part {entry.one('part')} is loaded a second time"
        joined = entry.all("joined")
        due = opening_draft(house, opening, int(entry.one("part")), grants, joined)
        if due.lines != entry.lines:
            return "its lines are not those that its lots ask for"
        return _what_is_wrong_with_members(entry, grants, joined, members) or self._what_is_too_much(
            opening, grants
        )

    def _what_is_too_much(self, opening: Opening, grants: list[Grant]) -> str | None:
        before = self.loaded.get((opening.partner, opening.file_sha256), Loaded())
        points, value = brought_of(grants)
        least = min([grant.points for grant in grants])
        if len(grants) > PART_LOTS_MAX or least < 1 or points + value > AMOUNT_MAX:
            return "it has too many lots, points or value, or a lot without any"
        totals = (
            before.lots + len(grants),
            before.points + points,
            before.value + value,
            len(before.members | {grant.member for grant in grants}),
        )
        approved = (opening.rows, opening.points, opening.value, opening.members)
        if any(sum_ > most for sum_, most in zip(totals, approved, strict=True)):
            return f"lots, points, value and members come to {totals}, approved are {approved}"
        return None

    def add(self, entry: Entry, book: Book, house: House) -> None:
        """Takes the entry into the sums, and its members and lots into the book of its shard."""
        grants, days = grants_of(entry), house.tariff.notice_days
        for member in entry.all("joined"):
            book.enrol(member)
            self.joined.add(member)
        loaded = self.loaded.setdefault(_name(entry), Loaded())
        for place, (member, quantity, expires_at_us, asset) in enumerate(grants):
            book.add_lot(
                Lot(
                    entry.index,
                    place,
                    member,
                    entry.one("subject"),
                    asset,
                    quantity,
                    quantity,
                    expires_at_us,
                    house.tariff_number,
                    notice_us=notice_of(expires_at_us, days, entry.time_us),
                )
            )
            loaded.members.add(member)
        loaded.lots += len(grants)
        points, value = brought_of(grants)
        loaded.points += points
        loaded.value += value
        part = (entry.shard, bytes.fromhex(entry.one("proposal")), int(entry.one("part")))
        self.parts[part] = (entry.index, len(grants), points, value)


def _name(entry: Entry) -> tuple[str, str]:
    return entry.one("subject"), entry.one("proposal")


def _what_is_wrong_with_members(
    entry: Entry, grants: list[Grant], joined: list[str], members: Mapping[str, int]
) -> str | None:
    new = set(joined)
    granted = dict.fromkeys([grant.member for grant in grants])
    if joined != [member for member in granted if member in new]:
        return "who joins is not who is granted a first lot, in that order"
    for member in granted:
        if member in new and member in members:
            return f"member {member} joins and is one already"
        if member not in new and members.get(member) != entry.shard:
            return f"member {member} does not live in this shard"
    return None
