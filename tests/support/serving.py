"""`coalition serve` as a process of its own, to be killed and started again."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from coalition.cli.site import Site
from coalition.cli.site_network import found_network, prepare_database
from coalition.cli.tls_folder import tls_of_new
from coalition.client import BlockingClient, Identity, load_identity
from settlement import embedded
from settlement.house.records import Network
from settlement.house.tariff import Tariff
from settlement.signing import new_key
from tests.support.network import ORIGIN, PEOPLE

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class ServerProcess:
    """The server of a site, always on the same port."""

    site: Site
    port: int = field(default_factory=lambda: free_port())
    options: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None

    @property
    def log(self) -> str:
        """What it logged so far."""
        return (self.site.data / "serve.log").read_text()

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Starts it and waits until it listens."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("COALITION_")}
        own = {"COALITION_DATABASE_URL": self.site.database_url} if self.site.database_url else {}
        with (self.site.data / "serve.log").open("a") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "coalition",
                    "serve",
                    "--data",
                    self.site.data,
                    "--listen",
                    self.address,
                    *self.options,
                ],
                cwd=ROOT,
                env=kept | own | dict(self.environment),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line == f"listening on {self.address}\n", self.log

    def end(self, how: signal.Signals) -> int:
        """Sends a signal and waits for the end; returns the exit status."""
        assert self.process is not None
        assert self.process.stdout is not None
        self.process.send_signal(how)
        status = self.process.wait(timeout=60)
        self.process.stdout.close()
        self.process = None
        return status

    def identity(self, name: str) -> Identity:
        """An identity made at the founding."""
        return replace(load_identity(self.site.identity_path(name)), server=self.address)

    def take_in(self, partner: str) -> Identity:
        """A new active partner."""
        operator = self.identity("operator")
        tls = tls_of_new(self.site, operator, partner)
        identity = replace(operator, partner_id=partner, signer=new_key(), tls=tls)
        with BlockingClient(operator) as client:
            client.register(partner_id=partner, display_name=partner.title())
            client.add_key(key=identity.signer, partner_id=partner)
            client.activate(partner_id=partner)
        return identity


@contextmanager
def embedded_site(folder: Path) -> Iterator[Site]:
    """A founded network with a PostgreSQL of its own, to which anything may be done."""
    try:
        yield founded(Site(folder))
    finally:
        embedded.stop(folder)


def founded(site: Site) -> Site:
    """The site with a network, which makes the roles of its PostgreSQL."""
    prepare_database(site)
    network = Network(ORIGIN, "EUR", 2, 1, "operator", "bilateral")
    found_network(site, network, tariff=Tariff(10_000), people=PEOPLE, server="127.0.0.1:0")
    return site


@contextmanager
def served(
    site: Site, *options: str, environment: Mapping[str, str] | None = None
) -> Iterator[ServerProcess]:
    """A running server process that is gone at the end; `options` of `coalition serve`."""
    server = ServerProcess(site, options=options, environment=environment or {})
    try:
        server.start()
        yield server
    finally:
        if server.process is not None:
            server.end(signal.SIGKILL)


async def until(holds: Callable[[], bool], *, pause_seconds: float = 0.01) -> None:
    """Looks again and again until it holds; fails after a minute."""
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - what is waited for happens in another process
            await asyncio.sleep(pause_seconds)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
