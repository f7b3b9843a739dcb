from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from coalition.client import Client, Outbox
from tests.coalition.client.peer import Peer


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    async with Peer() as peer:
        yield peer


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with Outbox(tmp_path / "outbox") as outbox:
        yield outbox


@pytest.fixture
async def client(peer: Peer, outbox: Outbox) -> AsyncIterator[Client]:
    async with Client(peer.identity(), outbox=outbox, deadline_seconds=30) as client:
        yield client
