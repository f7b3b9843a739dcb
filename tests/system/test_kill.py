"""Whatever is killed in the middle of the load: receipts held are in the journal, nothing is doubled, the books are sound."""

import asyncio
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from coalition.audit.fsck import fsck
from coalition.cli.site import DATABASE
from coalition.client import Outbox
from settlement import embedded
from tests.support.killing import KILLS, is_half_published
from tests.support.load import Load
from tests.support.network import new_site
from tests.support.serving import embedded_site, served

ANSWERED_BEFORE_KILL = 150


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with Outbox(tmp_path / "outbox") as outbox:
        yield outbox


async def test_a_server_killed_again_and_again_loses_and_doubles_nothing(
    tmp_path: Path, database_url: str, outbox: Outbox
) -> None:
    with served(new_site(tmp_path / "site", database_url, shards=2)) as server:
        load = await Load.on(server, outbox)
        for _ in range(2):
            async with load.under_way():
                await load.until_answered(load.answered() + ANSWERED_BEFORE_KILL)
                assert server.end(signal.SIGKILL) == -signal.SIGKILL
            server.start()
            await load.resend_pending()
        assert load.unanswered, "the load was cut off in the middle"
        load.check_books(database_url)


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("seed", "rounds"), [(0, 1), *[pytest.param(seed, 5, marks=pytest.mark.long) for seed in (1, 2, 3, 4)]]
)
async def test_server_publication_and_postgres_killed_in_turns_lose_and_double_nothing(
    tmp_path: Path, outbox: Outbox, seed: int, rounds: int
) -> None:
    chance = random.Random(seed)
    kinds = [*KILLS] * rounds
    chance.shuffle(kinds)
    half_published = 0
    with embedded_site(tmp_path / "site") as site, served(site) as server:
        load, dsn = await Load.on(server, outbox), ""
        for kind in kinds:
            async with load.under_way():
                await load.until_answered(load.answered() + chance.randint(20, 80))
                await KILLS[kind](server, chance)
            if server.process is None:
                half_published += is_half_published(site)
                server.start()
            await load.resend_pending()
            dsn = embedded.start(site.data).superuser_dsn(DATABASE)
            assert list(fsck(dsn, signatures=False)) == []
        assert half_published, "no kill met a publication"
        load.check_books(dsn)
        assert server.end(signal.SIGTERM) == 0
        load.check_evidence(embedded.start(site.data).superuser_dsn(DATABASE), tmp_path / "bundle.zip")


async def test_a_server_told_to_stop_answers_what_it_took(
    tmp_path: Path, database_url: str, outbox: Outbox
) -> None:
    with served(new_site(tmp_path / "site", database_url)) as server:
        load = await Load.on(server, outbox)
        async with load.under_way():
            await load.until_answered(ANSWERED_BEFORE_KILL)
            assert await asyncio.to_thread(server.end, signal.SIGTERM) == 0
        server.start()
        await load.resend_pending()
        load.check_books(database_url)
