"""The server: gateway and, beside it in a thread of its own, the worker. Stops gracefully: what was accepted gets its answer."""

import asyncio
import contextlib
import gc
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import grpc
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from coalition.exchange.exchange import Exchange
from coalition.gateway.door_log import DoorLog
from coalition.gateway.gauges import register_gauges
from coalition.gateway.limits import Limits
from coalition.gateway.means import Means
from coalition.gateway.metrics import metrics_served
from coalition.gateway.services import generic_handlers
from coalition.gateway.tls import Tls, TlsFiles
from coalition.wire.methods import FILES
from settlement.database import GATEWAY, WORKER, connect_writer, speak_as
from settlement.errors import BooksError, CoalitionError
from settlement.ledger.memory import HouseMemory
from settlement.signing import KeySigner
from settlement.worker.main import work

DRAIN_SECONDS = 20.0
STATEMENT_TIMEOUT = "15s"
READ_CONNECTIONS_MAX = 4
HOUSE_REFRESH_SECONDS = 1.0
MESSAGE_BYTES_MAX = 128 * 1024
CALLS_MAX = 6_144
"""At once; more than a lane's queue holds, so that who finds it full is told so and when to come again."""
CONNECTIONS_MAX = 2_048
CALLS_PER_SECOND = 5_000.0
FAILURES_PER_SECOND = 100.0
OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
    ("grpc.max_concurrent_streams", 1_024),
    # Left alone, gRPC drops calls at random once 1,000 wait to be taken up: CANCELLED, with no reason and no delay.
    ("grpc.server.max_pending_requests", CALLS_MAX),
    ("grpc.server.max_pending_requests_hard_limit", CALLS_MAX),
    ("grpc.max_allowed_incoming_connections", CONNECTIONS_MAX),
    ("grpc.server_handshake_timeout_ms", 20_000),
    # Clients may ping every 30 s while calls are under way, and no more; who pings oftener is cut off.
    ("grpc.http2.min_ping_interval_without_data_ms", 30_000),
    ("grpc.http2.max_ping_strikes", 2),
    ("grpc.keepalive_permit_without_calls", 0),
    ("grpc.keepalive_time_ms", 120_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.max_connection_idle_ms", 15 * 60_000),
    ("grpc.so_reuseport", 0),
)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class ServerSettings:
    """What `coalition serve` runs with. `dsn` gives a role's libpq connection string, and sees to it that an embedded
    PostgreSQL runs: it is asked before every new connection, so one that crashed is started again."""

    listen: str
    dsn: Callable[[str], str]
    log: Path
    receipt_signer: KeySigner
    log_signer: KeySigner
    door: Path | None = None
    """The folder of the door log."""
    tls: TlsFiles | None = None
    metrics: str | None = None
    """HOST:PORT where Prometheus may ask."""
    calls_per_second: float = CALLS_PER_SECOND
    """Of one partner; 0: no limit."""
    failures_per_second: float = FAILURES_PER_SECOND
    """From one address; 0: no limit."""


async def serve(settings: ServerSettings, stopping: asyncio.Event, started: asyncio.Future[str]) -> None:
    """Runs until `stopping` is set, then drains. `started` gets the address listened on. BooksError if posting must not start."""
    tls = None if settings.tls is None else Tls(settings.tls)
    worker = _WorkerThread(settings)
    try:
        await worker.start(stopping)
        if not stopping.is_set():
            async with _means(settings, tls) as means:
                with metrics_served(settings.metrics, means.metrics.registry):
                    await _serve_calls(settings, means, tls, worker, stopping, started)
    finally:
        await worker.stop()


async def _serve_calls(
    settings: ServerSettings,
    means: Means,
    tls: Tls | None,
    worker: "_WorkerThread",
    stopping: asyncio.Event,
    started: asyncio.Future[str],
) -> None:
    server = grpc.aio.server(options=OPTIONS, maximum_concurrent_rpcs=CALLS_MAX)
    server.add_generic_rpc_handlers(tuple(generic_handlers(means)))
    health_service = health.aio.HealthServicer()  # type: ignore[attr-defined]
    health_pb2_grpc.add_HealthServicer_to_server(health_service, server)
    services = [name for file in FILES for name in (s.full_name for s in file.services_by_name.values())]
    reflection.enable_server_reflection([*services, health.SERVICE_NAME, reflection.SERVICE_NAME], server)
    port = _listen(server, settings.listen, tls)
    await server.start()
    for name in ("", *services):
        await health_service.set(name, health_pb2.HealthCheckResponse.SERVING)
    # What is loaded by now stays for good: a full collection that looks at it again holds every call up for 40 ms.
    gc.collect()
    gc.freeze()
    host = settings.listen.rpartition(":")[0]
    started.set_result(settings.listen if settings.listen.startswith("unix:") else f"{host}:{port}")
    lanes = asyncio.create_task(means.exchange.run())
    jobs = [_refresh_house(means), means.door_log.run(), means.follower.run(means.reads)]
    jobs.append(means.debt_follower.run(means.reads, means.memory.house.founded))
    beside = [asyncio.create_task(job) for job in (*jobs, *(() if tls is None else (tls.watch(),)))]
    lanes_ended = asyncio.Event()
    lanes.add_done_callback(lambda _: lanes_ended.set())
    await _any_of(stopping, worker.ended, lanes_ended)
    _log.info("draining")
    await health_service.enter_graceful_shutdown()
    means.follower.streams.stop()
    means.debt_follower.streams.stop()
    await server.stop(DRAIN_SECONDS)
    means.exchange.close()
    await lanes
    for task in beside:
        task.cancel()
    await asyncio.gather(*beside, return_exceptions=True)


def _listen(server: grpc.aio.Server, address: str, tls: Tls | None) -> int:
    """The port listened on. CoalitionError LISTEN_FAILED, for gRPC's own exception says little and is a RuntimeError."""
    try:
        if tls is None:
            return server.add_insecure_port(address)
        return server.add_secure_port(address, tls.server_credentials())
    except RuntimeError:
        message = f"cannot listen on {address}: is it in use, or not an address of this machine? Name another with --listen"
        raise CoalitionError("LISTEN_FAILED", message) from None


async def _any_of(*events: asyncio.Event) -> None:
    """Waits until one of the events is set."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


async def _refresh_house(means: Means) -> None:
    """Sees what other gateways did to the house, even while no act comes by here."""
    while True:
        await asyncio.sleep(HOUSE_REFRESH_SECONDS)
        with contextlib.suppress(Exception):  # the lanes report a database that is away
            async with means.reading():
                pass


@contextlib.asynccontextmanager
async def _means(settings: ServerSettings, tls: Tls | None) -> AsyncIterator[Means]:
    async def configure(connection: AsyncConnection[TupleRow]) -> None:
        await speak_as(connection, GATEWAY)
        await connection.execute(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'")

    async def connect() -> AsyncConnection[TupleRow]:
        dsn = await asyncio.to_thread(settings.dsn, GATEWAY)
        return await connect_writer(dsn, GATEWAY, statement_timeout=STATEMENT_TIMEOUT)

    dsn = await asyncio.to_thread(settings.dsn, GATEWAY)
    pool = AsyncConnectionPool(
        dsn,
        configure=configure,
        min_size=1,
        max_size=READ_CONNECTIONS_MAX,
        open=False,
        timeout=5,
    )
    async with pool:
        memory = HouseMemory()
        async with pool.connection() as connection:
            house = await memory.refresh(connection)
        exchange = Exchange(connect=connect, reads=pool, memory=memory, shards=house.founded.shards)
        means = Means(
            exchange,
            pool,
            memory,
            settings.receipt_signer,
            settings.log,
            dsn,
            limits=Limits(
                calls_per_second=settings.calls_per_second, failures_per_second=settings.failures_per_second
            ),
            door_log=DoorLog(settings.door),
            client_certificates=tls is not None and tls.asks_for_certificates,
        )
        register_gauges(means, tls)
        yield means


class _WorkerThread:
    """Runs the worker on an event loop of its own, so that its fsyncs hold up no call."""

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
        self._here = asyncio.get_running_loop()
        self._ready = asyncio.Event()
        self.ended = asyncio.Event()
        self._stop: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None
        self._failure: BaseException | None = None

    async def start(self, stopping: asyncio.Event) -> None:
        """Returns when the guard has agreed with the books, or at the order to stop; raises what the worker raised."""
        self._thread.start()
        await _any_of(self._ready, self.ended, stopping)
        if self._failure is not None:
            raise self._failure

    async def stop(self) -> None:
        """Publishes a last checkpoint and ends the thread."""
        if self._stop is not None:
            loop, stopping = self._stop
            with contextlib.suppress(RuntimeError):  # its loop is closed already
                loop.call_soon_threadsafe(stopping.set)
        await asyncio.to_thread(self._thread.join)
        if self._failure is not None and not isinstance(self._failure, BooksError):
            _log.error("worker_failed", error=repr(self._failure))

    def _run(self) -> None:
        try:
            asyncio.run(self._work())
        except BaseException as error:  # noqa: BLE001 - carried over to the thread that waits
            self._failure = error
        self._here.call_soon_threadsafe(self.ended.set)

    async def _work(self) -> None:
        stopping, ready = asyncio.Event(), asyncio.Event()
        self._stop = (asyncio.get_running_loop(), stopping)
        announce = asyncio.create_task(self._announce(ready))
        settings = self._settings
        await work(partial(settings.dsn, WORKER), settings.log, settings.log_signer, stopping, ready)
        announce.cancel()

    async def _announce(self, ready: asyncio.Event) -> None:
        await ready.wait()
        self._here.call_soon_threadsafe(self._ready.set)
