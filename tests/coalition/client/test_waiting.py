"""The delay that the server asks for is kept, whatever it is for."""

import time

import grpc
import pytest

from coalition.client import Client
from tests.coalition.client.peer import MEMBER, Peer, fails


@pytest.mark.parametrize("reason", ["RATE_LIMITED", "QUEUE_FULL"])
async def test_the_delay_that_the_server_asks_for_is_kept(peer: Peer, client: Client, reason: str) -> None:
    peer.script.extend([fails(grpc.StatusCode.RESOURCE_EXHAUSTED, reason, retry_seconds=0.4)] * 2)
    began = time.monotonic()
    await client.issue(member=MEMBER, amount=5)
    assert time.monotonic() - began >= 0.8
    assert len(peer.calls) == 3
