"""Sending: the same bytes until there is an answer, inside a deadline.

Again, after a random pause that doubles its limit (full jitter, so that many clients do not come back together):
- UNAVAILABLE, an attempt's DEADLINE_EXCEEDED, CANCELLED by a server that stops: nobody knows what became of it;
- an error with RetryInfo, such as RESOURCE_EXHAUSTED, or CYCLE_NOT_CLOSED while shards cut the cycle: nothing was recorded, and
  time cures it.

Everything else is raised at once. No attempt is begun that has too little of the deadline left: cut short, it would put in doubt
what the one before it told for certain.
"""

import asyncio
import itertools
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from coalition.client.errors import NoAnswerError, RequestRejectedError
from coalition.wire.methods import METHODS

PAUSE_SECONDS = 0.05
PAUSE_SECONDS_MAX = 2.0
SILENCE_SECONDS = 45.0
"""Of a stream: three times as long as a server lets pass without a message."""
ATTEMPTS_PER_DEADLINE = 3
"""How many attempts that hang fit into a deadline."""
LAST_ATTEMPT = 0.1
"""The part of a deadline that must be left for one more attempt."""

_DOUBTFUL = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED"}
_ERRORS_OF_THE_NETWORK = {
    "INVALID_ARGUMENT",
    "UNAUTHENTICATED",
    "PERMISSION_DENIED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "FAILED_PRECONDITION",
    "RESOURCE_EXHAUSTED",
}
_PROOFS_THAT_IT_NEVER_RAN = {"REQUEST_EXPIRED", "ACT_ID_REUSED"}
"""Said only after looking for the act. INVALID_ARGUMENT proves it too: it depends on nothing but the bytes."""

_random = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Failure:
    """What one failed attempt tells. `reason` is None if the error is not one of the network's own."""

    code: str
    message: str
    reason: str | None = None
    field: str | None = None
    pause_seconds: float | None = None

    @property
    def rejected(self) -> bool:
        """The network itself answered that this attempt recorded nothing."""
        return self.reason is not None and self.code in _ERRORS_OF_THE_NETWORK

    @property
    def again(self) -> bool:
        """Time may cure it."""
        return self.code in _DOUBTFUL or self.pause_seconds is not None

    def error(self, *, doubt: bool) -> RequestRejectedError | NoAnswerError:
        """The exception to raise. `doubt`: an attempt with these bytes, this or an earlier one, may have been recorded."""
        if self.reason is None or not self.rejected or (doubt and self.again):
            return NoAnswerError(self.reason or self.code, f"{self.code}: {self.message}")
        proven = self.code == "INVALID_ARGUMENT" or self.reason in _PROOFS_THAT_IT_NEVER_RAN
        return RequestRejectedError(
            self.reason, self.message, field=self.field, code=self.code, nothing_recorded=proven or not doubt
        )


def read_failure(error: grpc.aio.AioRpcError) -> Failure:
    """Reads google.rpc.Status and its details (AIP-193); where they are missing or malformed, the gRPC code must do."""
    plain = Failure(error.code().name, error.details() or "no details")
    try:
        status = rpc_status.from_call(error)  # type: ignore[arg-type]  # has the three methods that are used
        return plain if status is None else _with_details(plain, status)
    except (ValueError, DecodeError):
        return plain


def _with_details(plain: Failure, status: Status) -> Failure:
    reason, field, pause_seconds = None, None, None
    for detail in status.details:
        info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            reason, field = info.reason, info.metadata.get("field")
        elif detail.Unpack(retry):
            pause_seconds = max(0.0, retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9)
    return replace(plain, reason=reason, field=field, pause_seconds=pause_seconds)


class _LostError(Exception):
    """A stream is no more."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class Sender:
    """Calls methods on a channel with bytes in and bytes out."""

    def __init__(self, channel: grpc.aio.Channel, *, deadline_seconds: float) -> None:
        self._deadline_seconds = deadline_seconds
        self._attempt_seconds = deadline_seconds / ATTEMPTS_PER_DEADLINE
        self._shortest_seconds = LAST_ATTEMPT * deadline_seconds
        self._calls = {path: channel.unary_unary(path, None, None) for path in METHODS}
        self._streams = {
            path: channel.unary_stream(path, None, None) for path, method in METHODS.items() if method.streams
        }

    async def send(self, path: str, envelope: bytes, *, sent_before: bool = False) -> bytes:
        """The reply's bytes. `sent_before`: the same bytes may have been sent by an earlier call.

        Errors: RequestRejectedError; NoAnswerError after the deadline or for an error that is not the network's own.
        """
        call, clock = self._calls[path], asyncio.get_running_loop().time
        deadline = clock() + self._deadline_seconds
        doubt = sent_before
        for attempt in itertools.count():
            try:
                reply: bytes = await call(envelope, timeout=min(deadline - clock(), self._attempt_seconds))
            except grpc.aio.AioRpcError as error:
                failure = read_failure(error)
            else:
                return reply
            doubt = doubt or not failure.rejected
            pause = (failure.pause_seconds or 0.0) + _jitter_seconds(attempt)
            if not failure.again or clock() + pause + self._shortest_seconds > deadline:
                raise failure.error(doubt=doubt)
            await asyncio.sleep(pause)
        raise AssertionError("unreachable")

    async def stream(self, path: str, seal: Callable[[], bytes]) -> AsyncGenerator[bytes]:
        """The messages of a stream; it ends when one that was there is lost. `seal` makes each attempt's request.

        Errors as for `send`, if no stream is to be had before the deadline.
        """
        clock = asyncio.get_running_loop().time
        deadline, heard = clock() + self._deadline_seconds, False
        for attempt in itertools.count():
            failure = Failure("UNAVAILABLE", "the stream ended")
            try:
                async with aclosing(self._attempt(path, seal(), deadline)) as messages:
                    async for message in messages:
                        heard = True
                        yield message
            except _LostError as lost:
                failure = lost.failure
            pause = (failure.pause_seconds or 0.0) + _jitter_seconds(attempt)
            if not failure.again or (not heard and clock() + pause + self._shortest_seconds > deadline):
                raise failure.error(doubt=False)
            await asyncio.sleep(pause)
            if heard:
                return

    async def _attempt(self, path: str, envelope: bytes, deadline: float) -> AsyncGenerator[bytes]:
        """The messages of one call, whose first must come before the deadline. A stream that falls silent is lost."""
        call = self._streams[path](envelope)
        patience = max(0.0, deadline - asyncio.get_running_loop().time())
        messages = aiter(call)
        try:
            while True:
                yield await asyncio.wait_for(anext(messages), patience)
                patience = SILENCE_SECONDS
        except StopAsyncIteration:
            raise _LostError(Failure("UNAVAILABLE", "the stream ended")) from None
        except grpc.aio.AioRpcError as error:
            raise _LostError(read_failure(error)) from None
        except TimeoutError:
            raise _LostError(Failure("UNAVAILABLE", "the stream is silent")) from None
        finally:
            call.cancel()


def _jitter_seconds(attempt: int) -> float:
    return _random.uniform(0, min(PAUSE_SECONDS_MAX, PAUSE_SECONDS * 2 ** min(attempt, 10)))
