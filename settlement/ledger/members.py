"""The rules of a member shard: loads wallets, lots, aliases and originals; cuts cycles; judges by `decide`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from operator import attrgetter

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from settlement.house.state import House
from settlement.journal.acts import ENGINE_LINE, Act, Draft
from settlement.ledger import crossing, open_lots, proof_rows
from settlement.ledger.acts import (
    AddMemberProof,
    Authorize,
    Capture,
    Enrol,
    Issue,
    LinkAlias,
    Redeem,
    Release,
    RemoveMemberProof,
    Reverse,
    TransferPoints,
    Void,
)
from settlement.ledger.batch import ShardHead
from settlement.ledger.book import Arrear, Book, Lot, LotName, Wallet
from settlement.ledger.chart import held, pending, wallet
from settlement.ledger.decide import decide
from settlement.ledger.recorded import read_hold, read_original
from settlement.ledger.writing import Statement, columns
from settlement.money import POINTS, VALUE

ALIASES = "SELECT token, member::text FROM aliases WHERE token = ANY(%b)"
ORIGINALS = """SELECT a.partner, a.act_id::text, e.leaf,
    (SELECT coalesce(sum(r.amount), 0)::bigint FROM reversals r WHERE r.shard = e.shard AND r.original = e.index)
    FROM acts a JOIN entries e USING (shard, index) WHERE a.act_id = ANY(%b::uuid[]) AND a.shard = %b"""
HOLDS = """SELECT a.act_id::text, h.index, h.member::text, h.partner, h.amount, h.tariff, h.until_us, e.leaf, h.closed_by IS NULL
    FROM acts a JOIN holds h USING (shard, index) JOIN entries e USING (shard, index)
    WHERE a.act_id = ANY(%b::uuid[]) AND a.shard = %b"""
MEMBERS = "SELECT member::text, active_at_us FROM members WHERE member = ANY(%b::uuid[]) AND shard = %b"
# Key by key, where an index has another column before the key's: there PostgreSQL before 17, if it plans on empty tables, would
# rather filter by the array. OFFSET 0 keeps the inner query as it is written.
BALANCES = """SELECT found.* FROM (SELECT %b::smallint) AS here (shard), unnest(%b::text[], %b::text[]) AS asked (account, asset),
    LATERAL (SELECT account, asset, credits - debits FROM balances
    WHERE shard = here.shard AND account = asked.account AND asset = asked.asset OFFSET 0) AS found"""
NAMED_LOTS = f"""SELECT found.* FROM (SELECT %b::smallint) AS here (shard),
    unnest(%b::bigint[], %b::smallint[]) AS asked (index, place), LATERAL
    (SELECT {open_lots.LOT_COLUMNS} FROM lots
    WHERE shard = here.shard AND index = asked.index AND place = asked.place OFFSET 0) AS found"""  # noqa: S608 - made of constants
OPEN_ARREARS = """SELECT found.* FROM (SELECT %b::smallint) AS here (shard), unnest(%b::uuid[]) AS asked (member), LATERAL
    (SELECT index, place, member::text, partner, asset, quantity, remaining, tariff FROM arrears
    WHERE shard = here.shard AND member = asked.member AND remaining > 0 OFFSET 0) AS found
    ORDER BY member, index, place"""
LOTS = """INSERT INTO lots SELECT %b, * FROM
    unnest(%b::bigint[], %b::smallint[], %b::uuid[], %b::text[], %b::text[], %b::bigint[], %b::bigint[], %b::bigint[],
    %b::bigint[], %b::smallint[], %b::bigint[], %b::bigint[], %b::bigint[])
    ON CONFLICT (shard, index, place) DO UPDATE SET remaining = excluded.remaining,
    pending_until_us = excluded.pending_until_us, expired = excluded.expired, notice_us = excluded.notice_us"""
NEW_MEMBERS = "INSERT INTO members SELECT unnest(%b::uuid[]), %b"
# After the lots are written: the fewest months are those of lots that few batches have read.
ACTIVITY = """UPDATE members AS m SET active_at_us = new.active_at_us, idle_months = (SELECT min(l.idle_months) FROM lots l
    WHERE l.shard = m.shard AND l.member = m.member AND l.asset = 'PTS' AND l.remaining > 0 AND l.idle_months IS NOT NULL)
    FROM unnest(%b::uuid[], %b::bigint[]) AS new (member, active_at_us) WHERE m.member = new.member"""
NEW_ALIASES = "INSERT INTO aliases SELECT token, member FROM unnest(%b::bytea[], %b::uuid[]) AS n (token, member) ORDER BY 1"
ARREARS = """INSERT INTO arrears SELECT %b, * FROM
    unnest(%b::bigint[], %b::smallint[], %b::uuid[], %b::text[], %b::text[], %b::bigint[], %b::bigint[], %b::bigint[])
    ON CONFLICT (shard, index, place) DO UPDATE SET remaining = excluded.remaining"""
REVERSALS = "INSERT INTO reversals SELECT %b, * FROM unnest(%b::bigint[], %b::bigint[], %b::bigint[])"
NEW_HOLDS = """INSERT INTO holds SELECT %b, * FROM
    unnest(%b::bigint[], %b::uuid[], %b::text[], %b::bigint[], %b::bigint[], %b::bigint[])"""
CLOSED_HOLDS = """UPDATE holds h SET closed_by = n.closed_by FROM unnest(%b::bigint[], %b::bigint[]) AS n (index, closed_by)
    WHERE h.shard = %b AND h.index = n.index"""


_COLUMNS = attrgetter(*[column.name for column in fields(Lot)])
_ARREAR_COLUMNS = attrgetter(*[column.name for column in fields(Arrear)])
_HOLD_COLUMNS = attrgetter("index", "member", "partner", "amount", "tariff", "until_us")
_ACCOUNTS = (wallet, held, pending)
"""In the order of the fields of `Wallet`."""
NAMING = Issue | Redeem | TransferPoints | Authorize
"""Acts that name their member by id or by an alias."""
BY_ID = LinkAlias | AddMemberProof | RemoveMemberProof
"""Acts that name their member by id alone."""

CREDITING = Issue | TransferPoints | Reverse | Capture | Void | Release
"""Acts that may put points into a wallet, which repay what its member owes."""


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
        """Reads aliases, originals and holds, if any act names one, then the wallets, lots and arrears of all members concerned.

        Aliases are what all shards share; and a transfer may go to a member of another one.
        """
        bodies = [act.body for act in acts]
        members = {body.name.member for body in bodies if isinstance(body, NAMING)}
        members |= {body.recipient.member for body in bodies if isinstance(body, TransferPoints)}
        members |= {body.member for body in bodies if isinstance(body, BY_ID)}
        tokens = _tokens(bodies)
        await self._load_aliases(connection, tokens)
        await self._load_earlier_acts(connection, bodies)
        members |= set(self._book.aliases.values()) | self._of_earlier_acts()
        demands = open_lots.demands_of(bodies, self._book)
        named = [member for member in members if member is not None]
        await self._load_wallets(
            connection, head.now_us, named, open_lots.assets_of(bodies, self._book), demands
        )
        if any(isinstance(body, CREDITING) for body in bodies):
            await self._load_arrears(connection, named)
        if proof_rows.are_needed(bodies):
            await proof_rows.load(connection, self._book, named)
        goes_elsewhere = await crossing.load_parties(connection, self._book, bodies)
        return bool(tokens) or goes_elsewhere

    async def _load_aliases(self, connection: AsyncConnection[TupleRow], tokens: list[bytes]) -> None:
        if tokens:
            cursor = await connection.execute(ALIASES, (tokens,))
            self._book.aliases = {bytes(token): member for token, member in await cursor.fetchall()}

    def _of_earlier_acts(self) -> set[str]:
        """Members of the originals and the holds that acts go back to."""
        book = self._book
        originals = {original.member for original in book.originals.values()}
        return originals | {hold.member for hold in book.holds.values()}

    async def _load_earlier_acts(
        self, connection: AsyncConnection[TupleRow], bodies: Sequence[object]
    ) -> None:
        """Originals and holds, and the lots of their slices."""
        originals = [body.original_act_id for body in bodies if isinstance(body, Reverse | Release)]
        holds = [body.hold_act_id for body in bodies if isinstance(body, Capture | Void)]
        if originals:
            await self._load_originals(connection, originals)
        if holds:
            await self._load_holds(connection, holds)
        slices = [original.slices for original in self._book.originals.values()]
        slices += [hold.slices for hold in self._book.holds.values()]
        await self._load_lots(connection, {name for each in slices for name, _ in each})

    async def _load_originals(self, connection: AsyncConnection[TupleRow], ids: list[str]) -> None:
        cursor = await connection.execute(ORIGINALS, (ids, self._book.shard))
        for partner, act_id, leaf, already in await cursor.fetchall():
            original = read_original(leaf.encode("ascii"), already_reversed=already)
            if original is not None:
                self._book.originals[partner, act_id] = original

    async def _load_holds(self, connection: AsyncConnection[TupleRow], ids: list[str]) -> None:
        cursor = await connection.execute(HOLDS, (ids, self._book.shard))
        for act_id, *row in await cursor.fetchall():
            hold = read_hold(*row)
            self._book.know_hold((hold.partner, act_id), hold)

    async def _load_lots(self, connection: AsyncConnection[TupleRow], names: set[LotName]) -> None:
        """These lots, whether any points are left in them or not."""
        if names:
            cursor = await connection.execute(NAMED_LOTS, (self._book.shard, *columns(names)))
            self._book.lots = {lot.name: lot for lot in [Lot(*row) for row in await cursor.fetchall()]}

    async def _load_arrears(self, connection: AsyncConnection[TupleRow], members: list[str]) -> None:
        cursor = await connection.execute(OPEN_ARREARS, (self._book.shard, members))
        for row in await cursor.fetchall():
            arrear = Arrear(*row)
            self._book.wallet(arrear.member, arrear.asset).arrears.append(arrear)

    async def _load_wallets(
        self,
        connection: AsyncConnection[TupleRow],
        now_us: int,
        members: list[str],
        assets: Sequence[str],
        demands: Mapping[open_lots.WalletName, open_lots.Demand],
    ) -> None:
        """What members have of these assets, and of their open lots those that are in demand."""
        book, shard = self._book, self._book.shard
        accounts = [(name(member), asset) for asset in assets for member in members for name in _ACCOUNTS]
        asked = columns(accounts) if accounts else ([], [])
        async with connection.pipeline():
            known = await connection.execute(MEMBERS, (members, shard))
            balances = await connection.execute(BALANCES, (shard, *asked))
            lots = await open_lots.ask_first(connection, shard, now_us, demands) if demands else None
        found = {(account, asset): int(balance) for account, asset, balance in await balances.fetchall()}
        for member, active_at_us in await known.fetchall():
            spendable, on_hold, coming = (found.get((name(member), POINTS), 0) for name in _ACCOUNTS)
            book.wallets[member] = Wallet(spendable, on_hold, coming, active_at_us)
            if VALUE in assets:
                spendable, on_hold, coming = (found.get((name(member), VALUE), 0) for name in _ACCOUNTS)
                book.values[member] = Wallet(spendable, on_hold, coming)
        if lots is not None:
            await open_lots.put_into(book, lots, connection, now_us, demands)

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
        return decide(self._book, self.house, act, index, now_us)

    def changes(self) -> list[Statement]:
        """New members, aliases, lots, reversals and holds, what remains of lots that were used, and what closed which hold."""
        book = self._book
        statements: list[Statement] = []
        if book.new_members:
            statements.append(Statement(NEW_MEMBERS, (book.new_members, book.shard)))
        if book.new_aliases:
            statements.append(Statement(NEW_ALIASES, columns(book.new_aliases)))
        if book.changed_lots:
            rows = map(_COLUMNS, book.changed_lots.values())
            statements.append(Statement(LOTS, (book.shard, *columns(rows))))
        if book.changed_wallets:
            news = [(member, each.active_at_us) for member, each in book.changed_wallets.items()]
            statements.append(Statement(ACTIVITY, columns(news)))
        if book.changed_arrears:
            rows = map(_ARREAR_COLUMNS, book.changed_arrears.values())
            statements.append(Statement(ARREARS, (book.shard, *columns(rows))))
        if book.reversals:
            statements.append(Statement(REVERSALS, (book.shard, *columns(book.reversals))))
        if book.new_holds:
            rows = map(_HOLD_COLUMNS, book.new_holds)
            statements.append(Statement(NEW_HOLDS, (book.shard, *columns(rows))))
        if book.closed_holds:
            statements.append(Statement(CLOSED_HOLDS, (*columns(book.closed_holds), book.shard)))
        return statements + crossing.changes(book) + proof_rows.changes(book)


def _tokens(bodies: Iterable[object]) -> list[bytes]:
    tokens: set[bytes] = set()
    for body in bodies:
        if isinstance(body, NAMING) and body.name.alias is not None:
            tokens.add(body.name.alias)
        if isinstance(body, TransferPoints) and body.recipient.alias is not None:
            tokens.add(body.recipient.alias)
        if isinstance(body, Enrol):
            tokens.update(body.aliases)
        elif isinstance(body, LinkAlias):
            tokens.add(body.alias)
    return list(tokens)
