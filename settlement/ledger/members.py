"""The rules of a member shard: loads wallets, lots, aliases and originals; cuts cycles; judges by `decide`."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from operator import attrgetter

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from settlement.house.state import House
from settlement.journal.acts import ENGINE_LINE, Act, Draft
from settlement.journal.leaf import parse_leaf
from settlement.ledger.acts import Enrol, Issue, LinkAlias, Redeem, Reverse
from settlement.ledger.batch import ShardHead
from settlement.ledger.book import Arrear, Book, Lot, Original, Slice, Wallet
from settlement.ledger.chart import wallet
from settlement.ledger.decide import decide
from settlement.ledger.writing import Statement, columns

ALIASES = "SELECT token, member::text FROM aliases WHERE token = ANY(%b)"
ORIGINALS = """SELECT a.partner, a.act_id::text, e.leaf,
    (SELECT coalesce(sum(r.amount), 0)::bigint FROM reversals r WHERE r.shard = e.shard AND r.original = e.index)
    FROM acts a JOIN entries e USING (shard, index) WHERE a.act_id = ANY(%b::uuid[]) AND a.shard = %b"""
MEMBERS = "SELECT member::text FROM members WHERE member = ANY(%b::uuid[]) AND shard = %b"
# Key by key, where an index has another column before the key's: there PostgreSQL before 17, if it plans on empty tables, would
# rather filter by the array. OFFSET 0 keeps the inner query as it is written.
BALANCES = """SELECT found.* FROM (SELECT %b::smallint) AS here (shard), unnest(%b::text[]) AS asked (account), LATERAL
    (SELECT account, credits - debits FROM balances
    WHERE shard = here.shard AND account = asked.account AND asset = 'PTS' OFFSET 0) AS found"""
OPEN_LOTS = """SELECT found.* FROM (SELECT %b::smallint) AS here (shard), unnest(%b::uuid[]) AS asked (member), LATERAL
    (SELECT index, place, member::text, funder, asset, quantity, remaining, expires_at_us, tariff FROM lots
    WHERE shard = here.shard AND member = asked.member AND remaining > 0 OFFSET 0) AS found
    ORDER BY member, expires_at_us, index, place"""
NAMED_LOTS = """SELECT found.* FROM (SELECT %b::smallint) AS here (shard),
    unnest(%b::bigint[], %b::smallint[]) AS asked (index, place), LATERAL
    (SELECT index, place, member::text, funder, asset, quantity, remaining, expires_at_us, tariff FROM lots
    WHERE shard = here.shard AND index = asked.index AND place = asked.place OFFSET 0) AS found"""
OPEN_ARREARS = """SELECT found.* FROM (SELECT %b::smallint) AS here (shard), unnest(%b::uuid[]) AS asked (member), LATERAL
    (SELECT index, place, member::text, partner, asset, quantity, remaining, tariff FROM arrears
    WHERE shard = here.shard AND member = asked.member AND remaining > 0 OFFSET 0) AS found
    ORDER BY member, index, place"""
LOTS = """INSERT INTO lots SELECT %b, * FROM
    unnest(%b::bigint[], %b::smallint[], %b::uuid[], %b::text[], %b::text[], %b::bigint[], %b::bigint[], %b::bigint[],
    %b::bigint[])
    ON CONFLICT (shard, index, place) DO UPDATE SET remaining = excluded.remaining"""
NEW_MEMBERS = "INSERT INTO members SELECT unnest(%b::uuid[]), %b"
NEW_ALIASES = "INSERT INTO aliases SELECT token, member FROM unnest(%b::bytea[], %b::uuid[]) AS n (token, member) ORDER BY 1"
ARREARS = """INSERT INTO arrears SELECT %b, * FROM
    unnest(%b::bigint[], %b::smallint[], %b::uuid[], %b::text[], %b::text[], %b::bigint[], %b::bigint[], %b::bigint[])
    ON CONFLICT (shard, index, place) DO UPDATE SET remaining = excluded.remaining"""
REVERSALS = "INSERT INTO reversals SELECT %b, * FROM unnest(%b::bigint[], %b::bigint[], %b::bigint[])"


_COLUMNS = attrgetter(*[column.name for column in fields(Lot)])
_ARREAR_COLUMNS = attrgetter(*[column.name for column in fields(Arrear)])


class MemberRules:
    """Rules for one batch of one member shard."""

    def __init__(self, head: ShardHead, house: House) -> None:
        self._book = Book(head.shard)
        self.house = house

    async def load(
        self,
        connection: AsyncConnection[TupleRow],
        head: ShardHead,
        house: House,
        acts: Sequence[Act[object]],
    ) -> bool:
        """Reads aliases and originals, if any act names one, then the wallets, lots and arrears of all members concerned.

        Aliases are what all shards share.
        """
        bodies = [act.body for act in acts]
        members = {body.name.member for body in bodies if isinstance(body, Issue | Redeem)}
        members |= {body.member for body in bodies if isinstance(body, LinkAlias)}
        tokens = _tokens(bodies)
        await self._load_aliases(connection, tokens)
        await self._load_originals(connection, head, [act for act in acts if isinstance(act.body, Reverse)])
        members |= set(self._book.aliases.values()) | {o.member for o in self._book.originals.values()}
        named = [member for member in members if member is not None]
        await self._load_wallets(connection, head.shard, named, self._spenders(bodies))
        if any(isinstance(body, Issue | Reverse) for body in bodies):
            await self._load_arrears(connection, head.shard, named)
        return bool(tokens)

    def _spenders(self, bodies: Iterable[object]) -> list[str]:
        """Members whose lots an act may use."""
        book = self._book
        names = [body.name for body in bodies if isinstance(body, Redeem)]
        members = {name.member if name.alias is None else book.aliases.get(name.alias) for name in names}
        members |= {original.member for original in book.originals.values()}
        # A later act of the batch may already use the alias that an earlier one links.
        members |= {body.member for body in bodies if isinstance(body, LinkAlias)}
        return [member for member in members if member is not None]

    async def _load_aliases(self, connection: AsyncConnection[TupleRow], tokens: list[bytes]) -> None:
        if tokens:
            cursor = await connection.execute(ALIASES, (tokens,))
            self._book.aliases = {bytes(token): member for token, member in await cursor.fetchall()}

    async def _load_originals(
        self, connection: AsyncConnection[TupleRow], head: ShardHead, acts: Sequence[Act[object]]
    ) -> None:
        if not acts:
            return
        ids = [act.body.original_act_id for act in acts if isinstance(act.body, Reverse)]
        cursor = await connection.execute(ORIGINALS, (ids, head.shard))
        for partner, act_id, leaf, already in await cursor.fetchall():
            original = read_original(leaf.encode("ascii"), already_reversed=already)
            if original is not None:
                self._book.originals[partner, act_id] = original
        named = {name for original in self._book.originals.values() for name, _ in original.slices}
        if named:
            cursor = await connection.execute(NAMED_LOTS, (head.shard, *columns(named)))
            self._book.lots = {lot.name: lot for lot in [Lot(*row) for row in await cursor.fetchall()]}

    async def _load_wallets(
        self, connection: AsyncConnection[TupleRow], shard: int, members: list[str], spenders: list[str]
    ) -> None:
        book = self._book
        async with connection.pipeline():
            known = await connection.execute(MEMBERS, (members, shard))
            balances = await connection.execute(BALANCES, (shard, [wallet(member) for member in members]))
            lots = await connection.execute(OPEN_LOTS, (shard, spenders)) if spenders else None
        points = {account: int(balance) for account, balance in await balances.fetchall()}
        book.wallets = {member: Wallet(points.get(wallet(member), 0)) for (member,) in await known.fetchall()}
        for row in await lots.fetchall() if lots is not None else ():
            found = Lot(*row)
            lot = book.lots.setdefault(found.name, found)
            if lot.member in book.wallets:
                book.wallets[lot.member].lots.append(lot)

    async def _load_arrears(
        self, connection: AsyncConnection[TupleRow], shard: int, members: list[str]
    ) -> None:
        cursor = await connection.execute(OPEN_ARREARS, (shard, members))
        for row in await cursor.fetchall():
            arrear = Arrear(*row)
            self._book.wallets[arrear.member].arrears.append(arrear)

    def begin(self, head: ShardHead, house: House) -> list[Draft]:
        """A `cut` entry for every cycle that the house has closed and this shard has not cut: its range ends here."""
        self.house = house
        drafts: list[Draft] = []
        while head.cycle < house.open_cycle:
            index = head.size + len(drafts)
            lines = (("cycle", str(head.cycle)), ("range", f"{head.cycle_start} {index}"), ENGINE_LINE)
            drafts.append(Draft("cut", lines))
            head.cycle, head.cycle_start = head.cycle + 1, index
        return drafts

    def decide(self, act: Act[object], index: int, now_us: int) -> Draft:
        """Judges one act against the book as the acts before it left it."""
        return decide(self._book, self.house, act, index)

    def changes(self) -> list[Statement]:
        """New members, aliases, lots, arrears and reversals, and what remains of lots and arrears that were used."""
        book = self._book
        statements: list[Statement] = []
        if book.new_members:
            statements.append(Statement(NEW_MEMBERS, (book.new_members, book.shard)))
        if book.new_aliases:
            statements.append(Statement(NEW_ALIASES, columns(book.new_aliases)))
        if book.changed_lots:
            rows = map(_COLUMNS, book.changed_lots.values())
            statements.append(Statement(LOTS, (book.shard, *columns(rows))))
        if book.changed_arrears:
            rows = map(_ARREAR_COLUMNS, book.changed_arrears.values())
            statements.append(Statement(ARREARS, (book.shard, *columns(rows))))
        if book.reversals:
            statements.append(Statement(REVERSALS, (book.shard, *columns(book.reversals))))
        return statements


def read_original(leaf: bytes, *, already_reversed: int) -> Original | None:
    """What a reversal needs to know of an earlier entry; None if that entry is no accepted issue or redemption."""
    entry = parse_leaf(leaf)
    if entry.kind not in ("issue", "redeem") or entry.refusal is not None:
        return None
    lots = [value for value in entry.all("lot") if entry.kind != "issue" or value.startswith("new ")]
    return Original(
        entry.index,
        entry.kind,
        entry.one("member"),
        int(entry.one("amount").split(" ")[1]),
        tuple([read_slice(entry.index, place, value) for place, value in enumerate(lots)]),
        int(entry.get("tariff") or lots[0].rpartition(" ")[2]),
        already_reversed,
    )


def read_slice(index: int, place: int, value: str) -> Slice:
    """The points that a `lot` line moves; `index` and `place` name the lot, if it is new."""
    verb, *facts = value.split(" ")
    if verb == "new":
        return (index, place), int(facts[2])
    number, _, nth = facts[0].partition(":")[2].partition(".")
    return (int(number), int(nth)), int(facts[1])


def _tokens(bodies: Iterable[object]) -> list[bytes]:
    tokens: set[bytes] = set()
    for body in bodies:
        if isinstance(body, Issue | Redeem) and body.name.alias is not None:
            tokens.add(body.name.alias)
        elif isinstance(body, Enrol):
            tokens.update(body.aliases)
        elif isinstance(body, LinkAlias):
            tokens.add(body.alias)
    return list(tokens)
