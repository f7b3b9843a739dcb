"""`coalition serve`."""

import asyncio
import resource
import signal
from contextlib import ExitStack

import typer

from coalition.cli.door_options import (
    CallsPerSecond,
    Certificate,
    CertificateKey,
    ClientCa,
    DoorOptions,
    FailuresPerSecond,
    Listen,
    MetricsAddress,
    WithoutTls,
)
from coalition.cli.options import Data
from coalition.cli.running import serving
from coalition.cli.server_log import configure_logging
from coalition.cli.sharing import database
from coalition.cli.site import Site, open_site
from coalition.gateway.server import CALLS_PER_SECOND, CONNECTIONS_MAX, FAILURES_PER_SECOND
from coalition.gateway.server import serve as run_server
from settlement.database import GATEWAY, connect
from settlement.errors import CoalitionError
from settlement.house.records import LOG, RECEIPT
from settlement.ledger.memory import load_house

DEFAULT_ADDRESS = "127.0.0.1:7600"
FILES_MAX = 2 * CONNECTIONS_MAX


def serve(
    data: Data = None,
    listen: Listen = DEFAULT_ADDRESS,
    certificate: Certificate = None,
    key: CertificateKey = None,
    client_ca: ClientCa = None,
    without_tls: WithoutTls = False,
    calls_per_second: CallsPerSecond = CALLS_PER_SECOND,
    failures_per_second: FailuresPerSecond = FAILURES_PER_SECOND,
    metrics: MetricsAddress = None,
) -> None:
    """Serve the network: gateway and worker, until SIGTERM or Ctrl-C; what was accepted is finished first.

    Prints [bold]listening on HOST:PORT[/] once calls are answered; its log goes to standard error, one JSON object a line.
    An embedded PostgreSQL is started if need be, and stopped at the end unless others use it or [bold]coalition db start[/]
    keeps it running. [bold]coalition tls init[/] makes certificates; files that change are read again.

    [dim]coalition serve --listen 0.0.0.0:7600 --certificate server.pem --key server.key --client-ca ca.pem[/]
    """
    door = DoorOptions(
        listen,
        certificate,
        key,
        client_ca,
        without_tls,
        calls_per_second,
        failures_per_second,
        metrics,
    )
    door.check()
    site = open_site(data)
    site.require()
    if (files := door.tls_files()) is not None:
        files.read()  # what is wrong with them is told before anything is started
    with ExitStack() as stack:
        stack.enter_context(serving(site.data))
        stack.enter_context(database(site))
        _check_founded(site)
        configure_logging()
        _allow_open_files()
        asyncio.run(_serve(site, door))


def _allow_open_files() -> None:
    """Each connection is an open file, and a process may have 1,024 of them unless it asks for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    if soft != unlimited and soft < FILES_MAX:
        most = FILES_MAX if hard == unlimited else min(FILES_MAX, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _check_founded(site: Site) -> None:
    """The database holds the network whose keys are here; NETWORK_NOT_FOUND or KEYS_OF_ANOTHER_NETWORK otherwise."""
    with connect(site.dsn(GATEWAY), GATEWAY) as connection:
        house = load_house(connection)
    if house.network is None:
        message = "this database holds no network; run `coalition db init` first"
        raise CoalitionError("NETWORK_NOT_FOUND", message)
    for name, purpose in (("receipt", RECEIPT), ("log", LOG)):
        key = house.live_key(site.signer(name).keyid)
        if key is None or key.purpose != purpose:
            message = (
                f"keys/{name}.pem in {site.data} is no {purpose} key of the network {house.network.origin}"
            )
            raise CoalitionError("KEYS_OF_ANOTHER_NETWORK", message)


async def _serve(site: Site, door: DoorOptions) -> None:
    settings = door.settings(site)
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    started: asyncio.Future[str] = loop.create_future()
    for name in (signal.SIGTERM, signal.SIGINT):
        # Setting the event again while the server drains does nothing.
        loop.add_signal_handler(name, stopping.set)
    started.add_done_callback(_say_address)
    await run_server(settings, stopping, started)


def _say_address(started: asyncio.Future[str]) -> None:
    if not started.cancelled() and started.exception() is None:
        typer.echo(f"listening on {started.result()}")
