"""Each method of the proto and its handler. Servicers translate, the ledger decides, the journal writes."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from time import perf_counter
from typing import Any

import grpc
import psycopg
import structlog
from psycopg_pool import PoolTimeout

from coalition.gateway import (
    banking_reads,
    debt_reads,
    exchange_reads,
    house_reads,
    log_reads,
    security_reads,
    settlement_reads,
    statement_reads,
)
from coalition.gateway.admission import Admitted, claim, examine
from coalition.gateway.means import Means
from coalition.gateway.metrics import short_name
from coalition.gateway.status import abort
from coalition.gateway.visitor import Visitor, visitor_of
from coalition.wire.methods import METHODS, Method
from coalition.wire.receipts import seal_receipt
from settlement.errors import BooksError, CoalitionError, UnavailableError, what_failed

Context = grpc.aio.ServicerContext[bytes, bytes]
Read = Callable[[Means, Admitted], Awaitable[Any]]
Handler = Callable[[bytes, Context], Awaitable[bytes]]
Stream = Callable[[Means, Admitted], AsyncGenerator[Any]]
StreamHandler = Callable[[bytes, Context], AsyncGenerator[bytes]]
Answer = Callable[[Admitted], Awaitable[tuple[bytes, str | None]]]
"""The reply's bytes, and the refusal if a rule said no."""
_log = structlog.get_logger(__name__)

READS: dict[str, Read] = {
    "GetReceiptRequest": exchange_reads.get_receipt,
    "GetBalanceRequest": exchange_reads.get_balance,
    "ListEntriesRequest": exchange_reads.list_entries,
    "GetEntryRequest": exchange_reads.get_entry,
    "GetMemberRequest": exchange_reads.get_member,
    "ListPartnersRequest": house_reads.list_partners,
    "GetTariffRequest": house_reads.get_tariff,
    "ListFundingsRequest": house_reads.list_fundings,
    "GetPositionRequest": house_reads.get_position,
    "ListCyclesRequest": house_reads.list_cycles,
    "ListSettlementsRequest": settlement_reads.list_settlements,
    "ListObligationsRequest": house_reads.list_obligations,
    "PreviewRequest": house_reads.preview,
    "GetSecurityRequest": security_reads.get_security,
    "PreviewDefaultRequest": security_reads.preview_default,
    "ListPostingsRequest": debt_reads.list_postings,
    "GetStatementRequest": statement_reads.get_statement,
    "ListAccountsRequest": banking_reads.list_accounts,
    "ListBreaksRequest": banking_reads.list_breaks,
    "GetInstructionRequest": banking_reads.get_instruction,
    "GetCheckpointRequest": log_reads.get_checkpoint,
    "GetInclusionProofRequest": log_reads.get_inclusion_proof,
    "GetConsistencyProofRequest": log_reads.get_consistency_proof,
}
"""How each read is answered, by message name."""


STREAMS: dict[str, Stream] = {
    "FollowEntriesRequest": exchange_reads.follow_entries,
    "FollowObligationsRequest": debt_reads.follow_obligations,
}
"""The reads that answer with a stream, by message name."""


def handlers(means: Means) -> dict[str, Handler]:
    """The handler of every method with one answer, by its path. They take raw bytes: a malformed envelope is answered by us, not
    by gRPC's INTERNAL.
    """
    return {
        path: _handler(
            means,
            method,
            _read_answer(means, READS[method.payload.DESCRIPTOR.name]) if method.read else _act_answer(means),
        )
        for path, method in METHODS.items()
        if not method.streams
    }


def stream_handlers(means: Means) -> dict[str, StreamHandler]:
    """The handler of every method that answers with a stream, likewise."""
    return {
        path: _stream_handler(means, method, STREAMS[method.payload.DESCRIPTOR.name])
        for path, method in METHODS.items()
        if method.streams
    }


def generic_handlers(means: Means) -> "list[grpc.GenericRpcHandler[Any, Any]]":
    """The handlers of every service, as gRPC takes them."""
    services: dict[str, dict[str, grpc.RpcMethodHandler[Any, Any]]] = {}
    for path, handler in handlers(means).items():
        _, service, name = path.split("/")
        services.setdefault(service, {})[name] = grpc.unary_unary_rpc_method_handler(handler)
    for path, streaming in stream_handlers(means).items():
        _, service, name = path.split("/")
        services.setdefault(service, {})[name] = grpc.unary_stream_rpc_method_handler(streaming)
    return [grpc.method_handlers_generic_handler(service, named) for service, named in services.items()]


def _handler(means: Means, method: Method, answer: Answer) -> Handler:
    meter, metrics = means.metrics.of(method.path), means.metrics

    async def handle(data: bytes, context: Context) -> bytes:
        began_s = perf_counter()
        visitor = visitor_of(context, client_certificates=means.client_certificates)
        metrics.under_way += 1
        try:
            reply, refusal = await answer(await _admit(means, method, data, visitor))
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets an answer and the door log a count
            failure = _told(method, error)
            _count_failure(means, method, visitor, failure, data)
            meter.failed(began_s, failure.reason)
            await abort(context, failure)
        else:
            if refusal is not None and visitor.partner is not None:
                means.limits.calls.charge(visitor.partner)
            meter.answered(began_s, refusal)
            return reply
        finally:
            metrics.under_way -= 1

    return handle


def _stream_handler(means: Means, method: Method, stream: Stream) -> StreamHandler:
    """A stream counts as answered with its first message; what ends it later is counted by the door log."""
    meter = means.metrics.of(method.path)

    async def handle(data: bytes, context: Context) -> AsyncGenerator[bytes]:
        began_s, answered = perf_counter(), False
        visitor = visitor_of(context, client_certificates=means.client_certificates)
        try:
            async with aclosing(stream(means, await _admit(means, method, data, visitor))) as messages:
                async for message in messages:
                    if not answered:
                        meter.answered(began_s, None)
                        answered = True
                    yield message.SerializeToString()
        except Exception as error:  # noqa: BLE001 - as for every method
            failure = _told(method, error)
            _count_failure(means, method, visitor, failure, data)
            if not answered:
                meter.failed(began_s, failure.reason)
            await abort(context, failure)

    return handle


def _told(method: Method, error: Exception) -> CoalitionError:
    """What the caller is told of an error, and the log."""
    match error:
        case psycopg.OperationalError() | PoolTimeout() | UnavailableError():
            _log.warning("books_unavailable", method=method.path, error=what_failed(error))
            return CoalitionError("BOOKS_UNAVAILABLE", "the books did not answer; send the same bytes again")
        case CoalitionError():
            _log.info("call_failed", method=method.path, reason=error.reason, field=error.field)
            return error
        case _:
            # A bug; what it says may quote rows, and must not travel.
            _log.error("call_broke", method=method.path, error=type(error).__name__, exc_info=error)
            return BooksError("the server has no answer to this; its operator must look into its log")


def _count_failure(
    means: Means, method: Method, visitor: Visitor, failure: CoalitionError, data: bytes
) -> None:
    if visitor.partner is None and failure.reason != "RATE_LIMITED":
        means.limits.failures.charge(visitor.address)
    means.door_log.count(
        failure, method=short_name(method.path), partner=visitor.partner, address=visitor.address, data=data
    )


async def _admit(means: Means, method: Method, data: bytes, visitor: Visitor) -> Admitted:
    """Climbs the ladder, cheap rungs first; `visitor.partner` is set once the signature is verified."""
    means.limits.check_address(visitor.address)
    house = means.memory.house
    try:
        claimed = claim(house, method, data)
    except CoalitionError as error:
        if error.reason != "KEY_UNKNOWN":
            raise
        # Another gateway may have added the key a moment ago.
        house = await means.house_from_now_on()
        claimed = claim(house, method, data)
    partner = claimed.key.owner
    visitor.check_certificate(house, claimed.key)
    means.limits.check_partner(partner)
    claimed.verify()
    visitor.partner = partner
    means.limits.calls.charge(partner)
    return examine(house, method, claimed)


def _act_answer(means: Means) -> Answer:
    async def answer(admitted: Admitted) -> tuple[bytes, str | None]:
        outcome = await means.exchange.submit(admitted.act())
        audience = means.memory.house.founded.origin
        return seal_receipt(means.receipt_signer, audience=audience, outcome=outcome), outcome.refusal

    return answer


def _read_answer(means: Means, read: Read) -> Answer:
    async def answer(admitted: Admitted) -> tuple[bytes, str | None]:
        message = await read(means, admitted)
        return message if isinstance(message, bytes) else message.SerializeToString(), None

    return answer
