"""FollowEntries on a real gateway: each entry that concerns the caller, once and in order, whatever ends the stream."""

import asyncio
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from coalition.api.v1.exchange_pb2 import FollowEntriesRequest, FollowEntriesResponse
from coalition.client import BlockingClient, Client, Identity, RequestRejectedError
from coalition.client.answers import FollowedEntry
from coalition.gateway import following, streams
from coalition.gateway.streams import STREAMS_OF_PARTNER_MAX
from settlement.signing import new_key
from tests.support.door import Door
from tests.support.network import start_server
from tests.support.postgres import drop_database, new_books

PATIENCE_SECONDS = 20


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    """A network of two shards for each test: its entries are counted."""
    dsn = new_books()
    with Door.opened(tmp_path / "site", dsn, shards=2) as door:
        yield door
    drop_database(dsn)


async def take(entries: AsyncIterator[FollowedEntry], number: int) -> list[FollowedEntry]:
    """The next so many entries."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        return [await anext(entries) for _ in range(number)]


async def listed(client: Client) -> set[tuple[int, int]]:
    return {(entry.shard, entry.entry_number) async for entry in client.entries()}


def names(entries: list[FollowedEntry]) -> list[tuple[int, int]]:
    return [(entry.shard, entry.entry_number) for entry in entries]


def is_in_order(entries: list[FollowedEntry]) -> bool:
    """Within each shard."""
    return all(
        numbers == sorted(set(numbers))
        for shard in {entry.shard for entry in entries}
        for numbers in [[entry.entry_number for entry in entries if entry.shard == shard]]
    )


@pytest.mark.parametrize("who", ["bakery", "operator"])
async def test_what_there_is_comes_first_and_then_what_is_recorded(door: Door, who: str) -> None:
    async with Client(door.identity(who)) as client, Client(door.identity("bakery")) as bakery:
        before = await listed(client)
        async with aclosing(client.follow()) as entries:
            found = await take(entries, len(before))
            assert set(names(found)) == before
            for amount in range(1, 6):
                issued = await bakery.issue(member=door.member, amount=amount)
                while (issued.shard, issued.index) not in names(found):
                    found += await take(entries, 1)
        assert is_in_order(found)
        assert b"\namount PTS 5\n" in found[-1].leaf


async def test_whoever_owes_learns_of_it_and_nobody_else(door: Door) -> None:
    """The grocer spends points that the bakery issued."""
    async with AsyncExitStack() as stack:
        bakery, grocer, florist = [
            await stack.enter_async_context(Client(door.identity(who)))
            for who in ("bakery", "grocer", "florist")
        ]
        owing = await stack.enter_async_context(aclosing(bakery.follow(only_new=True)))
        others = await stack.enter_async_context(aclosing(florist.follow(only_new=True)))
        waiting = [asyncio.ensure_future(anext(each)) for each in (owing, others)]
        await asyncio.sleep(0.5)
        spent = await grocer.redeem(member=door.member, amount=100)
        found = await asyncio.wait_for(waiting[0], PATIENCE_SECONDS)
        assert (found.shard, found.entry_number) == (spent.shard, spent.index)
        assert not waiting[1].done()
        waiting[1].cancel()
        await asyncio.gather(waiting[1], return_exceptions=True)


async def test_a_funder_learns_of_what_is_issued_and_undone_at_its_cost(door: Door) -> None:
    """As it would find in its list."""
    async with Client(door.identity("bakery")) as bakery, Client(door.identity("grocer")) as grocer:
        until = datetime(2100, 1, 1, tzinfo=UTC)
        await grocer.agree_to_fund(
            issuer="bakery", campaign="advent", share_basis_points=2_500, valid_until=until
        )
        async with aclosing(grocer.follow(only_new=True)) as entries:
            learning = asyncio.ensure_future(take(entries, 2))
            await asyncio.sleep(0.5)
            issued = await bakery.issue(member=door.member, amount=100, campaign="advent")
            await bakery.issue(member=door.member, amount=7)
            undone = await bakery.reverse(original_act_id=issued.act_id)
            found = await learning
        assert names(found) == [(issued.shard, issued.index), (undone.shard, undone.index)]
        assert set(names(found)) <= await listed(grocer)


async def test_a_stream_that_is_resumed_leaves_nothing_out_and_repeats_nothing(door: Door) -> None:
    """Also by another server, after the first one is gone."""
    bakery = door.identity("bakery")
    async with Client(bakery) as client:
        for amount in range(1, 20):
            await client.issue(member=door.member, amount=amount)
        every, found, token = await listed(client), list[FollowedEntry](), ""
        while len(found) < 12:
            async with aclosing(client.follow(resume_token=token)) as entries:
                found += await take(entries, 4)
            token = found[-1].resume_token
    door.server.stop()
    again = start_server(door.server.site)
    try:
        async with (
            Client(replace(bakery, server=again.address)) as client,
            aclosing(client.follow(resume_token=token)) as entries,
        ):
            found += await take(entries, len(every) - len(found))
            await client.issue(member=door.member, amount=7)
            last = await take(entries, 1)
    finally:
        again.stop()
    assert set(names(found)) == every
    assert is_in_order([*found, *last])
    assert b"\namount PTS 7\n" in last[0].leaf


async def test_a_client_comes_back_by_itself_when_its_server_does(door: Door) -> None:
    bakery, address = door.identity("bakery"), door.server.address
    async with (
        Client(bakery, deadline_seconds=PATIENCE_SECONDS) as client,
        aclosing(client.follow()) as entries,
    ):
        every = await listed(client)
        found = await take(entries, len(every))
        further = asyncio.ensure_future(take(entries, 1))
        await asyncio.to_thread(door.server.stop)
        again = await asyncio.to_thread(lambda: start_server(door.server.site, listen=address))
        try:
            issued = await client.issue(member=door.member, amount=7)
            found += await further
        finally:
            await asyncio.to_thread(again.stop)
    assert set(names(found)) == every | {(issued.shard, issued.index)}
    assert is_in_order(found)


async def test_a_reader_of_many_entries_gets_them_in_bounded_portions(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "ENTRIES_MAX", 4)
    monkeypatch.setattr(following, "AT_A_LOOK", 1)
    async with Client(door.identity("operator")) as one, Client(door.identity("bakery")) as other:
        for amount in range(1, 25):
            await other.issue(member=door.member, amount=amount)
        for client in (one, other):
            every = await listed(client)
            async with aclosing(client.follow()) as entries:
                found = await take(entries, len(every))
                while not every <= set(names(found)):  # the engine's own may come between
                    assert client is one
                    found += await take(entries, 1)
            assert set(names(found)) == every or client is one
            assert is_in_order(found)


async def test_a_stream_without_news_gives_signs_of_life_with_a_token(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.3)
    async with Client(door.identity("florist")) as client:
        messages = client._stream(FollowEntriesRequest(only_new=True), FollowEntriesResponse)
        async with aclosing(messages), asyncio.timeout(PATIENCE_SECONDS):
            heard: list[Any] = [await anext(messages) for _ in range(4)]
    assert not any(message.HasField("entry") for message in heard)
    assert all(message.resume_token for message in heard)


async def test_a_partner_has_so_many_streams_and_room_again_when_one_ends(door: Door) -> None:
    identity: Identity = door.identity("grocer")
    async with Client(identity, deadline_seconds=2) as client, AsyncExitStack() as stack:
        opened = []
        for _ in range(STREAMS_OF_PARTNER_MAX):
            stream = client._stream(FollowEntriesRequest(), FollowEntriesResponse)
            opened.append(await stack.enter_async_context(aclosing(stream)))
            await anext(stream)
        answer = await asyncio.to_thread(door.ask, "grocer", FollowEntriesRequest())
        answer.is_error("RATE_LIMITED")
        assert answer.retry_seconds == streams.RETRY_SECONDS
        assert (await asyncio.to_thread(door.ask, "bakery", FollowEntriesRequest())).code == "OK"
        await opened.pop().aclose()
        await asyncio.sleep(0.5)
        assert (await asyncio.to_thread(door.ask, "grocer", FollowEntriesRequest())).code == "OK"


@pytest.mark.parametrize("token", ["x", "AAAA", "A" * 64, "é", "AAAAAAAAAAA="])
def test_what_is_no_token_is_named(door: Door, token: str) -> None:
    answer = door.ask("bakery", FollowEntriesRequest(resume_token=token))
    answer.is_error("FIELD_INVALID")
    assert answer.field == "resume_token"


def test_a_token_ahead_of_the_books_and_one_beside_only_new_are_refused(door: Door) -> None:
    ahead = following.write_positions({0: 0, 1: 10**6, 2: 0})
    door.ask("bakery", FollowEntriesRequest(resume_token=ahead)).is_error("FIELD_INVALID")
    start = following.write_positions({0: 0, 1: 0, 2: 0})
    answer = door.ask("bakery", FollowEntriesRequest(resume_token=start, only_new=True))
    answer.is_error("FIELD_INVALID")
    assert answer.field == "only_new"


async def test_a_key_that_is_revoked_hears_no_more(door: Door) -> None:
    async with Client(door.identity("bakery")) as bakery:
        key = new_key()
        await bakery.add_key(key=key)
        async with (
            Client(replace(door.identity("bakery"), signer=key)) as with_it,
            aclosing(with_it.follow()) as entries,
        ):
            await take(entries, 1)
            await bakery.revoke_key(keyid=key.keyid)
            with pytest.raises(RequestRejectedError) as caught:
                await take(entries, 1_000)
            assert caught.value.reason in ("KEY_REVOKED", "KEY_UNKNOWN")


def test_the_command_prints_entries_as_they_come_until_it_is_interrupted(door: Door) -> None:
    site, address = door.server.site, door.server.address
    command = [
        "entries",
        "--follow",
        "--json",
        "--as",
        "operator",
        "--data",
        str(site.data),
        "--server",
        address,
    ]
    environment = os.environ | {"COALITION_DATABASE_URL": site.database_url or ""}
    with subprocess.Popen(
        [sys.executable, "-m", "coalition", *command], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        with BlockingClient(door.identity("bakery")) as bakery:
            told: list[str] = []
            while not told or json.loads(told[-1])["kind"] != "issue":
                # Until the command listens, nothing that is recorded is new to it.
                bakery.issue(member=door.member, amount=3)
                if select.select([process.stdout], [], [], 0.5)[0]:
                    told.append(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=PATIENCE_SECONDS) == 130
    assert json.loads(told[-1])["resume_token"]
