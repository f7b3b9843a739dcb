"""A network's server reduced to a script: it speaks the protocol over real gRPC, and says next what a test told it to say.

Without a script it accepts every act and signs receipts with its own key.
"""

import asyncio
import hashlib
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Self

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from coalition.api.v1.envelope_pb2 import Envelope
from coalition.client import Identity
from coalition.wire.methods import METHODS
from coalition.wire.receipts import seal_receipt
from settlement.journal.acts import Outcome
from settlement.signing import KeySigner, new_key

NETWORK = "clearing.example/test"
MEMBER = "0a1b2c3d-0000-4000-8000-000000000001"
ALIAS_KEY = bytes(range(32))


@dataclass(frozen=True)
class Call:
    """What arrived."""

    path: str
    envelope: bytes

    @property
    def payload(self) -> bytes:
        return Envelope.FromString(self.envelope).payload

    @property
    def request(self) -> Any:
        return METHODS[self.path].payload.FromString(self.payload)


Step = Callable[[Call, Any], Awaitable[bytes]]


class Peer:
    """An async context manager; `address` is where it listens."""

    def __init__(self, listen: str = "127.0.0.1:0") -> None:
        self.receipt_signer = new_key()
        self.partner_signer = new_key()
        self.calls: list[Call] = []
        self.called = asyncio.Event()
        self.script: deque[Step] = deque()
        self.reads: dict[str, Message] = {}
        self.address = listen

    async def __aenter__(self) -> Self:
        self._server = grpc.aio.server()
        self._server.add_generic_rpc_handlers((_Handler(self._answer),))
        port = self._server.add_insecure_port(self.address)
        if not self.address.startswith("unix:"):
            self.address = f"127.0.0.1:{port}"
        await self._server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.stop(None)

    def identity(self, **changes: Any) -> Identity:
        """A partner's identity that trusts this peer."""
        facts: dict[str, Any] = {
            "network": NETWORK,
            "server": self.address,
            "partner_id": "bakery",
            "signer": self.partner_signer,
            "receipt_spki": self.receipt_signer.spki,
            "alias_key": ALIAS_KEY,
        }
        return Identity(**(facts | changes))

    def envelopes(self) -> set[bytes]:
        return {call.envelope for call in self.calls}

    async def _answer(self, call: Call, context: Any) -> bytes:
        self.calls.append(call)
        self.called.set()
        if self.script:
            return await self.script.popleft()(call, context)
        name = call.path.rpartition("/")[2]
        if name in self.reads:
            return self.reads[name].SerializeToString()
        return self.receipt(call)

    def receipt(
        self,
        call: Call,
        *,
        signer: KeySigner | None = None,
        audience: str = NETWORK,
        payload: bytes | None = None,
        act_id: str | None = None,
        refusal: str | None = None,
    ) -> bytes:
        """A receipt for the call, or one that is wrong as told."""
        outcome = Outcome(
            act_id or call.request.header.request_id,
            hashlib.sha256(call.payload if payload is None else payload).digest(),
            1,
            7,
            bytes(32),
            1_800_000_000_000_000,
            refusal,
            MEMBER,
            120,
        )
        return seal_receipt(signer or self.receipt_signer, audience=audience, outcome=outcome)

    def answers(self, **wrong: Any) -> Step:
        """A step that sends a receipt."""

        async def step(call: Call, context: Any) -> bytes:
            return self.receipt(call, **wrong)

        return step


def fails(
    code: grpc.StatusCode,
    reason: str | None = None,
    *,
    field: str | None = None,
    retry_seconds: float | None = None,
) -> Step:
    """A step that ends the call with an error, with google.rpc details if a reason is given."""

    async def step(call: Call, context: Any) -> bytes:
        status = status_pb2.Status(code=code_pb2.Code.Value(code.name), message=f"because {reason}")
        details: list[Message] = []
        if reason is not None:
            details.append(
                error_details_pb2.ErrorInfo(reason=reason, metadata={"field": field} if field else {})
            )
        if retry_seconds is not None:
            pause = Duration()
            pause.FromMilliseconds(round(retry_seconds * 1_000))
            details.append(error_details_pb2.RetryInfo(retry_delay=pause))
        for detail in details:
            packed = AnyMessage()
            packed.Pack(detail)
            status.details.append(packed)
        trailers = (("grpc-status-details-bin", status.SerializeToString()),) if details else ()
        await context.abort(code, status.message, trailers)
        raise AssertionError("abort raises")

    return step


async def hangs(call: Call, context: Any) -> bytes:
    """A step that does not answer within any deadline of a test."""
    await asyncio.sleep(60)
    raise AssertionError("the caller should have gone")


class _Handler(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic in the stubs only
    def __init__(self, answer: Step) -> None:
        self._answer = answer

    def service(self, handler_call_details: Any) -> Any:
        path = handler_call_details.method

        async def handle(data: bytes, context: Any) -> bytes:
            return await self._answer(Call(path, data), context)

        return grpc.unary_unary_rpc_method_handler(handle)
