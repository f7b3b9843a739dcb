"""The rules of a transaction that loads parts of an opening into one shard, and what it writes beside their entries."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from settlement.house.records import Opening
from settlement.house.state import House
from settlement.ids import new_member_ids
from settlement.journal.acts import Act, Draft
from settlement.ledger.batch import ShardHead
from settlement.ledger.members import NEW_ALIASES, NEW_MEMBERS, MemberRules
from settlement.ledger.opening_file import ALIAS, Row, spell_member
from settlement.ledger.rules.expiry import notice_of
from settlement.ledger.rules.opening import Grant, brought_of, opening_draft
from settlement.ledger.writing import Statement, columns
from settlement.money import ASSETS

HOMES_OF_ALIASES = """SELECT token, member::text, shard FROM aliases JOIN members USING (member)
    WHERE token = ANY(%b)"""
HOMES_OF_MEMBERS = "SELECT member::text, shard FROM members WHERE member = ANY(%b::uuid[])"
LOADED_HERE = "SELECT part FROM openings WHERE shard = %b AND proposal = %b AND part = ANY(%b::integer[])"
NEW_LOTS = """INSERT INTO lots (shard, index, place, member, funder, asset, quantity, remaining, expires_at_us, tariff, notice_us)
    SELECT %b, index, place, member, %b, %b, points, points, expires_at_us, %b, notice_us
    FROM unnest(%b::bigint[], %b::smallint[], %b::bigint[], %b::uuid[], %b::bigint[], %b::bigint[])
    AS new (index, place, notice_us, member, points, expires_at_us)"""
PARTS = """INSERT INTO openings SELECT %b, %b, * FROM
    unnest(%b::integer[], %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[])"""

Part: TypeAlias = tuple[int, list[Row]]
"""A part's number and its rows."""


class Home(NamedTuple):
    """A member's id, and the shard that it lives in."""

    member: str
    shard: int


class OpeningRules:
    """One transaction's parts in one shard. `homes`: whom the rows name and where they live; who joins lives here."""

    def __init__(
        self, opening: Opening, parts: Sequence[Part], house: House, *, shard: int, joins: bool
    ) -> None:
        """`joins`: whoever is not known becomes a member of this shard."""
        self.house = house
        self.homes: dict[bytes, Home] = {}
        self.parts, self.shard, self.joins = parts, shard, joins
        self._opening = opening
        self._is_looked_up = False
        self._joined: list[tuple[bytes, str]] = []
        self._drafts: dict[int, tuple[Draft, list[Grant]]] = {}
        self._loaded: set[int] = set()
        self._head: ShardHead | None = None
        self._first = 0

    async def look_up(self, connection: AsyncConnection[TupleRow]) -> None:
        """Finds who is known, draws ids for the others, and drafts the entries by the tariff now in force."""
        names = dict.fromkeys([row.name for _, rows in self.parts for row in rows])
        self.homes = await homes_of(connection, names)
        new = [name for name in names if name not in self.homes and name[:1] == ALIAS] if self.joins else []
        ids = new_member_ids(len(new))
        self._joined = [(name[1:], member) for name, member in zip(new, ids, strict=True)]
        self.homes |= {name: Home(member, self.shard) for name, member in zip(new, ids, strict=True)}
        self._draft()
        self._is_looked_up = True

    def _draft(self) -> None:
        here, homes = self.shard, self.homes
        new = {member for _, member in self._joined}
        for number, rows in self.parts:
            found = [(homes[row.name], row) for row in rows if row.name in homes]
            grants = [
                Grant(home[0], points, expires, ASSETS[asset])
                for home, (_, points, expires, asset) in found
                if home[1] == here
            ]
            if grants:
                joined = [member for member in dict.fromkeys([g.member for g in grants]) if member in new]
                new.difference_update(joined)  # who has more lots than a part holds joins once
                self._drafts[number] = (
                    opening_draft(self.house, self._opening, number, grants, joined),
                    grants,
                )

    async def load(
        self, connection: AsyncConnection[TupleRow], head: ShardHead, house: House, acts: object
    ) -> bool:
        """Sees what is loaded already. Aliases are what all shards share."""
        sha256, numbers = bytes.fromhex(self._opening.file_sha256), [number for number, _ in self.parts]
        cursor = await connection.execute(LOADED_HERE, (head.shard, sha256, numbers))
        self._loaded = {part for (part,) in await cursor.fetchall()}
        if not self._is_looked_up:
            await self.look_up(connection)
        return True

    def begin(self, head: ShardHead, house: House) -> list[Draft]:
        """Cuts that are due, then the entry of each part that has rows here and is not loaded."""
        if house.tariff_number != self.house.tariff_number:
            self.house = house
            self._draft()
        self.house = house
        self._drafts = {number: each for number, each in self._drafts.items() if number not in self._loaded}
        drafts = MemberRules(head, house).begin(head, house)
        self._head, self._first = head, head.size + len(drafts)
        return drafts + [draft for draft, _ in self._drafts.values()]

    def decide(self, act: Act[object], index: int, now_us: int) -> Draft:
        """There are no acts."""
        raise AssertionError("an opening holds no acts")

    def changes(self) -> list[Statement]:
        """New members, their aliases, lots, and the parts that are loaded."""
        if not self._drafts or self._head is None:
            return []
        parts = [
            (number, index, len(grants), *brought_of(grants))
            for index, (number, (_, grants)) in enumerate(self._drafts.items(), start=self._first)
        ]
        sha256 = bytes.fromhex(self._opening.file_sha256)
        statements = [
            *self._new_lots(self._head),
            Statement(PARTS, (self.shard, sha256, *columns(parts))),
        ]
        if self._joined:
            tokens, members = columns(self._joined)
            joining = (
                Statement(NEW_MEMBERS, (members, self.shard)),
                Statement(NEW_ALIASES, (tokens, members)),
            )
            statements = [*joining, *statements]
        return statements

    def _new_lots(self, head: ShardHead) -> Iterator[Statement]:
        """The lots of all entries, by asset; of a notice it is their own time that tells whether it is too late."""
        days, later_us = self.house.tariff.notice_days, head.now_us - head.size
        lots = [
            (index, place, notice_of(grant.expires_at_us, days, later_us + index), *grant)
            for index, (_, grants) in enumerate(self._drafts.values(), start=self._first)
            for place, grant in enumerate(grants)
        ]
        for asset in ASSETS:
            of_asset = [lot for lot in lots if lot[-1] == asset]
            if of_asset:
                facts = (self.shard, self._opening.partner, asset, self.house.tariff_number)
                yield Statement(NEW_LOTS, (*facts, *columns(of_asset)[:-1]))

    @property
    def lots(self) -> int:
        """How many lots this transaction loads."""
        return sum(len(grants) for _, grants in self._drafts.values())


async def homes_of(connection: AsyncConnection[TupleRow], names: Iterable[bytes]) -> dict[bytes, Home]:
    """Who of these is known, and where."""
    tokens, ids = list[bytes](), dict[str, bytes]()
    for name in names:
        if name[:1] == ALIAS:
            tokens.append(name[1:])
        else:
            ids[spell_member(name)] = name
    found: dict[bytes, Home] = {}
    if tokens:
        cursor = await connection.execute(HOMES_OF_ALIASES, (tokens,))
        found = {ALIAS + token: Home(member, shard) for token, member, shard in await cursor.fetchall()}
    if ids:
        cursor = await connection.execute(HOMES_OF_MEMBERS, (list(ids),))
        found |= {ids[member]: Home(member, shard) for member, shard in await cursor.fetchall()}
    return found
