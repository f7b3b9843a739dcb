"""The hashes of a cycle's statements, computed in a process of its own: a large cycle takes many seconds of work, during which
acts are posted and the journal is published beside it. What accrued up to the cycle's end is kept on the way.
"""

import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.connection import Connection as Pipe
from multiprocessing.process import BaseProcess

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from settlement.clearing.obligations import KEEP
from settlement.database import WORKER, connect
from settlement.errors import UnavailableError
from settlement.house.state import House
from settlement.ledger.memory import load_house
from settlement.statements.reading import read_cycle_book, read_cycle_book_async
from settlement.statements.recording import Document, documents_of

NICENESS = 10
"""At least: the process gives way to those that serve."""


async def hash_here(connection: AsyncConnection[TupleRow], house: House, cycle: int) -> list[Document] | None:
    """Computed at once, on the caller's own connection."""
    book = await read_cycle_book_async(connection, house, cycle)
    await connection.execute(KEEP, {"cycle": cycle})
    return documents_of(book)


class HashingProcess:
    """Asked again and again, it says None until the process that it starts has the answer."""

    def __init__(self, dsn: Callable[[], str]) -> None:
        self._dsn = dsn
        self._running: tuple[int, BaseProcess, Pipe] | None = None

    async def __call__(
        self, _connection: AsyncConnection[TupleRow], _house: House, cycle: int
    ) -> list[Document] | None:
        """The statements of a cycle that every shard has cut. UnavailableError if the process fails; ask again then."""
        if self._running is not None and self._running[0] != cycle:
            # Another server has named the statements of the cycle that was asked for.
            _, process, pipe = self._running
            process.kill()
            pipe.close()
            self._running = None
        if self._running is None:
            self._running = (cycle, *_start(self._dsn(), cycle))
        _, process, pipe = self._running
        if not pipe.poll():
            return None
        self._running = None
        try:
            found: list[Document] = pipe.recv()
        except EOFError:
            process.join()
            message = f"the process that hashes statements ended with exit code {process.exitcode}"
            raise UnavailableError("STATEMENTS_NOT_HASHED", message) from None
        finally:
            pipe.close()
        # Nobody waits for its end: to give a large book's memory back takes it a while. Who starts the next one reaps it.
        return found


def _start(dsn: str, cycle: int) -> tuple[BaseProcess, Pipe]:
    """A fresh process, whatever threads this one has; it ends with this one."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_hash, args=(theirs, dsn, cycle), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def _hash(pipe: Pipe, dsn: str, cycle: int) -> None:
    os.nice(max(0, NICENESS - os.nice(0)))
    with connect(dsn, WORKER) as connection:
        connection.execute("SET max_parallel_workers_per_gather = 0")  # leaves cores to those who serve
        book = read_cycle_book(connection, load_house(connection), cycle)
        connection.execute(KEEP, {"cycle": cycle})
    pipe.send(documents_of(book))
