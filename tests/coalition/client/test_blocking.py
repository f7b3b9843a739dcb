"""The blocking client is the async one, for threads."""

import asyncio
import inspect
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread

import grpc
import pytest

from coalition.api.v1 import exchange_pb2
from coalition.client import BlockingClient, Client, ClientError, Outbox, RequestRejectedError
from tests.coalition.client.peer import MEMBER, Call, Peer, fails


@pytest.fixture
def peer() -> Iterator[Peer]:
    """A peer with a thread of its own, so that the test may block."""
    peer, started, stopping = Peer(), Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def run() -> None:
        async with peer:
            started.set()
            await stopping.wait()

    thread = Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    started.wait()
    yield peer
    loop.call_soon_threadsafe(stopping.set)
    thread.join()
    loop.close()


def public(owner: type) -> dict[str, inspect.Signature]:
    """Public methods with what they take."""
    methods = inspect.getmembers(owner, inspect.isfunction)
    return {
        name: inspect.signature(method).replace(return_annotation=None)
        for name, method in methods
        if not name.startswith("_")
    }


def test_it_has_every_method_with_the_same_arguments() -> None:
    assert public(BlockingClient) == public(Client)
    assert BlockingClient.issue.__doc__ == Client.issue.__doc__


def test_threads_share_it(peer: Peer, tmp_path: Path) -> None:
    with Outbox(tmp_path / "o") as outbox, BlockingClient(peer.identity(), outbox=outbox) as client:
        with ThreadPoolExecutor(4) as pool:
            calls = [pool.submit(client.issue, member=MEMBER, amount=n + 1) for n in range(40)]
        act_ids = {call.result().act_id for call in calls}
        assert len(act_ids) == len(list(outbox.receipts())) == 40
    assert sorted(call.request.amount for call in peer.calls) == list(range(1, 41))


def test_two_of_them_live_side_by_side(peer: Peer) -> None:
    with BlockingClient(peer.identity()) as one, BlockingClient(peer.identity()) as other:
        assert one.issue(member=MEMBER, amount=5).act_id != other.issue(member=MEMBER, amount=5).act_id


def test_errors_arrive_in_the_calling_thread(peer: Peer) -> None:
    peer.script.append(fails(grpc.StatusCode.PERMISSION_DENIED, "ROLE_MISSING"))
    with BlockingClient(peer.identity()) as client, pytest.raises(RequestRejectedError) as caught:
        client.activate(partner_id="florist")
    assert caught.value.reason == "ROLE_MISSING"


def test_entries_are_iterated(peer: Peer) -> None:
    async def page(call: Call, context: object) -> bytes:
        token = "" if call.request.page_token else "next"
        entry = exchange_pb2.Entry(shard=1, entry_number=len(call.request.page_token))
        return exchange_pb2.ListEntriesResponse(entries=[entry], next_page_token=token).SerializeToString()

    peer.script.extend([page, page])
    with BlockingClient(peer.identity()) as client:
        assert [entry.entry_number for entry in client.entries()] == [0, 4]


def test_outside_of_its_block_it_says_so(peer: Peer) -> None:
    client = BlockingClient(peer.identity())
    with pytest.raises(ClientError, match="with BlockingClient"):
        client.position()
    with client:
        client.issue(member=MEMBER, amount=5)
    with pytest.raises(ClientError, match="with BlockingClient"):
        client.issue(member=MEMBER, amount=5)
