"""The life of an embedded server: started by whoever comes first, shared, stopped when told to."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from settlement.embedded import binaries
from settlement.embedded.account import Account, account_for
from settlement.embedded.address import PORT, socket_folder
from settlement.embedded.cluster import SUPERUSER, Cluster, data_directory
from settlement.embedded.failure import EmbeddedServerError
from settlement.embedded.passwords import password_for
from settlement.embedded.processes import processes_of

_LOCK_SECONDS = 600
_START_SECONDS = 300  # Recovery after a crash replays up to max_wal_size of log.
_START_ATTEMPTS = 3  # A server that is ending while we look is waited for and started again.
_ORPHAN_SECONDS = 30
_STOP_SECONDS = 120
_PAUSE_SECONDS = 0.05

# What PostgreSQL says while processes of its predecessor have not all ended.
_PREDECESSOR_HOLDS = ("shared memory block", "lock file")


@dataclass(frozen=True)
class EmbeddedServer:
    """A server in the folder `data` (absolute, links resolved), which `start` returned running."""

    data: Path

    def superuser_dsn(self, dbname: str = "postgres") -> str:
        """A libpq connection string for the cluster's owner `postgres`."""
        return self.dsn(SUPERUSER, dbname)

    def dsn(self, user: str, dbname: str) -> str:
        """A libpq connection string for a role that has a password here. It holds no password, only its file's name.

        Empty `hostaddr` and `password` keep PGHOSTADDR and PGPASSWORD of the environment out.
        """
        cluster = Cluster(self.data)
        return make_conninfo(
            host=str(socket_folder(cluster.folder)),
            hostaddr="",
            port=PORT,
            user=user,
            password="",
            dbname=dbname,
            passfile=str(cluster.passwords),
            require_auth="scram-sha-256",
        )

    def add_password(self, role: str) -> str:
        """The role's password from the password file, generated and stored there if it has none yet.

        The caller makes the role with it: `CREATE ROLE ... PASSWORD`. Raises EmbeddedServerError.
        """
        with _alone(self.data):
            return password_for(role, file=Cluster(self.data).passwords)


@dataclass(frozen=True)
class ServerStatus:
    """Whether the server's postmaster is alive, and its process id if so."""

    running: bool
    pid: int | None


def start(data: Path) -> EmbeddedServer:
    """See that a server runs on the folder and accepts connections; make the cluster on first use.

    Raises EmbeddedServerError when it cannot; the message holds the last lines of the log.
    """
    cluster = Cluster(data.resolve())
    with _explained(cluster.data):
        cluster.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(cluster.data):
        for _ in range(_START_ATTEMPTS):
            if _postmaster(cluster) is None:
                _bring_up(cluster)
            if _accepts_connections(cluster):
                return EmbeddedServer(cluster.data)
    raise EmbeddedServerError(
        f"the server in {cluster.data} ends whenever it was started: see who stops it, and to what it says\n"
        f"{cluster.last_words()}"
    )


def stop(data: Path) -> bool:
    """Shut the server down ("fast": open transactions are rolled back) and wait until it is down; False if none ran.

    Raises EmbeddedServerError when it does not end.
    """
    cluster = Cluster(data.resolve())
    if not cluster.exists:
        return False
    with _alone(cluster.data):
        pid = _postmaster(cluster)
        if pid is None:
            return False
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
        left = _await_end(cluster, seconds=_STOP_SECONDS)
        if left:
            raise EmbeddedServerError(
                f"the server in {cluster.data} did not stop in {_STOP_SECONDS} s (processes {left}): "
                f"end the process {pid}\n{cluster.last_words()}"
            )
        return True


def status(data: Path) -> ServerStatus:
    """Whether a server runs on the folder, without waiting for anybody. Raises EmbeddedServerError."""
    cluster = Cluster(data.resolve())
    with _explained(cluster.data):
        pid = _postmaster(cluster)
    return ServerStatus(running=pid is not None, pid=pid)


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Hold the folder's lock; the system releases it if we die."""
    with _explained(data):
        try:
            lock = FileLock(data / "server.lock", timeout=_LOCK_SECONDS, mode=0o600)
            with lock:
                yield
        except Timeout:
            raise EmbeddedServerError(
                f"another process has held {data / 'server.lock'} for {_LOCK_SECONDS} s: end it and try again"
            ) from None


@contextmanager
def _explained(data: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EmbeddedServerError(
            f"the embedded server in {data} cannot be used: {error}; choose another --data, "
            "or run as the account that made it"
        ) from error


def _postmaster(cluster: Cluster) -> int | None:
    """The postmaster's process id, if the process of that number really is this cluster's."""
    pid = cluster.recorded_pid()
    return pid if pid is not None and cluster.exists and pid in processes_of(cluster.name) else None


def _ping(cluster: Cluster) -> Ping:
    """Ask the server itself; no password is needed for that."""
    conninfo = make_conninfo(EmbeddedServer(cluster.data).superuser_dsn(), connect_timeout=10)
    return Ping(PGconn.ping(conninfo.encode()))


def _bring_up(cluster: Cluster) -> None:
    """Start a cluster that has no server; make it first if it is not there."""
    account = account_for(cluster.folder)
    programs = binaries.usable_by(account, folder=binaries.installed())
    if not cluster.exists:
        cluster.create(account=account, programs=programs)
    cluster.check_version(account=account, programs=programs)
    _launch(cluster, account=account, programs=programs)


def _launch(cluster: Cluster, *, account: Account, programs: Path) -> None:
    """Start the postmaster of a cluster that has none. Raises EmbeddedServerError with its last words when it fails."""
    if _ping(cluster) in (Ping.OK, Ping.REJECT):
        raise EmbeddedServerError(
            f"a server that is no process of this machine answers in {cluster.folder} (another container?): stop it there"
        )
    deadline = time.monotonic() + _ORPHAN_SECONDS
    left = _await_end(cluster, seconds=_ORPHAN_SECONDS)
    if left:
        raise EmbeddedServerError(
            f"processes {left} of a crashed server still use {cluster.folder}: end them and start again\n"
            f"{cluster.last_words()}"
        )
    # Proven stale: nobody answers, and no process carries the cluster's name. PostgreSQL itself would give up if
    # another program of the same account had the number by now.
    (cluster.folder / "postmaster.pid").unlink(missing_ok=True)
    cluster.forget_old_logs()
    while not _started(cluster, account=account, programs=programs):
        words = cluster.last_words()
        if time.monotonic() > deadline or not any(sign in words for sign in _PREDECESSOR_HOLDS):
            raise EmbeddedServerError(
                f"PostgreSQL did not start in {cluster.data}; see to what it says and start again:\n{words}"
            )
        time.sleep(_PAUSE_SECONDS * 10)


def _started(cluster: Cluster, *, account: Account, programs: Path) -> bool:
    """Whether pg_ctl, which makes the postmaster a process of its own, saw it ready or still recovering."""
    # What must hold at every start, so that no edited file can open the server to the network.
    fixed = {
        "listen_addresses": "",
        "port": str(PORT),
        # Relative to the cluster folder, which has mode 0700: so the server's side of the path is never too long.
        "unix_socket_directories": ".",
        "cluster_name": cluster.name,
    }
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_NOFOLLOW
    with os.fdopen(os.open(cluster.start_log, flags, 0o600), "w") as log:
        account.run(
            [
                programs / "pg_ctl",
                "start",
                f"--pgdata={data_directory(cluster.folder)}",
                f"--timeout={_START_SECONDS}",
                f"--options={' '.join(f'-c {name}={value}' for name, value in fixed.items())}",
            ],
            folder=cluster.folder,
            output=log.fileno(),
        )
    return _postmaster(cluster) is not None


def _accepts_connections(cluster: Cluster) -> bool:
    """Wait until the server accepts connections; False if it ended instead, as one that was just killed does.

    Raises EmbeddedServerError when it lives but does not answer.
    """
    deadline = time.monotonic() + _START_SECONDS
    while (answer := _ping(cluster)) is not Ping.OK:
        if _postmaster(cluster) is None:
            return False
        if time.monotonic() > deadline:
            raise EmbeddedServerError(
                f"the server in {cluster.data} does not accept connections ({answer.name}): stop it, start it again, "
                f"and if that does not help, see to what it says:\n{cluster.last_words()}"
            )
        time.sleep(_PAUSE_SECONDS)
    return True


def _await_end(cluster: Cluster, *, seconds: float) -> list[int]:
    """Wait until the cluster has no process; the ids of those still there after `seconds`."""
    deadline = time.monotonic() + seconds
    while left := sorted(processes_of(cluster.name)):
        if time.monotonic() > deadline:
            break
        time.sleep(_PAUSE_SECONDS)
    return left
