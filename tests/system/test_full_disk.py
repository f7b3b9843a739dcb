"""A full disk stops the work and loses nothing: it goes on by itself once there is room."""

import signal
import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from coalition.cli.site import DATABASE, Site
from coalition.client import BlockingClient, Outbox
from settlement import embedded
from tests.support.load import Load
from tests.support.network import RunningServer, new_site
from tests.support.serving import embedded_site, served, until
from tests.support.small_disk import SmallDisk, on_small_disk

pytestmark = pytest.mark.debian

CLUSTER_MEGABYTES = 200
"""Room for a fresh cluster and some of its own log."""
NO_ROOM = "No space left on device"


def use_up_the_log_of_postgres(dsn: str) -> None:
    """PostgreSQL needs room for the next segment of its log, and ends when there is none."""
    fill = "SELECT pg_switch_wal(), pg_logical_emit_message(true, 'x', repeat('x', 1000000))"
    with pytest.raises(psycopg.OperationalError), psycopg.connect(dsn, autocommit=True) as superuser:
        deque(superuser.execute(fill) for _ in range(20))


@contextmanager
def cluster_on_small_disk(site: Site) -> Iterator[SmallDisk]:
    """The cluster's folder on a disk of its own; PostgreSQL has ended before it is taken away."""
    embedded.stop(site.data)
    with on_small_disk(site.data / "postgres", megabytes=CLUSTER_MEGABYTES) as disk:
        try:
            yield disk
        finally:
            embedded.stop(site.data)


@pytest.mark.embedded
@pytest.mark.parametrize("ends", [False, True], ids=["a-table-cannot-grow", "postgres-ends-and-cannot-start"])
async def test_while_postgres_has_no_room_calls_are_unavailable_and_nothing_is_lost(
    tmp_path: Path, ends: bool
) -> None:
    with (
        embedded_site(tmp_path / "site") as site,
        Outbox(tmp_path / "outbox") as outbox,
        cluster_on_small_disk(site) as disk,
        served(site) as server,
    ):
        dsn = embedded.start(site.data).superuser_dsn(DATABASE)
        load = await Load.on(server, outbox)
        load.deadline_seconds = 6.0  # time enough to hear what the server says while it waits for PostgreSQL
        async with load.under_way():
            await load.until_answered(100)
            disk.fill()
            if ends:
                use_up_the_log_of_postgres(dsn)
            await until(lambda: (NO_ROOM if ends else "DiskFull") in server.log)
            await until(lambda: "BOOKS_UNAVAILABLE" in load.reasons)
            before = load.answered()
            disk.free()
            await load.until_answered(before + 100)
        await load.resend_pending()
        load.check_books(dsn)
        server.end(signal.SIGTERM)
        load.check_evidence(embedded.start(site.data).superuser_dsn(DATABASE), tmp_path / "bundle.zip")


async def test_while_the_log_has_no_room_acts_are_answered_and_published_later(
    tmp_path: Path, database_url: str
) -> None:
    site = new_site(tmp_path / "site", database_url)
    site.log.mkdir()
    with (
        on_small_disk(site.log, megabytes=8) as disk,
        Outbox(tmp_path / "outbox") as outbox,
        served(site) as server,
    ):
        load = await Load.on(server, outbox)
        async with load.under_way():
            await load.until_answered(100)
            disk.fill()
            await until(lambda: NO_ROOM in server.log)
            signed, answered = (site.log / "guard").read_text(), load.answered()
            await load.until_answered(answered + 100)
            assert (site.log / "guard").read_text() == signed, "nothing was signed that could not be kept"
            disk.free()
            await until(lambda: (site.log / "guard").read_text() != signed)
        await load.resend_pending()
        load.check_books(database_url)
        server.end(signal.SIGTERM)
        load.check_evidence(database_url, tmp_path / "bundle.zip")


@pytest.mark.parametrize("room_bytes", [0, 1 << 15])
def test_an_outbox_without_room_refuses_before_anything_is_sent(
    tmp_path: Path, network: RunningServer, room_bytes: int
) -> None:
    (tmp_path / "disk").mkdir()
    bakery = network.identity("bakery")
    with (
        on_small_disk(tmp_path / "disk", megabytes=1) as disk,
        Outbox(tmp_path / "disk" / "outbox") as outbox,
    ):
        with BlockingClient(bakery, outbox=outbox) as client:
            member = client.enrol().member
            assert member is not None
            disk.fill(but_bytes=room_bytes)
            with pytest.raises(sqlite3.OperationalError, match="full"):
                deque(client.issue(member=member, amount=1) for _ in range(1_000))
            disk.free()
            for kept in outbox.pending():
                client.resend(act_id=kept.act_id)
            points = client.balance(member=member).points
        assert points == len(list(outbox.receipts())) - 1, "every act that was sent is in the outbox"
        assert bool(points) == bool(room_bytes)
