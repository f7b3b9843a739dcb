"""Each method of the proto and its handler. Servicers translate, the ledger decides, the journal writes."""

from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import psycopg
import structlog
from psycopg_pool import PoolTimeout

from coalition.gateway import exchange_reads, house_reads, log_reads, statement_reads
from coalition.gateway.admission import Admitted, admit
from coalition.gateway.means import Means
from coalition.gateway.status import abort
from coalition.wire.methods import METHODS, Method
from coalition.wire.receipts import seal_receipt
from settlement.errors import BooksError, CoalitionError, UnavailableError

Context = grpc.aio.ServicerContext[bytes, bytes]
Read = Callable[[Means, Admitted], Awaitable[Any]]
Handler = Callable[[bytes, Context], Awaitable[bytes]]
_log = structlog.get_logger(__name__)

READS: dict[str, Read] = {
    "GetReceiptRequest": exchange_reads.get_receipt,
    "GetBalanceRequest": exchange_reads.get_balance,
    "ListEntriesRequest": exchange_reads.list_entries,
    "GetMemberRequest": exchange_reads.get_member,
    "ListPartnersRequest": house_reads.list_partners,
    "GetPositionRequest": house_reads.get_position,
    "ListCyclesRequest": house_reads.list_cycles,
    "ListObligationsRequest": house_reads.list_obligations,
    "PreviewRequest": house_reads.preview,
    "GetStatementRequest": statement_reads.get_statement,
    "GetCheckpointRequest": log_reads.get_checkpoint,
    "GetInclusionProofRequest": log_reads.get_inclusion_proof,
    "GetConsistencyProofRequest": log_reads.get_consistency_proof,
}
"""How each read is answered, by message name."""


def handlers(means: Means) -> dict[str, Handler]:
    """Every method's handler by its path. They take raw bytes: a malformed envelope is answered by us, not by gRPC's INTERNAL."""
    return {
        path: _handler(
            means,
            method,
            _read_answer(means, READS[method.payload.DESCRIPTOR.name]) if method.read else _act_answer(means),
        )
        for path, method in METHODS.items()
    }


def generic_handlers(means: Means) -> "list[grpc.GenericRpcHandler[Any, Any]]":
    """The handlers of every service, as gRPC takes them."""
    services: dict[str, dict[str, grpc.RpcMethodHandler[Any, Any]]] = {}
    for path, handler in handlers(means).items():
        _, service, name = path.split("/")
        services.setdefault(service, {})[name] = grpc.unary_unary_rpc_method_handler(handler)
    return [grpc.method_handlers_generic_handler(service, named) for service, named in services.items()]


def _handler(means: Means, method: Method, answer: Callable[[Admitted], Awaitable[bytes]]) -> Handler:
    async def handle(data: bytes, context: Context) -> bytes:
        try:
            return await answer(await _admit(means, method, data))
        except (psycopg.OperationalError, PoolTimeout, UnavailableError) as error:
            _log.warning("books_unavailable", method=method.path, error=type(error).__name__)
            await abort(
                context,
                CoalitionError("BOOKS_UNAVAILABLE", "the books did not answer; send the same bytes again"),
            )
        except CoalitionError as error:
            _log.info("call_failed", method=method.path, reason=error.reason, field=error.field)
            await abort(context, error)
        except Exception as error:  # noqa: BLE001 - a bug; what it says may quote rows, and must not travel
            _log.exception("call_broke", method=method.path, error=type(error).__name__)
            await abort(
                context, BooksError("the server has no answer to this; its operator must look into its log")
            )

    return handle


async def _admit(means: Means, method: Method, data: bytes) -> Admitted:
    try:
        return admit(means.memory.house, method, data)
    except CoalitionError as error:
        if error.reason != "KEY_UNKNOWN":
            raise
    # Another gateway may have added the key a moment ago.
    return admit(await means.house_from_now_on(), method, data)


def _act_answer(means: Means) -> Callable[[Admitted], Awaitable[bytes]]:
    async def answer(admitted: Admitted) -> bytes:
        outcome = await means.exchange.submit(admitted.act())
        return seal_receipt(means.receipt_signer, audience=means.memory.house.founded.origin, outcome=outcome)

    return answer


def _read_answer(means: Means, read: Read) -> Callable[[Admitted], Awaitable[bytes]]:
    async def answer(admitted: Admitted) -> bytes:
        message = await read(means, admitted)
        return message if isinstance(message, bytes) else message.SerializeToString()

    return answer
