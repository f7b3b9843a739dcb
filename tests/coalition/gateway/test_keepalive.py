"""The server cuts off whoever pings it more often than it allows, and lets in no more connections than it allows."""

import asyncio

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from coalition.gateway.server import OPTIONS

PINGS_OFTEN = (
    ("grpc.keepalive_time_ms", 10),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
)
CUT_OFF_SECONDS_MAX = 30
FEW = 5
FEW_CONNECTIONS = [
    (name, FEW if name == "grpc.max_allowed_incoming_connections" else value) for name, value in OPTIONS
]


async def test_who_pings_too_often_is_cut_off() -> None:
    """A stream that would last for ever ends with the server's word for it; a polite one goes on."""
    server = grpc.aio.server(options=OPTIONS)
    watched = health.aio.HealthServicer()  # type: ignore[attr-defined]
    health_pb2_grpc.add_HealthServicer_to_server(watched, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with (
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as polite,
        grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=PINGS_OFTEN) as rude,
    ):
        request = health_pb2.HealthCheckRequest()
        patient = health_pb2_grpc.HealthStub(polite).Watch(request)
        await patient.read()
        call = health_pb2_grpc.HealthStub(rude).Watch(request)
        await call.read()
        code = await asyncio.wait_for(call.code(), CUT_OFF_SECONDS_MAX)
        assert (code, await call.details()) == (grpc.StatusCode.UNAVAILABLE, "Too many pings")
        assert not patient.done()
        patient.cancel()
    await server.stop(None)


async def test_no_more_connections_are_let_in_than_allowed_until_some_have_gone() -> None:
    server = grpc.aio.server(options=FEW_CONNECTIONS)
    health_pb2_grpc.add_HealthServicer_to_server(health.aio.HealthServicer(), server)  # type: ignore[attr-defined]
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(FEW)]
    await asyncio.gather(*[reader.readexactly(1) for reader, _ in idle])
    request = health_pb2.HealthCheckRequest()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        with pytest.raises(grpc.aio.AioRpcError) as turned_away:
            await health_pb2_grpc.HealthStub(channel).Check(request, timeout=5)
        assert turned_away.value.code() is grpc.StatusCode.UNAVAILABLE
        for _, writer in idle:
            writer.close()
        answer = await health_pb2_grpc.HealthStub(channel).Check(request, timeout=20, wait_for_ready=True)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    await server.stop(None)
