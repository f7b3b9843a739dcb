"""The ceiling: a bare gRPC unary echo on an asyncio server.

`python -m tests.benchmarks.echo --port 0` prints its port.
"""

from __future__ import annotations

import argparse
import asyncio
import signal

import grpc
import grpc.aio

SERVICE, METHOD = "benchmarks.Echo", "Say"


async def _echo(request: bytes, _context: object) -> bytes:
    return request


async def serve(port: int) -> None:
    """Serve on 127.0.0.1 until SIGTERM; port 0 takes a free one."""
    server = grpc.aio.server()
    say = grpc.unary_unary_rpc_method_handler(_echo)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {METHOD: say}),))
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    print(f"listening on 127.0.0.1:{bound}", flush=True)
    await stopping.wait()
    await server.stop(grace=5)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, default=0)
    asyncio.run(serve(arguments.parse_args().port))
