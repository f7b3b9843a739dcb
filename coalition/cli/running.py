"""One server per data folder: a lock that lives as long as the serving process, and the pid of who holds it."""

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from settlement.errors import CoalitionError

_LOCK = "serve.lock"
STOP_SECONDS_MAX = 60.0


@contextmanager
def serving(data: Path) -> Iterator[None]:
    """Holds the folder's server lock. CoalitionError ALREADY_SERVING if another process does."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data / _LOCK).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"process {_pid(data) or '?'} serves {data} already; stop it first"
            raise CoalitionError("ALREADY_SERVING", message) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
        file.truncate(0)


def stop_serving(data: Path) -> bool:
    """Ends the process that serves the folder, if there is one, and waits until it is gone."""
    if not (data / _LOCK).exists():
        return False
    with (data / _LOCK).open("a+") as file:
        deadline = time.monotonic() + STOP_SECONDS_MAX
        told = False
        while not _free(file.fileno()):
            pid = _pid(data)
            if pid is not None and not told:
                os.kill(pid, signal.SIGTERM)
                told = True
            if time.monotonic() > deadline:
                raise CoalitionError("STILL_SERVING", f"process {pid} does not stop; end it by hand")
            time.sleep(0.05)
        return told


def _free(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _pid(data: Path) -> int | None:
    text = (data / _LOCK).read_text().strip()
    return int(text) if text.isdecimal() else None
