"""A cluster on disk: how it is made, what it is called, and what it logged."""

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from settlement.embedded import binaries
from settlement.embedded.account import Account
from settlement.embedded.failure import EmbeddedServerError
from settlement.embedded.passwords import password_for

SUPERUSER = "postgres"
_LOG_DAYS = 7

# Written to postgresql.conf once, so that ALTER SYSTEM can change them. Durability is the default and is said aloud.
_SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "shared_buffers": "128MB",
    "max_connections": "50",
    "wal_compression": "on",
    "password_encryption": "scram-sha-256",
    # Repeated hashing slows down who guesses words. These passwords are 256 random bits, and every connection would pay for it.
    "scram_iterations": "1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # One file per day of the week, emptied when its day comes again.
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgres-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_checkpoints": "off",
    # Statements and rows hold what members did, and a password when a role is made: neither belongs in a log.
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


@dataclass(frozen=True)
class Cluster:
    """The files of one embedded server under the folder of `--data`."""

    data: Path

    @property
    def folder(self) -> Path:
        """The PostgreSQL data directory; its owner is the account that runs the server."""
        return self.data / "postgres"

    @property
    def passwords(self) -> Path:
        """The password file of the DSNs."""
        return self.data / "passwords"

    @property
    def start_log(self) -> Path:
        """What the server said until its log collector ran."""
        return self.data / "postgres.log"

    @property
    def exists(self) -> bool:
        """Whether initdb has finished here."""
        return (self.folder / "PG_VERSION").is_file()

    @property
    def name(self) -> str:
        """A name that no other cluster of this machine has: neither a copy of it nor its predecessor in the folder.

        The system identifier that initdb drew (first eight bytes of `pg_control`) and the folder's inode.
        """
        with (self.folder / "global" / "pg_control").open("rb") as control:
            identifier = control.read(8).hex()
        return f"coalition-{identifier}-{self.folder.stat().st_ino:x}"

    def recorded_pid(self) -> int | None:
        """The process id in `postmaster.pid`, which may be dead or another program's by now."""
        try:
            return int((self.folder / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None

    def create(self, *, account: Account, programs: Path) -> None:
        """Run initdb beside the final place and rename, so that a cluster is whole or not there.

        The caller holds the folder's lock. Raises EmbeddedServerError with initdb's words when it fails.
        """
        fresh = self.folder.with_name("postgres.new")
        if fresh.exists():
            shutil.rmtree(fresh)
        fresh.mkdir(mode=0o700)
        account.own(fresh)
        command: list[str | Path] = [
            programs / "initdb",
            f"--pgdata={data_directory(fresh)}",
            f"--username={SUPERUSER}",
            "--pwfile=/dev/stdin",
            "--auth-local=scram-sha-256",
            "--auth-host=reject",
            "--encoding=UTF8",
            "--locale=C",
            "--data-checksums",
            "--no-instructions",
            *(f"--set={name}={value}" for name, value in _SETTINGS.items()),
        ]
        with os.fdopen(self._superuser_password(account), "rb") as password:
            done = account.run(command, folder=fresh, stdin=password.fileno())
        if done.returncode != 0:
            raise EmbeddedServerError(
                f"initdb failed in {fresh}; see to what it says and start again:\n{done.stdout.strip()}"
            )
        fresh.rename(self.folder)

    def _superuser_password(self, account: Account) -> int:
        """The reading end of a pipe with the password in it: it touches neither a disk nor a command line."""
        reading, writing = os.pipe()
        with os.fdopen(writing, "w", encoding="utf-8") as pipe:
            pipe.write(password_for(SUPERUSER, file=self.passwords) + "\n")
        # initdb opens /dev/stdin by name, which asks who owns the pipe.
        account.own(reading)
        return reading

    def check_version(self, *, account: Account, programs: Path) -> None:
        """Raise EmbeddedServerError when another major version of PostgreSQL made the cluster."""
        found = (self.folder / "PG_VERSION").read_text(encoding="utf-8").strip()
        ours = binaries.version_of(programs, account=account)
        if found != ours:
            raise EmbeddedServerError(
                f"{self.folder} was made by PostgreSQL {found} and the installed binaries are {ours}: "
                f"choose another --data, or move the data with pg_dump of version {found}"
            )

    def forget_old_logs(self) -> None:
        """Delete logs older than a week: a server that never runs at midnight never empties them itself."""
        for log in (self.folder / "log").glob("*.log"):
            if log.stat().st_mtime < time.time() - _LOG_DAYS * 86_400:
                log.unlink()

    def last_words(self, *, count: int = 15) -> str:
        """The last lines that the server logged, for an error message."""
        logs = sorted((self.folder / "log").glob("*.log"), key=lambda log: log.stat().st_mtime)
        lines = [
            line
            for log in (self.start_log, *logs[-1:])
            if log.is_file()
            for line in log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:]
        ]
        return "\n".join(lines)


def data_directory(folder: Path) -> str:
    """How a program that runs in the cluster folder is told of it.

    `/proc/self/cwd` leads there even where the folders above it are closed to the server's account (as root's home is),
    and holds nothing that pg_ctl's shell could misread. Other systems have the path only.
    """
    return "/proc/self/cwd" if Path("/proc/self/cwd").exists() else str(folder)
