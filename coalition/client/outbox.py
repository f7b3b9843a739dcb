"""The outbox: what was asked is on disk before it is sent, and what was promised after it is verified.

A request that got no answer can so be sent again, even by the next process, with exactly the same bytes: the network answers
the same bytes with the same outcome, for ever. Receipts are kept with the requests they answer: together they prove what the
operator promised.

An SQLite file in WAL mode. `synchronous=NORMAL` keeps what was stored through a crash of the process; a power cut can take the
last moments, after which calling again with the same act id either runs the act for the first time or fails with ACT_ID_REUSED,
and never runs it twice. `durable=True` (FULL) waits for the disk at every write.
"""

import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

from coalition.client.private_files import create_private, require_private

_SCHEMA = """
create table if not exists acts (
    number integer primary key,
    partner_id text not null,
    act_id text not null,
    envelope blob not null,
    receipt blob,
    unique (partner_id, act_id)
) strict
"""
_SELECT = "select partner_id, act_id, envelope, receipt from acts"
_BUSY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Kept:
    """One act's exact envelope and, once it is answered, the exact receipt."""

    partner_id: str
    act_id: str
    envelope: bytes
    receipt: bytes | None = None


class Outbox:
    """Requests and receipts of one or several partners; may be shared by clients, threads and processes.

    Errors: sqlite3.Error if the file cannot be read or written. Raised before sending, nothing was sent; raised after, calling
    again with the same act id is safe.
    """

    def __init__(self, path: Path | str, *, durable: bool = False) -> None:
        """Opens the file, making it with mode 0600. ClientError FILE_NOT_PRIVATE if others can read one that is there."""
        _make_private(Path(path))
        self._keeps_receipts = True
        self._open(str(path), synchronous="full" if durable else "normal")

    @classmethod
    def in_memory(cls) -> Self:
        """An outbox that ends with the process and forgets an act once it is answered: for reading, trials and tests."""
        outbox = cls.__new__(cls)
        outbox._keeps_receipts = False
        outbox._open(":memory:", synchronous="off")
        return outbox

    def _open(self, target: str, *, synchronous: str) -> None:
        self._lock = Lock()
        # Autocommit: every statement is a transaction of its own. The lock stands in for the check of threads.
        self._connection = sqlite3.connect(
            target, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            self._execute("pragma journal_mode = wal")
            self._execute(f"pragma synchronous = {synchronous}")
            self._execute(_SCHEMA)
        except sqlite3.Error:
            self._connection.close()
            raise

    def find(self, partner_id: str, act_id: str) -> Kept | None:
        """What is kept of an act."""
        rows = self._rows(f"{_SELECT} where partner_id = ? and act_id = ?", (partner_id, act_id))
        return rows[0] if rows else None

    def keep(self, partner_id: str, act_id: str, envelope: bytes) -> Kept:
        """Stores the envelope unless the act has one already; returns the one to send, which is then the older one."""
        with self._lock:
            stored = self._execute(
                "insert into acts (partner_id, act_id, envelope) values (?, ?, ?) on conflict do nothing",
                (partner_id, act_id, envelope),
            ).rowcount
        if stored:
            return Kept(partner_id, act_id, envelope)
        # None: somebody let go of the older one in this very moment.
        return self.find(partner_id, act_id) or self.keep(partner_id, act_id, envelope)

    def answer(self, kept: Kept, receipt: bytes) -> None:
        """Stores the verified receipt of a kept envelope."""
        if not self._keeps_receipts:
            self.forget(kept)
            return
        with self._lock:
            self._execute(
                "update acts set receipt = ? where partner_id = ? and act_id = ? and envelope = ?",
                (receipt, kept.partner_id, kept.act_id, kept.envelope),
            )

    def forget(self, kept: Kept) -> None:
        """Lets go of an envelope without a receipt, so that the act id can be used afresh.

        Only for acts of which it is certain that they never ran; the client does so by itself when the network's error proves it.
        """
        with self._lock:
            self._execute(
                "delete from acts where partner_id = ? and act_id = ? and envelope = ? and receipt is null",
                (kept.partner_id, kept.act_id, kept.envelope),
            )

    def pending(self, partner_id: str | None = None) -> list[Kept]:
        """Acts without an answer, of one partner or all, oldest first; `Client.resend` asks for them again."""
        owner = "" if partner_id is None else " and partner_id = ?"
        query = f"{_SELECT} where receipt is null{owner} order by number"
        return self._rows(query, () if partner_id is None else (partner_id,))

    def receipts(self) -> Iterator[tuple[bytes, bytes]]:
        """Every answered envelope with its receipt, oldest first: what a later audit is given."""
        query = "select number, envelope, receipt from acts where number > ? and receipt is not null order by number limit 1000"
        number = 0
        while True:
            with self._lock:
                rows = self._execute(query, (number,)).fetchall()
            if not rows:
                return
            for _number, envelope, receipt in rows:
                yield envelope, receipt
            number = rows[-1][0]

    def _execute(self, statement: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        try:
            return self._connection.execute(statement, values)
        except UnicodeDecodeError:
            # SQLite's message quotes a damaged file, and Python cannot read it.
            raise sqlite3.DatabaseError("the file is damaged") from None

    def _rows(self, query: str, values: tuple[str, ...]) -> list[Kept]:
        with self._lock:
            return [Kept(*row) for row in self._execute(query, values).fetchall()]

    def close(self) -> None:
        """Closes the file; what is kept stays."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _make_private(path: Path) -> None:
    """The file exists and is private before SQLite sees it; SQLite gives its -wal and -shm files the same mode."""
    try:
        os.close(create_private(path))
    except FileExistsError:
        require_private(path, path.stat().st_mode)
