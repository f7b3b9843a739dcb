"""The options of `coalition serve` that make its door: where it listens, with which certificates, and how often one may call."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from coalition.cli.address import is_of_this_machine, listen_address, metrics_address
from coalition.cli.site import Site
from coalition.cli.tls_files import tls_files
from coalition.gateway.server import ServerSettings
from coalition.gateway.tls import TlsFiles

Listen = Annotated[
    str,
    typer.Option(
        metavar="ADDRESS",
        callback=listen_address,
        help="HOST:PORT (port 0: any free one), [HOST]:PORT for IPv6, or unix:/path.",
    ),
]
Certificate = Annotated[
    Path | None, typer.Option(metavar="FILE", help="The server's certificate chain, PEM: calls go over TLS.")
]
CertificateKey = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Its private key, unencrypted PEM, mode 0600.")
]
ClientCa = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Mutual TLS: clients must show a certificate of this CA that names their partner.",
    ),
]
WithoutTls = Annotated[
    bool, typer.Option("--without-tls", help="Let other machines in without TLS: a proxy in front speaks it.")
]
CallsPerSecond = Annotated[
    float, typer.Option(min=0, metavar="RATE", help="Calls of one partner; refused acts count twice. 0: any.")
]
FailuresPerSecond = Annotated[
    float,
    typer.Option(
        min=0, metavar="RATE", help="Calls of one address that fail before their partner is known. 0: any."
    ),
]
MetricsAddress = Annotated[
    str | None,
    typer.Option(
        "--metrics",
        metavar="ADDRESS",
        callback=metrics_address,
        help="HOST:PORT for Prometheus, without TLS: an address that only it can reach.",
    ),
]


@dataclass(frozen=True)
class DoorOptions:
    """What was typed about the door."""

    listen: str
    certificate: Path | None
    key: Path | None
    client_ca: Path | None
    without_tls: bool
    calls_per_second: float
    failures_per_second: float
    metrics: str | None

    def tls_files(self) -> TlsFiles | None:
        """The certificate files; None if there is no TLS."""
        if self.certificate is None or self.key is None:
            return None
        return tls_files(self.certificate, self.key, self.client_ca)

    def settings(self, site: Site) -> ServerSettings:
        """All that the server runs with."""
        return ServerSettings(
            self.listen,
            site.dsn,
            site.log,
            site.signer("receipt"),
            site.signer("log"),
            door=site.door,
            tls=self.tls_files(),
            metrics=self.metrics,
            calls_per_second=self.calls_per_second,
            failures_per_second=self.failures_per_second,
        )

    def check(self) -> None:
        """Wrong usage unless the options fit together, and nothing but TLS leaves this machine without a word for it."""
        if (self.certificate is None) != (self.key is None):
            raise typer.BadParameter(
                "the certificate and its key are named together", param_hint="--certificate, --key"
            )
        if self.certificate is None and self.client_ca is not None:
            raise typer.BadParameter(
                "clients show certificates over TLS only: name --certificate and --key too",
                param_hint="--client-ca",
            )
        if self.certificate is not None and self.without_tls:
            raise typer.BadParameter("it contradicts --certificate", param_hint="--without-tls")
        if self.certificate is None and not self.without_tls and not is_of_this_machine(self.listen):
            message = (
                f"other machines reach {self.listen}, and there is no TLS: name --certificate and --key "
                "(`coalition tls init` makes them), or say --without-tls if a proxy in front speaks it"
            )
            raise typer.BadParameter(message, param_hint="--listen")
