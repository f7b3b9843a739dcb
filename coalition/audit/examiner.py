"""What can be seen of entries by themselves, range by range: here, or in a process of its own that is given ranges and answers.

`start` forks such processes, and `answer` is all that one does; `crew` speaks with them. Each reads the books itself, in the
snapshot that the first process shares, so that entries cross between processes only once, and small.
"""

import gc
import logging
import os
import signal
import sys
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from multiprocessing.connection import Connection as Pipe
from multiprocessing.reduction import ForkingPickler
from operator import attrgetter
from typing import Any

import numpy as np

from coalition.audit import subtrees
from coalition.audit.arrays import Numbers, Texts, gather
from coalition.audit.asked import Circumstances
from coalition.audit.claims import read_claim
from coalition.audit.ordinary import read_ordinary
from coalition.audit.ordinary_rows import Enrolment, OrdinaryRows
from coalition.audit.records import Read, read_record
from coalition.audit.signatures import Claimed, Job, all_genuine, why_not_genuine
from coalition.audit.stored import (
    Columns,
    Connection,
    Packed,
    Range,
    RowsSeen,
    packed,
    payloads_of,
    posted_by_each,
    posted_in,
    record_of,
    rows_of,
    snapshot,
    walk,
)
from coalition.audit.stretches import Odd, Signed
from coalition.audit.tariffs import TARIFF_KINDS, house_of_tariffs
from settlement.errors import CoalitionError
from settlement.house.records import parse_key
from settlement.journal.leaf import LeafError, parse_leaf
from settlement.signing import PublicKey, parse_public_key

_OF_TARIFFS = "SELECT leaf FROM entries WHERE shard = 0 AND kind = ANY(%s) ORDER BY index"
_KEYS = "SELECT leaf FROM entries WHERE shard = 0 AND kind IN ('found', 'key-add') ORDER BY index"
_MOVES = "SELECT index FROM entries WHERE shard = 0 AND kind <> 'heads' ORDER BY index"
_POST = b"\npost "
_HELD_MAX = 4
"""Ranges whose signatures one process verifies later: work for the time in which the first process works alone at the end."""


@dataclass(frozen=True, slots=True)
class Examined:
    """The entries of a range, each kind in order, and how many rows belong to them. `subtree`: of the range's leaves, if they
    make a whole one.
    """

    ordinary: OrdinaryRows
    enrolments: list[Enrolment]
    odd: list[Odd]
    rows_seen: RowsSeen
    subtree: subtrees.Levels | None

    def __reduce__(self) -> tuple[Any, ...]:
        """Enrolments cross between processes as bare facts: as objects they would take four times as long."""
        facts = list(map(_FACTS, self.enrolments))
        return _crossed, (self.ordinary, facts, self.odd, self.rows_seen, self.subtree)


_FACTS = attrgetter(*[each.name for each in fields(Enrolment)])


def _crossed(ordinary: OrdinaryRows, facts: list[tuple[Any, ...]], *others: Any) -> Examined:
    return Examined(ordinary, [Enrolment(*each) for each in facts], *others)


@dataclass(frozen=True, slots=True)
class Order:
    """What a process needs to begin: where the books are, the snapshot to see, and whether to verify signatures.

    `later`: signatures of ordinary entries are verified while nothing else is to do, and nobody asks of which entry a bad one is.
    """

    dsn: str
    snapshot: str
    signatures: bool
    later: bool


def circumstances_of(connection: Connection, *, signatures: bool) -> Circumstances:
    """The network's name and tariffs, and every key that any leaf of the house names."""
    leaves = [
        leaf.encode("ascii", errors="replace")
        for (leaf,) in connection.execute(_OF_TARIFFS, (list(TARIFF_KINDS),)).fetchall()
    ]
    house, keys = house_of_tariffs(leaves), dict[bytes, PublicKey]()
    for (leaf,) in connection.execute(_KEYS).fetchall():
        try:
            entry = parse_leaf(leaf.encode("ascii", errors="replace"))
        except (LeafError, ValueError):
            continue
        for value in entry.all("key"):
            try:
                key = parse_public_key(parse_key(value, added_at=entry.index).spki)
            except (CoalitionError, ValueError):
                continue
            keys[bytes.fromhex(key.keyid)] = key
    audience = "" if house.network is None else house.network.origin
    return Circumstances(audience, keys, house, signatures)


def moves_of(connection: Connection) -> Numbers:
    """Numbers of the house's entries that change what is in force: all but those that state the heads of the shards."""
    return np.array([index for (index,) in connection.execute(_MOVES).fetchall()], np.int64)


def examine(
    connection: Connection, span: Range, circumstances: Circumstances, held: deque[list[Claimed]] | None
) -> Examined:
    """Every entry of a range, in order. To `held`, if given, signatures of ordinary ones are added, to be verified later."""
    entries = packed(connection, span)
    rows = entries.rows
    ordinary, enrolments = read_ordinary(span.shard, entries, circumstances, held)
    transfers, stored = _transfers(connection, span, entries)
    if stored is not None:
        wrong = {row[0] for row in rows if posts_of(row[3]) != stored.get(row[0], [])}
        ordinary = ordinary.without(wrong)
        enrolments = [each for each in enrolments if each.index not in wrong]
    known = {*ordinary.index.tolist(), *[each.index for each in enrolments]}
    others = [row for row in rows if row[0] not in known] if len(known) < len(rows) else []
    posted = {row[0]: posts_of(row[3]) if stored is None else stored.get(row[0], []) for row in others}
    odd = _odd(connection, span.shard, posted, circumstances)
    asked = np.array([row[0] for row in rows if row[2] is not None], np.int64)
    payloads_seen = int(np.isin(asked, entries.with_payload).sum())
    whole = len(rows) == subtrees.LEAVES and span.start % subtrees.LEAVES == 0
    subtree = subtrees.levels_above(entries.leaf_hashes) if whole else None
    return Examined(ordinary, enrolments, odd, RowsSeen(len(rows), transfers, payloads_seen), subtree)


def posts_of(leaf: bytes) -> list[str]:
    """The transfers that a leaf posts: position, then as in the `post` line."""
    posts = [part.partition(b"\n")[0] for part in leaf.split(_POST)[1:]]
    return [f"{place} {post.decode(errors='replace')}" for place, post in enumerate(posts)]


def posts_of_each(leaves: Texts) -> tuple[list[bytes], Numbers]:
    """What leaves post, and how often each does."""
    text, content = leaves.text, leaves.content
    line_ends = np.flatnonzero(text == ord("\n"))
    starts, ends = line_ends[:-1], line_ends[1:]
    may_be = text[starts + 1] == _POST[1]
    starts, ends = starts[may_be], ends[may_be]
    posts = (gather(text, starts, len(_POST)) == np.frombuffer(_POST, np.uint8)).all(axis=1)
    starts, ends = starts[posts], ends[posts]
    counts = np.bincount(np.searchsorted(leaves.ends, starts), minlength=len(leaves.ends))
    spans = zip((starts + len(_POST)).tolist(), ends.tolist(), strict=True)
    return [content[start:end] for start, end in spans], counts


def _transfers(
    connection: Connection, span: Range, entries: Packed
) -> tuple[int, dict[int, list[str]] | None]:
    """How many are stored that belong to entries of the range; and those of each, if they are not what the leaves post. Mostly
    they are, which is two comparisons.
    """
    rows = entries.rows
    posts, counts = posts_of_each(entries.leaves)
    positions = np.arange(counts.sum()) - np.repeat(counts.cumsum() - counts, counts)
    due = np.column_stack([np.repeat(np.array([row[0] for row in rows], np.int64), counts), positions])
    places, text = posted_in(connection, span)
    if text == b"\n".join(posts) and np.array_equal(places, due):
        return len(places), None
    stored, known = posted_by_each(connection, span), {row[0] for row in rows}
    return sum([len(each) for index, each in stored.items() if index in known]), stored


def _odd(
    connection: Connection, shard: int, transfers: dict[int, list[str]], circumstances: Circumstances
) -> list[Odd]:
    """The entries of these numbers, with their transfers, as odd ones."""
    if not transfers:
        return []
    indexes, found = sorted(transfers), list[Odd]()
    payloads = payloads_of(connection, shard, indexes)
    for row in rows_of(connection, shard, indexes):
        read = read_record(record_of(shard, row, payloads.get(row[0])))
        columns = Columns(*row[:9], transfers=transfers[row[0]])
        found.append(Odd(read, columns, _signed(read, circumstances) if circumstances.signatures else None))
    return found


def odd_at(connection: Connection, shard: int, index: int, circumstances: Circumstances) -> Odd:
    """One entry by its number, as an odd one."""
    posted = posted_by_each(connection, Range(shard, index, index + 1)).get(index, [])
    [odd] = _odd(connection, shard, {index: posted}, circumstances)
    return odd


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
    """Takes an order from the pipe, then answers every range with its entries until the other end is closed. If signatures are
    verified later, it says for each range in turn whether all were genuine.
    """
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
    with snapshot(order.dsn, shared=order.snapshot) as connection, ThreadPoolExecutor(1) as beside:
        walk(connection)
        circumstances = circumstances_of(connection, signatures=order.signatures)
        held = deque[list[Claimed]]()

        def say(what: object) -> None:
            """Goes on at once: the other end may be busy, and an answer is more than a pipe holds."""
            beside.submit(pipe.send_bytes, ForkingPickler.dumps(what))

        while True:
            if held and (len(held) > _HELD_MAX or not pipe.poll()):
                say(all_genuine(held.popleft()))
                continue
            span = pipe.recv()
            say((span, examine(connection, span, circumstances, held if order.later else None)))
