"""Clocks that are set wrong and right again: times of entries only grow, nothing is lost, and afterwards all goes on."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from coalition.audit.fsck import fsck
from coalition.cli.site import Site
from coalition.client import Client, Outbox, RequestRejectedError
from settlement.ids import new_act_id
from tests.support.fake_clock import FakeClock
from tests.support.load import Load
from tests.support.network import new_site
from tests.support.own_server import own_server
from tests.support.serving import founded, served, until

pytestmark = pytest.mark.debian

MINUTE, YEAR = 60, 365 * 86_400
ACTS = 60


@pytest.fixture
def clock() -> Iterator[FakeClock]:
    """Right, to begin with; in a folder that the account of PostgreSQL may read, as those of pytest are not."""
    with tempfile.TemporaryDirectory(prefix="coalition-clock-") as folder:
        Path(folder).chmod(0o755)
        clock = FakeClock(Path(folder) / "clock")
        clock.set(0)
        yield clock


@pytest.fixture
def dsn(clock: FakeClock) -> Iterator[str]:
    """An empty database whose server goes by the clock."""
    with own_server(clock.environment) as server:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("CREATE DATABASE books")
        yield make_conninfo(server, dbname="books")


@pytest.fixture
def site(tmp_path: Path, dsn: str) -> Site:
    return founded(Site(tmp_path / "site", dsn))


def published_everything(dsn: str) -> bool:
    """Whether the newest checkpoint covers the house, which names the size of every shard since its last act."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "SELECT (SELECT max(size) FROM checkpoints) = (SELECT size FROM shards WHERE shard = 0)"
            " AND (SELECT max(index) FROM entries WHERE shard = 0 AND kind = 'heads')"
            "   = (SELECT max(index) FROM entries WHERE shard = 0)"
        ).fetchone()
    return row == (True,)


async def test_small_steps_of_the_books_clock_to_and_fro_stop_nobody(
    tmp_path: Path, site: Site, dsn: str, clock: FakeClock
) -> None:
    with served(site) as server, Outbox(tmp_path / "outbox") as outbox:
        load = await Load.on(server, outbox)
        async with load.under_way():
            for seconds in (0, 30 * MINUTE, -10 * MINUTE, 59 * MINUTE, 0):
                clock.set(seconds)
                await load.until_answered(load.answered() + ACTS)
        await load.resend_pending()
        load.check_books(dsn)


async def test_a_clock_far_ahead_expires_requests_and_once_it_is_right_all_goes_on(
    site: Site, dsn: str, clock: FakeClock
) -> None:
    with served(site) as server:
        identity = server.take_in("bakery")
        async with Client(identity) as bakery, Client(server.identity("operator")) as operator:
            member = (await bakery.enrol()).member
            assert member is not None
            await bakery.issue(member=member, amount=5)
            clock.set(YEAR)
            with pytest.raises(RequestRejectedError) as caught:
                await bakery.issue(member=member, amount=5)
            assert caught.value.reason == "REQUEST_EXPIRED"
            await until(lambda: published_everything(dsn))
            clock.set(0)
            assert (await bakery.issue(member=member, amount=5)).balance_after == 10
            assert (await operator.close_cycle(cycle=1)).refusal is None
            assert (await bakery.issue(member=member, amount=5)).balance_after == 15
    assert list(fsck(dsn)) == []


async def test_a_clock_behind_turns_requests_away_and_they_may_come_again(
    tmp_path: Path, dsn: str, clock: FakeClock
) -> None:
    clock.set(-10 * MINUTE)
    with served(founded(Site(tmp_path / "site", dsn))) as server:
        async with Client(server.identity("operator")) as operator:
            act_id = new_act_id()
            with pytest.raises(RequestRejectedError) as caught:
                await operator.register(partner_id="bakery", display_name="Bakery", act_id=act_id)
            assert (caught.value.reason, caught.value.nothing_recorded) == ("REQUEST_FROM_THE_FUTURE", True)
            clock.set(0)
            again = await operator.register(partner_id="bakery", display_name="Bakery", act_id=act_id)
            assert again.refusal is None


@pytest.mark.parametrize(
    ("seconds", "reason"), [(10 * MINUTE, "REQUEST_EXPIRED"), (-10 * MINUTE, "REQUEST_FROM_THE_FUTURE")]
)
async def test_a_gateways_wrong_clock_turns_reads_away_and_no_act(
    tmp_path: Path, database_url: str, clock: FakeClock, seconds: int, reason: str
) -> None:
    site = new_site(tmp_path / "site", database_url)
    clock.set(seconds)
    with served(site, environment=clock.environment) as server:
        async with Client(server.take_in("bakery")) as bakery:
            member = (await bakery.enrol()).member
            assert member is not None
            assert (await bakery.issue(member=member, amount=5)).balance_after == 5
            with pytest.raises(RequestRejectedError) as caught:
                await bakery.balance(member=member)
            assert caught.value.reason == reason
            clock.set(0)
            assert (await bakery.balance(member=member)).points == 5
