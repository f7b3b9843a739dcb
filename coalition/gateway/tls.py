"""TLS at the door: the server's certificate and key, and the CA of its clients, read again when their files change."""

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import grpc
import structlog

from settlement.errors import CoalitionError

WATCH_SECONDS = 60.0
EXPIRY_WARNING_SECONDS = 21 * 24 * 3600
WARN_AGAIN_SECONDS = 24 * 3600
Stamp = tuple[tuple[int, int, int] | None, ...]
"""What differs once a file was written or replaced."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a server shows and believes, as PEM. `client_ca` makes client certificates mandatory.

    `expires_s`: when each certificate ends, in seconds since 1970, by what it is: "server", "client_ca".
    """

    key: bytes
    certificate: bytes
    client_ca: bytes | None
    expires_s: dict[str, float]


@dataclass(frozen=True)
class TlsFiles:
    """The files of the credentials, and how they are read: CoalitionError or OSError naming the file and the cure."""

    paths: tuple[Path, ...]
    read: Callable[[], Credentials]


class Tls:
    """Holds the newest good credentials. Connections that are open keep those that they began with.

    Files are looked at before every new connection, in gRPC's own thread, and once a minute. While they are not good (half
    written, not a pair, expired) the last good ones stay, and the log says so once.
    """

    def __init__(self, files: TlsFiles) -> None:
        """Errors: those of reading the files."""
        self._files = files
        self._lock = threading.Lock()
        self._stamp = self._unusable = self._stamp_now()
        self.credentials = files.read()
        self._configuration = _configuration(self.credentials)
        self._warned_s = 0.0

    @property
    def asks_for_certificates(self) -> bool:
        """Whether a client must show a certificate."""
        return self.credentials.client_ca is not None

    def server_credentials(self) -> grpc.ServerCredentials:
        """For `add_secure_port`."""
        return grpc.dynamic_ssl_server_credentials(
            self._configuration, self.look, require_client_authentication=self.asks_for_certificates
        )

    def look(self) -> grpc.ServerCertificateConfiguration:
        """What the next connection is to use."""
        with self._lock:
            stamp = self._stamp_now()
            if stamp != self._stamp:
                self._read_again(stamp)
            return self._configuration

    async def watch(self) -> None:
        """Looks at the files and at the clock until cancelled."""
        while True:
            await asyncio.to_thread(self.look)
            self.warn_of_expiry()
            await asyncio.sleep(WATCH_SECONDS)

    def _read_again(self, stamp: Stamp) -> None:
        try:
            credentials = self._files.read()
        except (CoalitionError, OSError) as error:
            if stamp != self._unusable:
                self._unusable = stamp
                _log.warning("tls_files_unusable", error=str(error))
            return
        self.credentials, self._configuration = credentials, _configuration(credentials)
        self._stamp, self._warned_s = stamp, 0.0
        _log.info("tls_files_read")

    def warn_of_expiry(self) -> None:
        """Tells the log, at most once a day, of certificates that end soon."""
        now_s = time.time()
        soon = [
            name
            for name, ends_s in self.credentials.expires_s.items()
            if ends_s - now_s < EXPIRY_WARNING_SECONDS
        ]
        if soon and now_s - self._warned_s > WARN_AGAIN_SECONDS:
            self._warned_s = now_s
            days = min((self.credentials.expires_s[name] - now_s) / 86_400 for name in soon)
            _log.warning("certificate_expires", certificates=soon, days=round(days, 1))

    def _stamp_now(self) -> Stamp:
        return tuple(_stamp(path) for path in self._files.paths)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def _configuration(credentials: Credentials) -> grpc.ServerCertificateConfiguration:
    return grpc.ssl_server_certificate_configuration(
        [(credentials.key, credentials.certificate)], root_certificates=credentials.client_ca
    )
