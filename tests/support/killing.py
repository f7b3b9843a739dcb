"""Ends of processes as a machine that fails brings them about: no warning, and often at the worst moment."""

import asyncio
import os
import random
import shutil
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from coalition.cli.site import DATABASE, Site
from settlement import embedded
from settlement.transparency.guard import Guard
from tests.support.serving import ServerProcess, until

Kill = Callable[[ServerProcess, random.Random], Awaitable[None]]
LOOK_SECONDS = 0.000_5
PUBLICATIONS_TRIED_MAX = 20


async def kill_server(server: ServerProcess, _chance: random.Random) -> None:
    """Gateway and worker, whatever they do."""
    await asyncio.to_thread(server.end, signal.SIGKILL)


async def kill_while_publishing(server: ServerProcess, chance: random.Random) -> None:
    """The same within one publication: while it writes tiles, or when the guard has just signed.

    A publication may be over before it can be killed: the server is stopped first, and let go on if that came too late.
    """
    assert server.process is not None
    early = chance.random() < 0.5
    for _ in range(PUBLICATIONS_TRIED_MAX):
        await _until_it_publishes(server.site.log, early=early)
        server.process.send_signal(signal.SIGSTOP)
        if is_half_published(server.site):
            break
        server.process.send_signal(signal.SIGCONT)
    await asyncio.to_thread(server.end, signal.SIGKILL)


async def _until_it_publishes(log: Path, *, early: bool) -> None:
    if early:
        left_behind = _asides(log)
        await until(lambda: bool(_asides(log) - left_behind), pause_seconds=LOOK_SECONDS)
    else:
        signed = _guard_bytes(log)
        await until(lambda: _guard_bytes(log) > signed, pause_seconds=LOOK_SECONDS)


async def kill_postgres(server: ServerProcess, _chance: random.Random) -> None:
    """The embedded PostgreSQL; waits until the server, which lives on, has started it again."""
    data = server.site.data
    pid = embedded.status(data).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await until(lambda: embedded.status(data).pid not in (None, pid))


KILLS: dict[str, Kill] = {
    "server": kill_server,
    "publishing": kill_while_publishing,
    "postgres": kill_postgres,
}


def is_half_published(site: Site) -> bool:
    """Whether a publication was begun and not ended: heads or a line of the guard without their checkpoint."""
    with psycopg.connect(embedded.start(site.data).superuser_dsn(DATABASE)) as connection:
        heads, published = connection.execute(
            "SELECT (SELECT max(index) + 1 FROM entries WHERE shard = 0 AND kind = 'heads'), (SELECT max(size) FROM checkpoints)"
        ).fetchone() or (0, 0)
    return max(heads or 0, _signed_size(site.log / "guard")) > (published or 0)


def _signed_size(guard: Path) -> int:
    """The size that the guard admitted last. Read from a copy, as a server that is stopped may hold its lock."""
    if not guard.exists():
        return 0
    with TemporaryDirectory() as folder:
        last = Guard(Path(shutil.copy(guard, folder))).last()
    return 0 if last is None else last[0]


def _asides(log: Path) -> set[str]:
    """Files that are not in their places yet, also those of a writer that was killed."""
    return {
        f"{folder}/{name}" for folder, _, names in os.walk(log) for name in names if name.endswith(".part")
    }


def _guard_bytes(log: Path) -> int:
    guard = log / "guard"
    return guard.stat().st_size if guard.exists() else 0
