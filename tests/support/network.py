"""A real network for tests: its database, founded with real keys, served over gRPC in this process or another."""

import asyncio
import shutil
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from coalition.cli.site import Site
from coalition.cli.site_network import found_network, prepare_database
from coalition.cli.tls_folder import tls_of_new
from coalition.client import BlockingClient, Identity, load_identity, save_identity
from coalition.gateway.server import ServerSettings, serve
from settlement.house.records import Network
from settlement.house.tariff import Tariff
from settlement.signing import new_key
from tests.support.postgres import role_passwords

ORIGIN = "clearing.example/test"
PEOPLE = ("ann", "bob")


def new_site(folder: Path, dsn: str, *, shards: int = 1, origin: str = ORIGIN) -> Site:
    """Schema, founding entry and the operator's keys, in an empty database."""
    site = site_of(folder, dsn)
    prepare_database(site)
    network = Network(origin, "EUR", 2, shards, "operator", "bilateral")
    found_network(site, network, tariff=Tariff(10_000), people=PEOPLE, server="127.0.0.1:0")
    return site


def site_of(folder: Path, dsn: str) -> Site:
    """A site without a network, which can be every role of the tests' server."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copy(role_passwords(), folder / "passwords")
    return Site(folder, dsn)


@dataclass
class RunningServer:
    """`coalition serve` in a thread of this process."""

    site: Site
    address: str
    _loop: asyncio.AbstractEventLoop
    _stopping: asyncio.Event
    _thread: threading.Thread
    _failure: list[BaseException]

    def identity(self, name: str) -> Identity:
        """An identity made at the founding: `operator`, `ann` or `bob`."""
        kept = load_identity(self.site.identity_path(name))
        return replace(kept, server=self.address, alias_key=self.site.alias_key())

    def stop(self) -> None:
        """Drains and ends the server; raises what ended it before."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()
        if self._failure:
            raise self._failure[0]


def start_server(site: Site, *, listen: str = "127.0.0.1:0", **settings: Any) -> RunningServer:
    """Serves a site, on a free port of the loopback address, without limits, unless `listen` or `settings` say otherwise."""
    started = threading.Event()
    running: list[RunningServer] = []
    failure: list[BaseException] = []

    async def run() -> None:
        loop, stopping = asyncio.get_running_loop(), asyncio.Event()
        address = loop.create_future()

        def ready(future: asyncio.Future[str]) -> None:
            running.append(RunningServer(site, future.result(), loop, stopping, thread, failure))
            started.set()

        address.add_done_callback(ready)
        unlimited: dict[str, Any] = {"calls_per_second": 0.0, "failures_per_second": 0.0}
        own = ServerSettings(
            listen,
            site.dsn,
            site.log,
            site.signer("receipt"),
            site.signer("log"),
            site.door,
            **{**unlimited, **settings},
        )
        await serve(own, stopping, address)

    def body() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:  # noqa: BLE001 - handed to the test that waits
            failure.append(error)
        finally:
            started.set()

    thread = threading.Thread(target=body, name="server", daemon=True)
    thread.start()
    started.wait()
    if failure:
        raise failure[0]
    return running[0]


def onboard(server: RunningServer, partner: str) -> Identity:
    """An active partner with a fresh key; its identity lies in the site."""
    operator = server.identity("operator")
    tls = tls_of_new(server.site, operator, partner)
    identity = replace(operator, partner_id=partner, signer=new_key(), tls=tls)
    save_identity(identity, server.site.identity_path(partner))
    with BlockingClient(operator) as client:
        outcomes = [
            client.register(partner_id=partner, display_name=partner.title()),
            client.add_key(key=identity.signer, partner_id=partner),
            client.activate(partner_id=partner),
        ]
    assert [outcome.refusal for outcome in outcomes] == [None, None, None]
    return identity
