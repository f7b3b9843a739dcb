"""What a server says of an error is read where it is well-formed, and otherwise does no harm."""

from typing import Any

import grpc
import pytest

from coalition.client import Client, NoAnswerError
from tests.coalition.client.peer import MEMBER, Call, Peer


@pytest.mark.parametrize("details", [b"\xff", b"\x1a\x02\x12\x09", b"\x08\x08\x1a\x01\x00"])
async def test_an_error_with_malformed_details_is_no_answer(
    peer: Peer, client: Client, details: bytes
) -> None:
    async def step(call: Call, context: Any) -> bytes:
        trailers = (("grpc-status-details-bin", details),)
        await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "because", trailers)
        raise AssertionError("abort raises")

    peer.script.append(step)
    with pytest.raises(NoAnswerError, match="because"):
        await client.balance(member=MEMBER)
