"""FollowObligations on a real gateway: whoever follows a partner's debts knows them as they stand, whatever happens meanwhile."""

import asyncio
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from coalition.api.v1.settlement_pb2 import FollowObligationsRequest, FollowObligationsResponse
from coalition.client import BlockingClient, Client, RequestRejectedError
from coalition.client.settlement_answers import FollowedObligations
from coalition.gateway import following_debts, streams
from coalition.gateway.following_debts import EVERY_SECONDS
from coalition.gateway.streams import STREAMS_OF_PARTNER_MAX
from settlement.signing import new_key
from tests.support.door import Door
from tests.support.network import start_server
from tests.support.postgres import drop_database, new_books

PATIENCE_SECONDS = 30
States = AsyncGenerator[FollowedObligations]


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Door]:
    """A network of two shards for a test that counts what is owed, or closes cycles."""
    dsn = new_books()
    with Door.opened(tmp_path / "site", dsn, shards=2) as door:
        yield door
    drop_database(dsn)


async def state_in_which(
    states: States, wanted: Callable[[FollowedObligations], bool]
) -> FollowedObligations:
    """The first state of which it is true."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for state in states:
            if wanted(state):
                return state
    raise AssertionError("the stream ended")


def debts(state: FollowedObligations) -> dict[tuple[str, str], tuple[int, int]]:
    return {(one.debtor, one.creditor): (one.amount_micros, one.count) for one in state.obligations}


async def test_the_state_comes_first_and_then_what_changes(fresh: Door) -> None:
    async with (
        Client(fresh.identity("bakery")) as bakery,
        Client(fresh.identity("grocer")) as grocer,
        aclosing(bakery.follow_obligations()) as states,
    ):
        await grocer.redeem(member=fresh.member, amount=100)
        state = await state_in_which(states, lambda state: bool(state.obligations))
        assert (state.cycle, state.net_micros, debts(state)) == (
            1,
            1_000_000,
            {("bakery", "grocer"): (1_000_000, 1)},
        )
        await grocer.issue(member=fresh.member, amount=50)
        for amount in (700, 150, 50):
            await bakery.redeem(member=fresh.member, amount=amount)
            await grocer.redeem(member=fresh.member, amount=1)
        expected = {(one.debtor, one.creditor): one for one in await bakery.obligations(cycle=1)}
        state = await state_in_which(
            states, lambda state: state.obligations == tuple(map(expected.get, sorted(expected)))
        )
        owes, owed = expected["bakery", "grocer"], expected.get(("grocer", "bakery"))
        assert state.net_micros == owes.amount_micros - (0 if owed is None else owed.amount_micros)


async def test_a_cycle_ends_with_its_last_sums_and_the_next_begins(fresh: Door) -> None:
    async with (
        Client(fresh.identity("bakery")) as bakery,
        Client(fresh.identity("grocer")) as grocer,
        Client(fresh.identity("operator")) as operator,
        aclosing(bakery.follow_obligations()) as states,
        aclosing(operator.follow_obligations(partner_id="bakery")) as seen_by_operator,
    ):
        await asyncio.gather(anext(states), anext(seen_by_operator))
        for amount in (1, 2, 3):
            await grocer.redeem(member=fresh.member, amount=amount)
        await operator.close_cycle(cycle=1, label="")
        await grocer.redeem(member=fresh.member, amount=7)
        for stream in (states, seen_by_operator):
            last = await state_in_which(stream, lambda state: state.closed)
            assert (last.cycle, debts(last), last.net_micros) == (
                1,
                {("bakery", "grocer"): (60_000, 3)},
                60_000,
            )
            state = await state_in_which(stream, lambda state: bool(state.obligations))
            assert (state.cycle, state.closed, debts(state)) == (
                2,
                False,
                {("bakery", "grocer"): (70_000, 1)},
            )
            assert list(last.obligations) == await bakery.obligations(cycle=1)


async def test_messages_come_once_a_second_and_tell_what_changed_meanwhile(fresh: Door) -> None:
    clock, heard, counted = asyncio.get_running_loop().time, 1, 0
    async with Client(fresh.identity("bakery")) as bakery, Client(fresh.identity("grocer")) as grocer:
        messages = bakery._stream(FollowObligationsRequest(), FollowObligationsResponse)
        async with aclosing(messages), asyncio.timeout(PATIENCE_SECONDS):
            began = clock()
            first: Any = await anext(messages)
            assert (first.whole, list(first.obligations), first.net_micros) == (True, [], "0")
            spending = asyncio.gather(*[grocer.redeem(member=fresh.member, amount=1) for _ in range(20)])
            while counted < 20:
                message: Any = await anext(messages)
                heard += 1
                assert not message.whole
                counted = message.obligations[0].count
            await spending
    assert heard <= 1 + (clock() - began) / EVERY_SECONDS
    assert heard < 20


async def test_a_look_asks_once_for_all_who_follow_and_for_nothing_if_nothing_grew(
    fresh: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def spied(name: str) -> None:
        real = getattr(following_debts, name)

        async def spy(*args: Any, **options: Any) -> Any:
            asked.append(name)
            return await real(*args, **options)

        monkeypatch.setattr(following_debts, name, spy)

    spied("all_sums")
    spied("sums_posted_to")
    async with AsyncExitStack() as stack:
        bakery, grocer = [
            await stack.enter_async_context(Client(fresh.identity(who))) for who in ("bakery", "grocer")
        ]
        opened = [await stack.enter_async_context(aclosing(bakery.follow_obligations())) for _ in range(5)]
        await asyncio.gather(*[anext(each) for each in opened])
        assert asked.count("all_sums") == 1
        await grocer.redeem(member=fresh.member, amount=3)
        await asyncio.gather(*[anext(each) for each in opened])
        assert asked.count("all_sums") == 1
        await asyncio.sleep(3 * EVERY_SECONDS)  # the journal is published, which grows the house
        quiet = len(asked)
        await asyncio.sleep(3 * EVERY_SECONDS)
        assert len(asked) == quiet


async def test_who_is_far_behind_is_told_all_anew(fresh: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following_debts, "ENTRIES_MAX", 0)
    async with Client(fresh.identity("bakery")) as bakery, Client(fresh.identity("grocer")) as grocer:
        messages = bakery._stream(FollowObligationsRequest(), FollowObligationsResponse)
        async with aclosing(messages), asyncio.timeout(PATIENCE_SECONDS):
            await anext(messages)
            await grocer.redeem(member=fresh.member, amount=5)
            message: Any = await anext(messages)
            while not message.obligations:
                message = await anext(messages)
    assert message.whole
    assert (message.obligations[0].amount_micros, message.net_micros) == ("50000", "50000")


async def test_a_client_comes_back_by_itself_when_its_server_does(fresh: Door) -> None:
    address = fresh.server.address
    async with (
        Client(fresh.identity("bakery"), deadline_seconds=PATIENCE_SECONDS) as bakery,
        Client(fresh.identity("grocer"), deadline_seconds=PATIENCE_SECONDS) as grocer,
        aclosing(bakery.follow_obligations()) as states,
    ):
        await anext(states)
        further = asyncio.ensure_future(state_in_which(states, lambda state: bool(state.obligations)))
        await asyncio.to_thread(fresh.server.stop)
        again = await asyncio.to_thread(lambda: start_server(fresh.server.site, listen=address))
        try:
            await grocer.redeem(member=fresh.member, amount=9)
            assert debts(await further) == {("bakery", "grocer"): (90_000, 1)}
        finally:
            await asyncio.to_thread(again.stop)


async def test_a_stream_without_news_gives_signs_of_life(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.3)
    async with Client(door.identity("florist")) as client:
        messages = client._stream(FollowObligationsRequest(), FollowObligationsResponse)
        async with aclosing(messages), asyncio.timeout(PATIENCE_SECONDS):
            heard: list[Any] = [await anext(messages) for _ in range(3)]
    assert [message.whole for message in heard] == [True, False, False]
    assert not any(message.obligations or message.closed for message in heard)
    assert {message.cycle for message in heard} == {1}


async def test_a_partner_has_so_many_streams(door: Door) -> None:
    async with Client(door.identity("grocer")) as client, AsyncExitStack() as stack:
        for _ in range(STREAMS_OF_PARTNER_MAX):
            opened = client._stream(FollowObligationsRequest(), FollowObligationsResponse)
            await anext(await stack.enter_async_context(aclosing(opened)))
        answer = await asyncio.to_thread(door.ask, "grocer", FollowObligationsRequest())
        answer.is_error("RATE_LIMITED")
        assert (await asyncio.to_thread(door.ask, "bakery", FollowObligationsRequest())).code == "OK"


def test_a_partner_follows_itself_and_the_operator_whom_it_names(door: Door) -> None:
    for who, named, field in (("bakery", "grocer", "partner_id"), ("operator", "", "partner_id")):
        answer = door.ask(who, FollowObligationsRequest(partner_id=named))
        answer.is_error("FIELD_INVALID")
        assert answer.field == field
    door.ask("operator", FollowObligationsRequest(partner_id="nobody")).is_error("PARTNER_NOT_FOUND")
    assert door.ask("ann", FollowObligationsRequest(partner_id="operator")).code == "OK"


async def test_a_key_that_is_revoked_hears_no_more(door: Door) -> None:
    async with Client(door.identity("bakery")) as bakery, Client(door.identity("grocer")) as grocer:
        key = new_key()
        await bakery.add_key(key=key)
        async with (
            Client(replace(door.identity("bakery"), signer=key)) as with_it,
            aclosing(with_it.follow_obligations()) as states,
        ):
            await anext(states)
            await bakery.revoke_key(keyid=key.keyid)
            await grocer.redeem(member=door.member, amount=1)
            with pytest.raises(RequestRejectedError) as caught:
                await state_in_which(states, lambda state: False)
            assert caught.value.reason in ("KEY_REVOKED", "KEY_UNKNOWN")


def test_the_command_prints_each_state_until_it_is_interrupted(fresh: Door) -> None:
    site = fresh.server.site
    words = ["cycle", "obligations", "--follow", "--json", "--partner", "bakery", "--as", "operator"]
    words += ["--data", str(site.data), "--server", fresh.server.address]
    environment = os.environ | {"COALITION_DATABASE_URL": site.database_url or ""}
    with subprocess.Popen(
        [sys.executable, "-m", "coalition", *words], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        told: list[Any] = []
        with BlockingClient(fresh.identity("grocer")) as grocer:
            while not told or not told[-1]["obligations"]:
                assert select.select([process.stdout], [], [], PATIENCE_SECONDS)[0]
                told.append(json.loads(process.stdout.readline()))
                if len(told) == 1:
                    grocer.redeem(member=fresh.member, amount=4)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=PATIENCE_SECONDS) == 130
    assert told[0]["obligations"] == []
    assert (told[-1]["cycle"], told[-1]["closed"], told[-1]["net_micros"]) == (1, False, 40_000)
