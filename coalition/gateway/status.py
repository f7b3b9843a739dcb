"""How errors leave the door: google.rpc.Status with ErrorInfo (AIP-193), well below gRPC's limit for metadata."""

from typing import Any, NoReturn

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from coalition.errors import CODES, ERROR_DOMAIN
from coalition.gateway.limits import RateLimitedError
from settlement.clearing.closing import CycleNotClosedError
from settlement.errors import CoalitionError

TEXT_MAX = 500
RETRY_SECONDS = 1.0
CUT_SECONDS = 0.1
"""As often as the worker has the shards cut a cycle that is closed."""
_PASSING = (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE)
_DETAILS_KEY = "grpc-status-details-bin"


def status_of(error: CoalitionError) -> Status:
    """The status of an error: code by the table, reason and field as details."""
    code = grpc.StatusCode[CODES.get(error.reason, "INTERNAL")]
    text = error.message[:TEXT_MAX]
    status = Status(code=code.value[0], message=text)
    info = ErrorInfo(reason=error.reason, domain=ERROR_DOMAIN)
    if error.field is not None:
        info.metadata["field"] = error.field
    _add(status, info)
    if error.field is not None and code is grpc.StatusCode.INVALID_ARGUMENT:
        _add(
            status,
            BadRequest(field_violations=[BadRequest.FieldViolation(field=error.field, description=text)]),
        )
    seconds = _retry_seconds(error, code)
    if seconds is not None:
        delay = Duration()
        delay.FromMicroseconds(round(seconds * 1e6))
        _add(status, RetryInfo(retry_delay=delay))
    return status


def _retry_seconds(error: CoalitionError, code: grpc.StatusCode) -> float | None:
    """After which time the same bytes may succeed; None: never, or not by waiting."""
    if isinstance(error, RateLimitedError):
        return error.retry_seconds
    if isinstance(error, CycleNotClosedError) and error.soon:
        return CUT_SECONDS
    return RETRY_SECONDS if code in _PASSING else None


def _add(status: Status, detail: Any) -> None:
    packed = AnyMessage()
    packed.Pack(detail)
    status.details.append(packed)


async def abort(context: grpc.aio.ServicerContext[bytes, bytes], error: CoalitionError) -> NoReturn:
    """Ends the call with the error's status."""
    status = status_of(error)
    code = grpc.StatusCode[CODES.get(error.reason, "INTERNAL")]
    await context.abort(code, status.message, ((_DETAILS_KEY, status.SerializeToString()),))
    raise AssertionError("abort does not return")
