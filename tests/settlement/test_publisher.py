"""Two servers publish one journal, each into a folder of its own."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from coalition.audit.fsck import fsck
from settlement.database import WORKER, connect_async
from settlement.worker.publisher import Publisher
from tests.support.postgres import drop_database, new_books
from tests.support.small_network import SmallNetwork


class Overtaken(Publisher):
    """Something happens right after it has looked how large the shards are."""

    meanwhile: Callable[[], Awaitable[object]] | None = None

    async def _integrate(self, shard: int, size: int) -> None:
        happens, self.meanwhile = self.meanwhile, None
        if happens is not None:
            await happens()
        await super()._integrate(shard, size)


async def test_a_publisher_that_is_overtaken_states_no_smaller_shards(tmp_path: Path) -> None:
    dsn = new_books()
    async with SmallNetwork.found(dsn, tmp_path / "first") as network:
        await network.take_in("bakery")
        await network.enrol("bakery", 1)
        connection = await connect_async(dsn, WORKER)
        overtaken = Overtaken(connection, tmp_path / "second", network.log_key)

        async def another_publishes_more() -> None:
            await network.enrol("bakery", 1)
            await network.publisher().publish()

        overtaken.meanwhile = another_publishes_more
        await overtaken.publish()
        await connection.close()
        assert [str(finding) for finding in fsck(dsn)] == []
    drop_database(dsn)
