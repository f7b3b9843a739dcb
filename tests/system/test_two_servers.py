"""Two servers on one database: one serial history, whoever is asked, and cycles that are cut while acts flow."""

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest

from coalition.cli.site import Site
from coalition.client import Client, Identity, Outbox, RequestRejectedError
from settlement.ids import new_act_id
from settlement.signing import new_key
from tests.support.load import Load
from tests.support.network import RunningServer, new_site, onboard, start_server


@pytest.fixture
def servers(tmp_path: Path, database_url: str) -> Iterator[list[RunningServer]]:
    """Each has a folder of its own with the same keys."""
    first = new_site(tmp_path / "first", database_url, shards=2)
    shutil.copytree(first.data, tmp_path / "second")
    running = [start_server(site) for site in (first, Site(tmp_path / "second", database_url))]
    yield running
    for server in running:
        server.stop()


@pytest.fixture
def partners(servers: list[RunningServer]) -> list[Identity]:
    """One partner at each server."""
    first, second = onboard(servers[0], "bakery"), onboard(servers[0], "grocer")
    return [first, replace(second, server=servers[1].address)]


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with Outbox(tmp_path / "outbox") as outbox:
        yield outbox


async def test_cycles_closed_while_acts_flow_through_both_hold_every_act_once(
    servers: list[RunningServer], partners: list[Identity], outbox: Outbox, database_url: str
) -> None:
    load, stop = Load(partners, outbox, deadline_seconds=30), asyncio.Event()
    await load.enrol(10)
    running = asyncio.create_task(load.run(stop))
    for cycle in (1, 2, 3):
        await load.until_answered(load.answered() + 60)
        async with Client(servers[cycle % 2].identity("operator")) as operator:
            assert (await operator.close_cycle(cycle=cycle)).refusal is None
    await load.until_answered(load.answered() + 60)
    stop.set()
    await running
    assert load.unanswered == 0
    load.check_books(database_url)
    with psycopg.connect(database_url) as connection:
        for shard in (1, 2):
            check_cut(connection, shard)


def check_cut(connection: psycopg.Connection, shard: int) -> None:
    """Every entry lies in exactly one cycle: ranges follow each other, and `house` agrees with them."""
    closes = [
        row[0] for row in connection.execute("SELECT index FROM entries WHERE kind = 'close' ORDER BY index")
    ]
    rows = connection.execute(
        "SELECT index, house, kind, leaf FROM entries WHERE shard = %s ORDER BY index", (shard,)
    )
    entries = rows.fetchall()
    ranges = [
        leaf.split("\nrange ")[1].split("\n")[0].split(" ") for _, _, kind, leaf in entries if kind == "cut"
    ]
    bounds = [(int(start), int(stop)) for start, stop in ranges] + [(int(ranges[-1][1]), len(entries))]
    assert bounds[0][0] == 0
    assert all(one[1] == two[0] for one, two in pairwise(bounds))
    for number, (start, stop) in enumerate(bounds):
        for _, house, _, _ in entries[start:stop]:
            assert sum(close < house for close in closes) == number


async def test_the_same_bytes_at_both_servers_at_once_are_one_act(
    servers: list[RunningServer], partners: list[Identity], tmp_path: Path, database_url: str
) -> None:
    elsewhere = replace(partners[0], server=servers[1].address)
    with Outbox(tmp_path / "shared") as shared:
        async with Client(partners[0], outbox=shared) as here, Client(elsewhere, outbox=shared) as there:
            member = (await here.enrol()).member
            assert member is not None
            for _ in range(30):
                act_id = new_act_id()
                both = [client.issue(member=member, amount=2, act_id=act_id) for client in (here, there)]
                one, two = await asyncio.gather(*both)
                assert one == two
            act_id = new_act_id()
            one, two = await asyncio.gather(here.enrol(act_id=act_id), there.enrol(act_id=act_id))
            assert one == two
            assert (await there.balance(member=member)).points == 60
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM members").fetchone() == (2,)


async def test_a_key_revoked_at_one_server_posts_nothing_more_at_the_other(
    servers: list[RunningServer], partners: list[Identity]
) -> None:
    fresh = replace(partners[1], signer=new_key())
    async with Client(partners[1]) as old, Client(replace(fresh, server=servers[0].address)) as new:
        member = (await old.enrol()).member
        assert member is not None
        assert (await old.add_key(key=fresh.signer)).refusal is None
        assert (await new.issue(member=member, amount=5)).balance_after == 5
        assert (await new.revoke_key(keyid=partners[1].signer.keyid, reason="compromised")).refusal is None
        with pytest.raises(RequestRejectedError) as caught:
            await old.issue(member=member, amount=5)
        assert caught.value.reason == "KEY_REVOKED"
        assert (await new.balance(member=member)).points == 5
