"""A PostgreSQL server from Debian's package, made for the moment: a cluster of its own, beside whatever the system runs.

`python -m tests.support.own_server COMMAND ...` runs a command whose tests use such a server instead of an embedded one.
"""

import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from psycopg.conninfo import make_conninfo

from settlement.embedded.account import Account, account_for
from tests.support.postgres import SERVER_VARIABLE, memory_with_room

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
SUPERUSER = "postgres"
CLUSTER = ("--pgdata=data", "--wait", "--silent")


@contextmanager
def own_server(environment: Mapping[str, str] | None = None, *, durable: bool = True) -> Iterator[str]:
    """A superuser's connection string; PostgreSQL 15 runs meanwhile, with what `environment` adds to its own.

    `durable`: false for one that need not outlive a crash of the machine, and waits for no disk.
    """
    place = None if durable else memory_with_room()
    with tempfile.TemporaryDirectory(prefix="coalition-own-", dir=place) as name:
        folder, password = Path(name), secrets.token_urlsafe(16)
        account = account_for(folder / "data")
        (folder / "password").write_text(password)
        for path in (folder, folder / "password"):
            account.own(path)
        run = partial(_run, account, folder, environment or {})
        login = ("--auth=scram-sha-256", f"--username={SUPERUSER}", "--pwfile=password")
        run("initdb", *login, "--encoding=UTF8", "--locale=C", "--no-sync", "data")
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c max_connections=200"
        options += "" if durable else " -c fsync=off -c full_page_writes=off"
        run("pg_ctl", *CLUSTER, "--log=log", f"--options={options}", "start")
        try:
            yield make_conninfo(host=name, user=SUPERUSER, password=password, dbname="postgres")
        finally:
            run("pg_ctl", *CLUSTER, "--mode=fast", "stop")


def _run(account: Account, folder: Path, environment: Mapping[str, str], program: str, *words: str) -> None:
    """A program of PostgreSQL; nothing of the caller's environment gets to it."""
    done = subprocess.run(
        [PROGRAMS / program, *words],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        user=account.uid,
        group=account.gid,
        extra_groups=None if account.uid is None else [],
        check=False,
    )
    assert done.returncode == 0, done.stdout


def main(command: Sequence[str]) -> int:
    """Runs the command; returns its exit code."""
    with own_server(durable=False) as dsn:
        return subprocess.run(command, env=os.environ | {SERVER_VARIABLE: dsn}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
