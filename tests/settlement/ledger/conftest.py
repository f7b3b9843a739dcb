from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.postgres import drop_database, new_books
from tests.support.small_network import SmallNetwork


@pytest.fixture
async def network(tmp_path: Path) -> AsyncIterator[SmallNetwork]:
    """A network with two member shards, a partner, and a member in each shard."""
    dsn = new_books()
    async with SmallNetwork.found(dsn, tmp_path / "log", shards=2) as network:
        await network.take_in("bakery")
        await network.take_in("grocer")
        for shard in (1, 2):
            await network.enrol("bakery", shard)
        yield network
    drop_database(dsn)
