"""What can be seen of entries by themselves, range by range: here, or in a process of its own that is given ranges and answers.

`start` forks such processes, and `answer` is all that one does; `crew` speaks with them. Each reads the books itself, in the
snapshot that the first process shares, so that entries cross between processes only once, and small.
"""

import gc
import logging
import marshal
import os
import signal
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from typing import TypeAlias

from coalition.audit.asked import Circumstances
from coalition.audit.claims import read_claim
from coalition.audit.ordinary import (
    END,
    HOUSE_SIZE,
    INDEX,
    TIME_US,
    Ordinary,
    is_genuine,
    posts_of,
    read_ordinary,
)
from coalition.audit.records import Read, read_record
from coalition.audit.signatures import Job, why_not_genuine
from coalition.audit.stored import (
    Columns,
    Connection,
    Range,
    Row,
    RowsSeen,
    payloads_of,
    posted_by_each,
    posted_in,
    record_of,
    rows_of,
    snapshot,
    walk,
)
from settlement.errors import CoalitionError
from settlement.house.records import parse_key
from settlement.journal.leaf import LeafError, parse_leaf
from settlement.signing import PublicKey, parse_public_key

_KEYS = "SELECT leaf FROM entries WHERE shard = 0 AND kind IN ('found', 'key-add') ORDER BY index"


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature that was verified: by this key, and why it is not genuine, if it is not."""

    spki: bytes
    fault: str | None


@dataclass(frozen=True, slots=True)
class Odd:
    """An entry that goes the long way, as it is read; `signed` if its signature could be verified by what it says itself."""

    read: Read
    columns: Columns
    signed: Signed | None


Run: TypeAlias = list[Ordinary]
"""Entries of a shard under one size of the house, their numbers and times rising; an enrolment stands alone, for whose alias is
taken is decided by the order of all shards."""


@dataclass(frozen=True, slots=True)
class Examined:
    """The entries of a range, in order: ordinary ones in runs, odd ones between them; and how many rows belong to them."""

    items: list[Run | Odd]
    rows_seen: RowsSeen

    def __reduce__(self) -> tuple[object, ...]:
        # marshal needs a third of pickle's time for plain tuples.
        runs = [None if isinstance(item, Odd) else item for item in self.items]
        odd = [item for item in self.items if isinstance(item, Odd)]
        return _examined, (marshal.dumps(runs), odd, self.rows_seen)


def _examined(runs: bytes, odd: list[Odd], rows_seen: RowsSeen) -> Examined:
    others = iter(odd)
    read = marshal.loads(runs)  # noqa: S302 - from a process of our own, as the pickle around it
    return Examined([next(others) if run is None else run for run in read], rows_seen)


@dataclass(frozen=True, slots=True)
class Order:
    """What a process needs to begin: where the books are, the snapshot to see, and whether to verify signatures."""

    dsn: str
    snapshot: str
    signatures: bool


def circumstances_of(connection: Connection, *, signatures: bool) -> Circumstances:
    """The network's name by its founding entry, and every key that any leaf of the house names."""
    audience, keys = "", dict[bytes, PublicKey]()
    for (leaf,) in connection.execute(_KEYS).fetchall():
        try:
            entry = parse_leaf(leaf.encode("ascii", errors="replace"))
        except (LeafError, ValueError):
            continue
        audience = audience or entry.get("network") or ""
        for value in entry.all("key"):
            try:
                key = parse_public_key(parse_key(value, added_at=entry.index).spki)
            except (CoalitionError, ValueError):
                continue
            keys[bytes.fromhex(key.keyid)] = key
    return Circumstances(audience, keys, signatures)


def examine(connection: Connection, span: Range, circumstances: Circumstances) -> Examined:
    """Every entry of a range, in order."""
    rows, payloads = rows_of(connection, span), payloads_of(connection, span)
    found = [read_ordinary(span.shard, row, payloads.get(row[0]), circumstances) for row in rows]
    # All signatures at once: verified one by one in between, each would find the processor's caches full of other things.
    genuine = [each is not None and (not circumstances.signatures or is_genuine(each[1])) for each in found]
    posted = [
        posts_of(row[9] if each is None else each[0][END]) for row, each in zip(rows, found, strict=True)
    ]
    transfers = _transfers(connection, span, rows, posted)
    items: list[Run | Odd] = []
    run: Run = []
    for row, each, holds, due, stored in zip(rows, found, genuine, posted, transfers, strict=True):
        if each is None or not holds or due != stored:
            run = []
            items.append(odd_of(span.shard, row, payloads.get(row[0]), stored, circumstances))
        elif run and _goes_on(run[-1], each[0]):
            run.append(each[0])
        else:
            run = [each[0]]
            items.append(run)
    payloads_seen = sum([row[4] is not None and row[0] in payloads for row in rows])
    return Examined(items, RowsSeen(len(rows), sum(map(len, transfers)), payloads_seen))


def _transfers(
    connection: Connection, span: Range, rows: Sequence[Row], posted: list[list[str]]
) -> list[list[str]]:
    """The stored transfers of each entry. Mostly those of all are what the leaves post, which is one comparison."""
    lines = [f"{row[0]} {post}" for row, posts in zip(rows, posted, strict=True) for post in posts]
    if posted_in(connection, span) == (len(lines), "\n".join(lines)):
        return posted
    stored = posted_by_each(connection, span)
    return [stored.get(row[0], []) for row in rows]


def _goes_on(before: Ordinary, after: Ordinary) -> bool:
    return (
        after[INDEX] == before[INDEX] + 1
        and after[TIME_US] > before[TIME_US]
        and after[HOUSE_SIZE] == before[HOUSE_SIZE]
        and after[0][0] != "enrol"
        and before[0][0] != "enrol"
    )


def odd_of(
    shard: int, row: Row, payload: bytes | None, transfers: list[str], circumstances: Circumstances
) -> Odd:
    """A row, its payload and its transfers as an odd entry."""
    read, columns = read_record(record_of(shard, row, payload)), Columns(*row[:9], transfers=transfers)
    return Odd(read, columns, _signed(read, circumstances) if circumstances.signatures else None)


def odd_at(connection: Connection, shard: int, index: int, circumstances: Circumstances) -> Odd:
    """One entry by its number, as an odd one."""
    span = Range(shard, index, index + 1)
    [row] = rows_of(connection, span)
    transfers = posted_by_each(connection, span).get(index, [])
    return odd_of(shard, row, payloads_of(connection, span).get(index), transfers, circumstances)


def _signed(read: Read, circumstances: Circumstances) -> Signed | None:
    entry, payload = read.entry, read.record.payload
    if entry is None or payload is None:
        return None
    try:
        claim = read_claim(entry)
    except (StopIteration, ValueError):
        return None
    key = None if claim is None else circumstances.keys.get(bytes.fromhex(claim.keyid))
    if claim is None or key is None:
        return None
    job = Job("", key.spki, claim.signature, claim.payload_type, payload)
    return Signed(key.spki, why_not_genuine(job))


def start(descriptors: Sequence[int]) -> None:
    """Forks a process that answers on each of these pipes. Ends when all have ended, or as the first that did not end well."""
    processes = set[int]()
    for place, descriptor in enumerate(descriptors):
        process = os.fork()
        if not process:
            for other in descriptors[place + 1 :]:
                os.close(other)  # whoever holds it open hides that its owner has ended
            answer(descriptor)
            return
        os.close(descriptor)
        processes.add(process)
    while processes:
        process, status = os.wait()
        processes.remove(process)
        if status:
            for other in processes:
                os.kill(other, signal.SIGKILL)
            if os.WIFSIGNALED(status):
                os.kill(os.getpid(), os.WTERMSIG(status))
            sys.exit(os.waitstatus_to_exitcode(status))


def answer(descriptor: int) -> None:
    """Takes an order from the pipe, then answers every range with its items until the other end is closed."""
    logging.disable()  # what goes wrong is told through the pipe
    gc.disable()  # every range is built and forgotten whole; nothing is in a cycle
    pipe = Pipe(descriptor)
    try:
        _answer(pipe.recv(), pipe)
    except CoalitionError as error:
        pipe.send(error.message)
    except (EOFError, ConnectionError):
        return


def _answer(order: Order, pipe: Pipe) -> None:
    with snapshot(order.dsn, shared=order.snapshot) as connection:
        walk(connection)
        circumstances = circumstances_of(connection, signatures=order.signatures)
        for span in _asked(pipe):
            pipe.send((span, examine(connection, span, circumstances)))


def _asked(pipe: Pipe) -> Iterable[Range]:
    while True:
        yield pipe.recv()
