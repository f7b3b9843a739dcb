"""`coalition serve`."""

import asyncio
import logging
import signal
import sys
from contextlib import ExitStack, suppress
from typing import Annotated

import structlog
import typer

from coalition.cli.address import listen_address
from coalition.cli.options import Data
from coalition.cli.running import serving
from coalition.cli.sharing import database
from coalition.cli.site import Site, open_site
from coalition.gateway.server import ServerSettings
from coalition.gateway.server import serve as run_server
from settlement.database import GATEWAY, connect
from settlement.errors import CoalitionError
from settlement.house.records import LOG, RECEIPT
from settlement.ledger.memory import load_house

DEFAULT_ADDRESS = "127.0.0.1:7600"


def serve(
    data: Data = None,
    listen: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            callback=listen_address,
            help="HOST:PORT (port 0: any free one), [HOST]:PORT for IPv6, or unix:/path.",
        ),
    ] = DEFAULT_ADDRESS,
) -> None:
    """Serve the network: gateway and worker, until SIGTERM or Ctrl-C; what was accepted is finished first.

    Prints [bold]listening on HOST:PORT[/] once calls are answered; its log goes to standard error, one JSON object a line.
    An embedded PostgreSQL is started if need be, and stopped at the end unless others use it or [bold]coalition db start[/]
    keeps it running.

    [dim]coalition serve --listen 0.0.0.0:7600[/]
    """
    site = open_site(data)
    site.require()
    with ExitStack() as stack:
        stack.enter_context(serving(site.data))
        stack.enter_context(database(site))
        _check_founded(site)
        configure_logging()
        asyncio.run(_serve(site, listen))


class _StandardError:
    """Prints lines. A log that nobody reads any more (a closed pipe, a full disk) must not end the server."""

    def msg(self, line: str) -> None:
        """One line."""
        with suppress(OSError, ValueError):
            typer.echo(line, err=True)

    debug = info = warning = error = critical = exception = msg


def _without_values(
    _logger: object, _name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """A stack without what the exceptions say: PostgreSQL's quote whole rows."""
    for raised in event.get("exception", []):
        raised["exc_value"] = "left out"
    return event


def configure_logging() -> None:
    """One JSON object a line on standard error, times in UTC; requests, keys and members never appear.

    What libraries log by the standard library comes out in the same form. Stacks carry no values of variables.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(
            structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        ),
        _without_values,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *names: _StandardError(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    render: list[structlog.typing.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.JSONRenderer(),
    ]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=render, foreign_pre_chain=shared))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


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


async def _serve(site: Site, listen: str) -> None:
    settings = ServerSettings(listen, site.dsn, site.log, site.signer("receipt"), site.signer("log"))
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
