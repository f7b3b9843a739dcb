"""Certificates of every kind, good and bad, and a server that asks for them."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from coalition.cli.issuing import Issued, make_ca, make_client_certificate, make_server_certificate
from coalition.cli.tls_files import tls_files
from coalition.client import Tls
from coalition.gateway.tls import TlsFiles

ENDED_DAYS = 0
"""A lifetime that ends as it is issued; gRPC counts whole seconds."""


@dataclass
class Certificates:
    """A CA, and the files of a server whose clients it vouches for."""

    folder: Path
    ca: Issued

    @classmethod
    def made(cls, folder: Path) -> "Certificates":
        """A fresh CA and a server's certificate for this machine."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = cls(folder, make_ca("test"))
        made.write_ca(made.ca)
        made.write_server(made.server())
        return made

    @property
    def files(self) -> TlsFiles:
        """As a server takes them, with mutual TLS."""
        return tls_files(self.folder / "server.pem", self.folder / "server.key", self.folder / "ca.pem")

    def server(self, *hosts: str, days: int = 10) -> Issued:
        """A certificate for a server, of this machine unless told otherwise."""
        return make_server_certificate(self.ca, list(hosts) or ["127.0.0.1"], days=days)

    def client(self, uri: str, *, ca: Issued | None = None, days: int = 10) -> Tls:
        """What a client named by the URI shows; it believes this CA's servers."""
        issued = make_client_certificate(ca or self.ca, uri, days=days)
        return Tls(self.ca.certificate, issued.certificate, issued.key)

    def write_server(self, issued: Issued) -> None:
        """Puts certificate and key in the place of those before."""
        self.write("server.key", issued.key)
        self.write("server.pem", issued.certificate)

    def write_ca(self, *cas: Issued) -> None:
        """Has clients of these CAs let in."""
        self.write("ca.pem", b"".join(ca.certificate for ca in cas))

    def write(self, name: str, data: bytes) -> None:
        """Writes one of the files, readable by its owner alone."""
        path = self.folder / name
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(data)

    def shown_by(self, address: str) -> int:
        """The serial number of the certificate that a server shows a new connection."""
        host, _, port = address.rpartition(":")
        return x509.load_pem_x509_certificate(
            ssl.get_server_certificate((host, int(port))).encode()
        ).serial_number


def serial(issued: Issued) -> int:
    """The serial number of a certificate."""
    return x509.load_pem_x509_certificate(issued.certificate).serial_number
