"""Ends of processes as a machine that fails brings them about: no warning, and often at the worst moment."""

import asyncio
import os
import random
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import psycopg

from coalition.cli.site import DATABASE, Site
from settlement import embedded
from settlement.transparency.guard import Guard
from tests.support.serving import ServerProcess, until

Kill = Callable[[ServerProcess, random.Random], Awaitable[None]]
LOOK_SECONDS = 0.000_5


async def kill_server(server: ServerProcess, _chance: random.Random) -> None:
    """Gateway and worker, whatever they do."""
    await asyncio.to_thread(server.end, signal.SIGKILL)


async def kill_while_publishing(server: ServerProcess, chance: random.Random) -> None:
    """The same within one publication: while it writes tiles, or when the guard has just signed."""
    log = server.site.log
    if chance.random() < 0.5:
        left_behind = _asides(log)
        await until(lambda: bool(_asides(log) - left_behind), pause_seconds=LOOK_SECONDS)
    else:
        signed = _guard_bytes(log)
        await until(lambda: _guard_bytes(log) > signed, pause_seconds=LOOK_SECONDS)
    await asyncio.to_thread(server.end, signal.SIGKILL)


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
    last = Guard(site.log / "guard").last()
    signed = 0 if last is None else last[0]
    return max(heads or 0, signed) > (published or 0)


def _asides(log: Path) -> set[str]:
    """Files that are not in their places yet, also those of a writer that was killed."""
    return {
        f"{folder}/{name}" for folder, _, names in os.walk(log) for name in names if name.endswith(".part")
    }


def _guard_bytes(log: Path) -> int:
    guard = log / "guard"
    return guard.stat().st_size if guard.exists() else 0
