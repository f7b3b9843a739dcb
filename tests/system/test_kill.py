"""Whatever is killed in the middle of the load: receipts held are in the journal, nothing is doubled, the books are sound."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from coalition.cli.site import DATABASE, Site, found_network, prepare_database
from coalition.client import Outbox
from settlement import embedded
from settlement.house.records import Network
from tests.support.network import ORIGIN, PEOPLE, new_site
from tests.support.serving import PARTNERS, Load, ServerProcess, served

ANSWERED_BEFORE_KILL = 150


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with Outbox(tmp_path / "outbox") as outbox:
        yield outbox


@pytest.fixture
def embedded_site(tmp_path: Path) -> Iterator[Site]:
    """A site with a PostgreSQL of its own, which may be killed."""
    site = Site(tmp_path / "site")
    prepare_database(site)
    network = Network(ORIGIN, "EUR", 2, 1, "operator", "bilateral")
    found_network(site, network, rate_micros=10_000, people=PEOPLE, server="127.0.0.1:0")
    yield site
    embedded.stop(site.data)


async def loaded(server: ServerProcess, outbox: Outbox) -> Load:
    identities = [await asyncio.to_thread(server.take_in, partner) for partner in PARTNERS]
    load = Load(identities, outbox)
    await load.enrol(12)
    return load


async def test_a_server_killed_again_and_again_loses_and_doubles_nothing(
    tmp_path: Path, database_url: str, outbox: Outbox
) -> None:
    with served(new_site(tmp_path / "site", database_url, shards=2)) as server:
        load = await loaded(server, outbox)
        for _ in range(2):
            stop = asyncio.Event()
            running = asyncio.create_task(load.run(stop))
            await load.until_answered(load.answered() + ANSWERED_BEFORE_KILL)
            assert server.end(signal.SIGKILL) == -signal.SIGKILL
            stop.set()
            await running
            server.start()
            await load.resend_pending()
        assert load.unanswered, "the load was cut off in the middle"
        load.check_books(database_url)


async def test_postgres_killed_in_the_middle_loses_and_doubles_nothing(
    embedded_site: Site, outbox: Outbox
) -> None:
    with served(embedded_site) as server:
        load = await loaded(server, outbox)
        stop = asyncio.Event()
        running = asyncio.create_task(load.run(stop))
        await load.until_answered(ANSWERED_BEFORE_KILL)
        pid = embedded.status(embedded_site.data).pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await load.until_answered(2 * ANSWERED_BEFORE_KILL)
        stop.set()
        await running
        assert embedded.status(embedded_site.data).pid not in (None, pid), "the server started it again"
        await load.resend_pending()
        assert await asyncio.to_thread(server.end, signal.SIGTERM) == 0
        load.check_books(embedded.start(embedded_site.data).superuser_dsn(DATABASE))


async def test_a_server_told_to_stop_answers_what_it_took(
    tmp_path: Path, database_url: str, outbox: Outbox
) -> None:
    with served(new_site(tmp_path / "site", database_url)) as server:
        load = await loaded(server, outbox)
        stop = asyncio.Event()
        running = asyncio.create_task(load.run(stop))
        await load.until_answered(ANSWERED_BEFORE_KILL)
        ended = asyncio.create_task(asyncio.to_thread(server.end, signal.SIGTERM))
        assert await ended == 0
        stop.set()
        await running
        server.start()
        await load.resend_pending()
        load.check_books(database_url)
