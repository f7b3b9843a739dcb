"""The worker's loop."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import psycopg
import structlog

from settlement.database import WORKER, connect_async
from settlement.errors import UnavailableError, what_failed
from settlement.signing import KeySigner
from settlement.worker.hashing import HashingProcess
from settlement.worker.publisher import Publisher

CUT_SECONDS = 0.1
SWEEP_SECONDS = 1.0
PUBLISH_SECONDS = 1.0
_log = structlog.get_logger(__name__)


async def work(
    dsn: Callable[[], str], log: Path, signer: KeySigner, stopping: asyncio.Event, ready: asyncio.Event
) -> None:
    """Cuts, names statements, sees to what is due, and publishes until `stopping` is set, and publishes a last time then.

    A lost connection is made again, once more at the end too.

    `dsn` is asked before every connection: an embedded server that crashed is started by that.

    Sets `ready` once the guard has agreed with the books; BooksError if it does not.
    """
    while True:
        try:
            connection = await connect_async(dsn(), WORKER)
            async with connection:
                publisher = Publisher(connection, log, signer, HashingProcess(dsn))
                await publisher.check_guard()
                ready.set()
                await _work_on(publisher, stopping)
                return
        except (psycopg.Error, OSError, UnavailableError) as error:
            _log.warning("worker_lost_the_books", error=what_failed(error))
            if stopping.is_set():
                return
            await _pause(stopping, PUBLISH_SECONDS)


async def _work_on(publisher: Publisher, stopping: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    next_sweep = next_publication = loop.time()
    while not stopping.is_set():
        await publisher.cut()
        await publisher.record_statements()
        await publisher.see_to_house()
        if loop.time() >= next_sweep and not await publisher.sweep():
            next_sweep = loop.time() + SWEEP_SECONDS
        if loop.time() >= next_publication:
            await publisher.publish()
            next_publication = loop.time() + PUBLISH_SECONDS
        await _pause(stopping, CUT_SECONDS)
    await publisher.publish()


async def _pause(stopping: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return
