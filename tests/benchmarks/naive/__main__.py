"""`python -m tests.benchmarks.naive --port 0` serves and prints its port.

NAIVE_DATABASE is the database, NAIVE_RECEIPT_KEY the raw Ed25519 key of the receipts in hexadecimal.
"""

from __future__ import annotations

import argparse
import os
import signal
from concurrent.futures import ThreadPoolExecutor

import grpc
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf.message import DecodeError

from tests.benchmarks.envelopes import SERVICE
from tests.benchmarks.naive import WORKERS
from tests.benchmarks.naive.books import load_keys, open_pool, post
from tests.benchmarks.naive.messages import ReceiptPrinter, RefusedError, open_request


class NaiveServicer:
    """Issue and Redeem, each a signature check and one transaction."""

    def __init__(self, dsn: str, receipt_key: Ed25519PrivateKey, *, workers: int) -> None:
        """Open one pooled connection for each worker thread."""
        self._engine = open_pool(dsn, connections=workers)
        self._keys = load_keys(self._engine)
        self._receipts = ReceiptPrinter(receipt_key)

    def issue(self, message: bytes, context: grpc.ServicerContext) -> bytes:
        """Create points for a member."""
        return self._answer(message, f"/{SERVICE}/Issue", context)

    def redeem(self, message: bytes, context: grpc.ServicerContext) -> bytes:
        """Spend points of a member."""
        return self._answer(message, f"/{SERVICE}/Redeem", context)

    def _answer(self, message: bytes, method: str, context: grpc.ServicerContext) -> bytes:
        try:
            request = open_request(message, method, self._keys)
        except (InvalidSignature, KeyError):
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "bad signature")
        except (RefusedError, DecodeError, ValueError) as problem:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(problem))
        try:
            return self._receipts.print(request, post(self._engine, request))
        except RefusedError as refusal:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(refusal))


def main() -> None:
    """Serve on 127.0.0.1 until SIGTERM."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--workers", type=int, default=WORKERS)
    options = arguments.parse_args()
    receipt_key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(os.environ["NAIVE_RECEIPT_KEY"]))
    server = grpc.server(ThreadPoolExecutor(options.workers))
    servicer = NaiveServicer(os.environ["NAIVE_DATABASE"], receipt_key, workers=options.workers)
    methods = {
        "Issue": grpc.unary_unary_rpc_method_handler(servicer.issue),
        "Redeem": grpc.unary_unary_rpc_method_handler(servicer.redeem),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, methods),))
    bound = server.add_insecure_port(f"127.0.0.1:{options.port}")
    server.start()
    signal.signal(signal.SIGTERM, lambda *_: server.stop(grace=5))
    print(f"listening on 127.0.0.1:{bound}", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
