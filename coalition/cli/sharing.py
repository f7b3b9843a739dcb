"""Who keeps the embedded PostgreSQL running: it runs while somebody uses it, and the last one out stops it.

Every command that needs the database holds a shared lock on DIR/database.users meanwhile; the system releases it however the
command ends. Whoever can take the lock alone at the end is the last. `coalition db start` leaves a mark that keeps the server
running, and `coalition db stop` removes it. A database of one's own is left alone.
"""

import fcntl
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coalition.cli.site import Site
from settlement import embedded

_USERS, _KEEP = "database.users", "database.keep"


@contextmanager
def database(site: Site) -> Iterator[None]:
    """Within the block `site.dsn` may be asked; afterwards the embedded server stops unless others use or keep it."""
    if site.database_url is not None:
        yield
        return
    site.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (site.data / _USERS).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_SH)  # waits for one who is stopping the server
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)
            if not is_kept(site.data):
                _stop_unless_used(file.fileno(), site.data)


def _stop_unless_used(descriptor: int, data: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    # An impatient second Ctrl-C would leave the server half stopped behind.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN), signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        embedded.stop(data)
    finally:
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGTERM, before[1])


def is_kept(data: Path) -> bool:
    """Whether `db start` asked to keep the server running."""
    return (data / _KEEP).exists()


def keep(data: Path, kept: bool) -> None:
    """Sets or removes the mark that keeps the server running."""
    if kept:
        (data / _KEEP).touch(mode=0o600)
    else:
        (data / _KEEP).unlink(missing_ok=True)
