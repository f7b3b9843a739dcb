"""What can be seen of entries by themselves, range by range: here, or in a process of its own that is given ranges and answers.

`answer` is all that such a process does; `crew` starts it and speaks with it. It reads the books itself, in the
snapshot that the first process shares, so that entries cross between processes only once, and small.
"""

import gc
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from typing import TypeAlias

from coalition.audit.claims import read_claim
from coalition.audit.ordinary import Circumstances, Ordinary, is_genuine, read_ordinary
from coalition.audit.records import Record, read_record
from coalition.audit.signatures import Job, why_not_genuine
from coalition.audit.stored import (
    Columns,
    Connection,
    Range,
    Row,
    RowsSeen,
    columns_of,
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
    """An entry that goes the long way, as it is stored; `signed` if its signature could be verified by what it says itself."""

    record: Record
    columns: Columns
    signed: Signed | None


Item: TypeAlias = Ordinary | Odd


@dataclass(frozen=True, slots=True)
class Examined:
    """The entries of a range, in order, and the rows of other tables that belong to them."""

    items: list[Item]
    rows_seen: RowsSeen


@dataclass(frozen=True, slots=True)
class Order:
    """What a process needs to begin: where the books are, the snapshot to see, and whether to verify signatures."""

    dsn: str
    snapshot: str
    signatures: bool


def circumstances_of(connection: Connection, *, signatures: bool) -> Circumstances:
    """The network's name by its founding entry, and every key that any leaf of the house names."""
    audience, keys = "", dict[str, PublicKey]()
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
            keys[key.keyid] = key
    return Circumstances(audience, keys, signatures)


def examine(connection: Connection, span: Range, circumstances: Circumstances) -> Examined:
    """Every entry of a range, in order."""
    rows = rows_of(connection, span)
    found = [read_ordinary(span.shard, row, circumstances) for row in rows]
    # All signatures at once: verified one by one in between, each would find the processor's caches full of other things.
    genuine = [each is not None and (not circumstances.signatures or is_genuine(each[1])) for each in found]
    items = [
        each[0] if each is not None and holds else odd_of(span.shard, row, circumstances)
        for row, each, holds in zip(rows, found, genuine, strict=True)
    ]
    return Examined(items, _rows_seen(rows))


def _rows_seen(rows: Sequence[Row]) -> RowsSeen:
    seen = RowsSeen(entries=len(rows))
    for row in rows:
        partner, payload, transfers = row[4], row[10], row[11]
        seen.transfers += 0 if transfers is None else transfers.count("\n") + 1
        seen.payloads += payload is not None and partner is not None
    return seen


def odd_of(shard: int, row: Row, circumstances: Circumstances) -> Odd:
    """A row as an odd entry."""
    record = record_of(shard, row)
    return Odd(record, columns_of(row), _signed(record, circumstances) if circumstances.signatures else None)


def _signed(record: Record, circumstances: Circumstances) -> Signed | None:
    entry = read_record(record).entry
    if entry is None or record.payload is None:
        return None
    try:
        claim = read_claim(entry)
    except (StopIteration, ValueError):
        return None
    key = None if claim is None else circumstances.keys.get(claim.keyid)
    if claim is None or key is None:
        return None
    job = Job("", key.spki, claim.signature, claim.payload_type, record.payload)
    return Signed(key.spki, why_not_genuine(job))


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
