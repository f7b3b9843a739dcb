"""Integrate and publish (RFC 6962, C2SP): leaves become tiles, tiles a root, the root a signed checkpoint.

Order, so that a power cut never leaves a promise without its proof: tiles of every member shard, fsynced > a `heads` entry in the
house with each shard's size and root > the house's own tiles > the guard file, fsynced > signature > checkpoint published. The
guard lies outside PostgreSQL and refuses to sign a shorter or another history.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from settlement.clearing.closing import CycleNotClosedError
from settlement.clearing.desk import DeskRules
from settlement.clearing.due import fallen_due
from settlement.errors import BooksError
from settlement.house.state import House
from settlement.journal.acts import ENGINE_LINE, Draft
from settlement.journal.leaf import HOUSE
from settlement.ledger.batch import ShardHead, post
from settlement.ledger.members import MemberRules
from settlement.ledger.memory import HouseMemory
from settlement.ledger.sweeping import sweep
from settlement.signing import KeySigner
from settlement.statements.recording import Document, cycle_to_record, recorded
from settlement.transparency.checkpoint import Checkpoint, sign
from settlement.transparency.guard import Guard
from settlement.transparency.tiles import TileStore
from settlement.worker.hashing import hash_here
from settlement.worker.unasked import Unasked

Hash = Callable[[AsyncConnection[TupleRow], House, int], Awaitable[list[Document] | None]]
"""`hash_statements(connection, house, cycle)`: None if it takes longer; it is asked again."""
ED25519_KEY_BYTES = 32
LEAVES_AT_ONCE = 1_000
LEAVES = "SELECT leaf FROM entries WHERE shard = %s AND index >= %s AND index < %s ORDER BY index"
SIZES = "SELECT shard, size FROM shards ORDER BY shard"
UNCUT = "SELECT shard FROM shards WHERE shard > 0 AND cycle < %s ORDER BY shard"
CLOCK = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
PUBLISHED = "SELECT size FROM checkpoints ORDER BY size DESC LIMIT 1"
PUBLISH = "INSERT INTO checkpoints VALUES (%s, %s) ON CONFLICT DO NOTHING"


def tile_folder(log: Path, shard: int) -> Path:
    """Where a shard's tiles lie below the log's folder."""
    return log / f"shard-{shard}"


class Publisher:
    """Publishes one network's journal into a folder. One at a time: the tile stores and the guard lock their files."""

    def __init__(
        self,
        connection: AsyncConnection[TupleRow],
        log: Path,
        signer: KeySigner,
        hash_statements: Hash = hash_here,
    ) -> None:
        self._connection = connection
        self._hash_statements = hash_statements
        self._log = log
        self._signer = signer
        self._memory = HouseMemory()
        self._tiles: dict[int, TileStore] = {}
        self._sizes: dict[int, int] = {}
        self._stated: dict[int, int] = {}
        self._guard = Guard(log / "guard")

    async def check_guard(self) -> None:
        """BooksError if the database is behind, or other than, what was once signed: then nothing may be posted."""
        last = self._guard.last()
        if last is None:
            return
        size, root = last
        sizes = await self._shard_sizes()
        if sizes[HOUSE] >= size:
            await self._integrate(HOUSE, sizes[HOUSE])
        if sizes[HOUSE] < size or self._store(HOUSE).root(size) != root:
            raise BooksError(
                f"the books are not those signed at size {size}: was an older backup restored? Nothing is posted"
            )

    async def cut(self) -> None:
        """Has every shard cut the cycles that are closed."""
        house = await self._memory.refresh(self._connection)
        cursor = await self._connection.execute(UNCUT, (house.open_cycle,))
        for (shard,) in await cursor.fetchall():
            await post(self._connection, self._memory, MemberRules, shard, [])

    async def record_statements(self) -> None:
        """Names the statements of the next cycle that is cut, if they are hashed by now. As of the last `cut`."""
        cycle = cycle_to_record(self._memory.house)
        if cycle is None:
            return
        with suppress(CycleNotClosedError):
            documents = await self._hash_statements(self._connection, self._memory.house, cycle)
            if documents is not None:
                drafts = recorded(cycle, documents)
                await post(
                    self._connection,
                    self._memory,
                    lambda _, house: _Statements(house, cycle, drafts),
                    HOUSE,
                    [],
                )

    async def see_to_house(self) -> None:
        """Writes what has fallen due in the house: a close, a tariff, word of a late payment. As of the last `cut`."""
        row = await (await self._connection.execute(CLOCK)).fetchone()
        house = self._memory.house
        if row is not None and fallen_due(house, row[0] + house.ahead_us) is not None:
            await post(self._connection, self._memory, DeskRules, HOUSE, [])

    async def sweep(self) -> bool:
        """Sees to what is due in the shards; whether anything was, so that there may be more."""
        return await sweep(self._connection, self._memory)

    async def publish(self) -> bool:
        """Publishes a checkpoint if there is news; says whether there was."""
        sizes = await self._shard_sizes()
        published = await (await self._connection.execute(PUBLISHED)).fetchone()
        members = {shard: size for shard, size in sizes.items() if shard != HOUSE}
        if published is not None and published[0] == sizes[HOUSE] and members == self._sizes:
            return False
        if members != self._sizes:
            await self._integrate_all(members)
            await post(self._connection, self._memory, lambda _, house: _Heads(house, self._heads), HOUSE, [])
            self._sizes = self._stated
        await self._sign((await self._shard_sizes())[HOUSE])
        return True

    async def _shard_sizes(self) -> dict[int, int]:
        return dict(await (await self._connection.execute(SIZES)).fetchall())

    async def _integrate_all(self, sizes: dict[int, int]) -> None:
        for shard, size in sizes.items():
            await self._integrate(shard, size)

    async def _heads(self) -> Draft:
        """Each shard's size and root, read under the house's lock: none falls behind what another server's publisher stated."""
        sizes = await self._shard_sizes()
        self._stated = {shard: size for shard, size in sizes.items() if shard != HOUSE}
        await self._integrate_all(self._stated)
        roots = {shard: self._store(shard).root(size).hex() for shard, size in self._stated.items()}
        heads = [("head", f"{shard} {size} {roots[shard]}") for shard, size in self._stated.items()]
        return Draft("heads", (*heads, ENGINE_LINE))

    async def _sign(self, size: int) -> None:
        await self._integrate(HOUSE, size)
        root = self._store(HOUSE).root(size)
        self._guard.admit(size, root)
        house = await self._memory.refresh(self._connection)
        checkpoint = Checkpoint(house.founded.origin, size, root)
        note = sign(checkpoint, signer=self._signer, public_key=self._signer.spki[-ED25519_KEY_BYTES:])
        await self._connection.execute(PUBLISH, (size, note))

    async def _integrate(self, shard: int, size: int) -> None:
        store = self._store(shard)
        start = store.size()
        while start < size:
            stop = min(size, start + LEAVES_AT_ONCE)
            cursor = await self._connection.execute(LEAVES, (shard, start, stop))
            leaves = [row[0].encode("ascii") for row in await cursor.fetchall()]
            store.append(start, leaves)
            start = stop

    def _store(self, shard: int) -> TileStore:
        if shard not in self._tiles:
            self._tiles[shard] = TileStore(tile_folder(self._log, shard))
        return self._tiles[shard]


class _Heads(Unasked):
    """One entry, which `state` makes once the house is locked."""

    def __init__(self, house: House, state: Callable[[], Awaitable[Draft]]) -> None:
        super().__init__(house)
        self._state = state

    async def load(self, connection: object, head: ShardHead, house: House, acts: object) -> bool:
        """What the entry states."""
        self.drafts = [await self._state()]
        return False


class _Statements(Unasked):
    """The entries on a cycle's statements, unless another server's publisher was first."""

    def __init__(self, house: House, cycle: int, drafts: list[Draft]) -> None:
        super().__init__(house)
        self.drafts = drafts if cycle_to_record(house) == cycle else []
