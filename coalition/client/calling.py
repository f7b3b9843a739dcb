"""How every call goes, in this order: build, sign, keep, send, verify, keep the receipt.

An act is in the outbox before its first byte leaves, and its receipt is believed only if the pinned key signed it for exactly
these bytes.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from hashlib import sha256
from types import TracebackType
from typing import Any, Self, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message

from coalition.api.v1.envelope_pb2 import Envelope
from coalition.client.channel import open_channel
from coalition.client.errors import (
    ClientError,
    NoAnswerError,
    OutcomeUnknownError,
    ReceiptInvalidError,
    RequestRejectedError,
    answer_malformed,
)
from coalition.client.identity import Identity
from coalition.client.outbox import Kept, Outbox
from coalition.client.sending import Sender
from coalition.client.writing import RequestWriter, asks_the_same, method_of
from coalition.wire.methods import METHODS_BY_TYPE
from coalition.wire.receipts import open_receipt
from settlement.errors import CoalitionError
from settlement.ids import new_act_id
from settlement.journal.acts import Outcome
from settlement.signing import parse_public_key

DEADLINE_SECONDS = 10.0

Response = TypeVar("Response", bound=Message)


class Caller:
    """One identity's connection: an async context manager, used within one event loop."""

    def __init__(
        self,
        identity: Identity,
        *,
        outbox: Outbox | None = None,
        deadline_seconds: float = DEADLINE_SECONDS,
        channel: grpc.aio.Channel | None = None,
    ) -> None:
        """`outbox`: without one, requests are remembered only while this client lives. It stays open when the client closes.

        `channel`: one from `open_channel`, shared by several clients, with TLS or not; the client does not close it.
        """
        self.identity = identity
        self._outbox = Outbox.in_memory() if outbox is None else outbox
        self._owns_outbox = outbox is None
        self._deadline_seconds = deadline_seconds
        self._channel = channel
        self._owned_channel: grpc.aio.Channel | None = None
        self._sender: Sender | None = None
        self._writer = RequestWriter(identity)
        self._receipt_key = parse_public_key(identity.receipt_spki)

    async def __aenter__(self) -> Self:
        channel = self._channel
        if channel is None:
            tls = self.identity.tls
            credentials = None if tls is None else tls.credentials()
            channel = self._owned_channel = open_channel(self.identity.server, credentials=credentials)
        self._sender = Sender(channel, deadline_seconds=self._deadline_seconds)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._sender = None
        if self._owned_channel is not None:
            await self._owned_channel.close(None)
            self._owned_channel = None
        if self._owns_outbox:
            self._outbox.close()

    async def resend(self, *, act_id: str) -> Outcome:
        """The outcome of an act that the outbox holds, sending its exact bytes again if it has no receipt yet.

        This is how a new process asks for what `outbox.pending()` lists. Errors: as for every act; ACT_NOT_KEPT.
        """
        kept = self._outbox.find(self.identity.partner_id, act_id)
        if kept is None:
            raise ClientError("ACT_NOT_KEPT", f"the outbox holds no act {act_id}", field="act_id")
        return await self._outcome(kept, sent_before=True)

    async def _act(self, request: Any, act_id: str | None) -> Outcome:
        """Asks for an act. A known act id sends the kept bytes, or answers from the kept receipt without a call."""
        partner_id = self.identity.partner_id
        kept = None if act_id is None else self._outbox.find(partner_id, act_id)
        envelope = None
        if kept is None:
            act_id = act_id or new_act_id()
            envelope = self._writer.seal(request, request_id=act_id)
            kept = self._outbox.keep(partner_id, act_id, envelope)
        sent_before = kept.envelope is not envelope
        if sent_before:
            _opened(kept)
            if not asks_the_same(kept.envelope, request):
                message = f"act id {kept.act_id} was used for another request; a new act needs a new act id"
                raise ClientError("ACT_ID_REUSED", message, field="act_id")
        return await self._outcome(kept, sent_before=sent_before)

    async def _outcome(self, kept: Kept, *, sent_before: bool) -> Outcome:
        path, payload = _opened(kept)
        if kept.receipt is not None:
            return self._verified(kept.receipt, kept.act_id, payload)
        try:
            receipt = await self._open_sender().send(path, kept.envelope, sent_before=sent_before)
        except RequestRejectedError as error:
            if error.nothing_recorded:
                self._outbox.forget(kept)
            raise
        except NoAnswerError as error:
            raise OutcomeUnknownError(kept.act_id, error) from error
        outcome = self._verified(receipt, kept.act_id, payload)
        self._outbox.answer(kept, receipt)
        return outcome

    def _verified(self, receipt: bytes, act_id: str, payload: bytes | None) -> Outcome:
        """The outcome that the operator signed for this act and, if given, exactly this payload; or ReceiptInvalidError."""
        digest = None if payload is None else sha256(payload).digest()
        try:
            outcome = open_receipt(
                receipt, audience=self.identity.network, key=self._receipt_key, payload_sha256=digest
            )
        except CoalitionError as error:
            raise ReceiptInvalidError(act_id, str(error)) from error
        if outcome.act_id != act_id:
            raise ReceiptInvalidError(act_id, f"it is for act {outcome.act_id}")
        return outcome

    async def _read(self, request: Any, response: type[Response]) -> Response:
        """Asks a question: a fresh id each time, nothing kept."""
        return _parsed(await self._read_bytes(request), response)

    async def _read_bytes(self, request: Any) -> bytes:
        envelope = self._writer.seal(request, request_id=new_act_id())
        return await self._open_sender().send(method_of(request).path, envelope)

    async def _stream(self, request: Any, response: type[Response]) -> AsyncGenerator[Response]:
        """The messages of one stream until it is lost; RequestRejectedError, NoAnswerError if none can be had at all."""
        path = method_of(request).path
        async with aclosing(
            self._open_sender().stream(path, lambda: self._writer.seal(request, request_id=new_act_id()))
        ) as messages:
            async for message in messages:
                yield _parsed(message, response)

    def _open_sender(self) -> Sender:
        if self._sender is None:
            raise ClientError("CLIENT_CLOSED", "the client is used inside `async with Client(...)` only")
        return self._sender


def _parsed(reply: bytes, response: type[Response]) -> Response:
    try:
        return response.FromString(reply)
    except (DecodeError, ValueError) as error:
        raise answer_malformed(str(error)) from None


def _opened(kept: Kept) -> tuple[str, bytes]:
    """The method's path and the payload in a kept envelope. ClientError OUTBOX_INVALID if the outbox is damaged."""
    try:
        sealed = Envelope.FromString(kept.envelope)
        method = METHODS_BY_TYPE[sealed.payload_type]
        method.payload.FromString(sealed.payload)
    except (DecodeError, ValueError, TypeError, KeyError):
        message = (
            f"what the outbox holds of act {kept.act_id} is no request; `receipt` tells what became of it"
        )
        raise ClientError("OUTBOX_INVALID", message) from None
    return method.path, sealed.payload
