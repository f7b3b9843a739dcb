"""`coalition fsck`: the books in PostgreSQL against the journal's leaves, and the leaves against the rules.

One snapshot. Processes examine ranges of entries, each entry by itself; here they are put into the order that decides everything
and judged by the history. Then every table is compared with what the leaves add up to.
"""

import gc
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from coalition.audit.act_rows import ActRows
from coalition.audit.checks import Check, Finding, Progress, Report
from coalition.audit.crew import Crew, Here, cores
from coalition.audit.examiner import Odd, Order, circumstances_of, odd_of
from coalition.audit.identities import check_identities
from coalition.audit.ordinary import Ordinary
from coalition.audit.originals import named_originals
from coalition.audit.records import Key, Read, key_after, merged, read_record
from coalition.audit.replay import Replayed
from coalition.audit.signatures import Job, why_not_genuine
from coalition.audit.stored import (
    Columns,
    Connection,
    Range,
    RowsSeen,
    ranges_of,
    rows_of,
    shard_sizes,
    share,
    snapshot,
)
from coalition.audit.swift import SEEN, SwiftReplay
from coalition.audit.tables import check_tables
from coalition.audit.watch import TOLD_EVERY, Watch

RANGE_ENTRIES = 1_000
CREW_FROM_ENTRIES = 6_000
"""Below this number starting processes takes longer than they save."""
_AHEAD = 3
"""Ranges asked for ahead, for each process."""


def fsck(
    dsn: str,
    *,
    signatures: bool = True,
    progress: Progress | None = None,
    report: Report | None = None,
    processes: int | None = None,
) -> Generator[Finding, None, None]:
    """Yields findings as they come; nothing if the books are clean. `report`, if given, holds the counts per check.

    `signatures=False` leaves out the costliest check. `processes` that examine entries beside this one: by default one for each
    core, and none for a few entries. Raises DatabaseError if the books cannot be read, CrewError if such a process is ended.
    """
    report = report if report is not None else Report()
    with snapshot(dsn) as connection, _uncollected():
        sizes = shard_sizes(connection)
        if processes is None:
            processes = cores() if sum(sizes.values()) >= CREW_FROM_ENTRIES else 0
        order = Order(dsn, share(connection), signatures)
        with Crew(order, processes) if processes else Here(order) as hands:
            check = _Check(connection, report, Watch(report, progress), sizes, signatures=signatures)
            yield from check.entries(hands)
        yield from check.sums()


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the collector: it would walk millions of objects again and again that stay to the end, none of them in a cycle."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@dataclass(frozen=True, slots=True)
class _OddRead:
    """An odd entry and what its leaf spells."""

    odd: Odd
    read: Read


class _Check:
    """One check of the books under way."""

    def __init__(
        self, connection: Connection, report: Report, watch: Watch, sizes: dict[int, int], *, signatures: bool
    ) -> None:
        self._connection, self._report, self._watch = connection, report, watch
        self._sizes = sizes
        self._act_rows = ActRows(connection, report)
        self._rows_seen = RowsSeen()
        self._circumstances = circumstances_of(connection, signatures=signatures)
        self._odd: Odd | None = None
        self._replay = SwiftReplay(
            report,
            self._verify if signatures else None,
            fetch=lambda shard, index: self._fetch(shard, index).record,
            originals=named_originals(connection),
            act_rows=self._act_rows,
            audience=self._circumstances.audience,
        )

    def entries(self, hands: Crew | Here) -> Iterator[Finding]:
        """Judges every entry by those before it."""
        replay, report, total = self._replay, self._report, sum(self._sizes.values())
        ordinary = 0
        for done, thing in enumerate(merged([self._stream(hands, shard) for shard in self._sizes]), start=1):
            if isinstance(thing, _OddRead):
                self._feed(thing)
            elif replay.feed_ordinary(thing):
                ordinary += 1
            else:
                odd = self._fetch(thing[0], thing[1])
                self._feed(_OddRead(odd, read_record(odd.record)))
            if report.news:
                yield from report.drain()
            if done % TOLD_EVERY == 0:
                replay.forget_changes()
                self._act_rows.read_on(TOLD_EVERY)
                self._watch.replayed(done, total)
        self._watch.replayed(total, total)
        for check in (*SEEN, Check.SIGNATURES) if self._circumstances.signatures else SEEN:
            report.count(check, ordinary)

    def _stream(self, hands: Crew | Here, shard: int) -> Iterator[tuple[Key, Ordinary | _OddRead]]:
        """A shard's entries with their places in the order of all."""
        ranges = ranges_of(self._connection, shard, width=RANGE_ENTRIES)
        ahead = _AHEAD * hands.size
        for span in ranges[:ahead]:
            hands.ask(span)
        key: Key = (0, 0, 0, shard)
        for at, span in enumerate(ranges):
            for later in ranges[at + ahead : at + ahead + 1]:
                hands.ask(later)
            examined = hands.take(span)
            self._rows_seen.add(examined.rows_seen)
            for item in examined.items:
                if isinstance(item, Odd):
                    read = read_record(item.record)
                    key = key_after(key, read)
                    yield key, _OddRead(item, read)
                else:
                    key = (item[2], 0, item[3], shard)
                    yield key, item

    def sums(self) -> Iterator[Finding]:
        """Compares what the entries add up to, with one another and with every table."""
        check_identities(self._replay, complete=True)
        self._act_rows.finish()
        yield from self._report.drain()
        for done, _ in enumerate(check_tables(self._connection, self._replay, self._rows_seen), start=1):
            self._watch.compared(done)
            yield from self._report.drain()

    def _fetch(self, shard: int, index: int) -> Odd:
        [row] = rows_of(self._connection, Range(shard, index, index + 1))
        return odd_of(shard, row, self._circumstances)

    def _feed(self, thing: _OddRead) -> None:
        self._odd = thing.odd
        replayed = self._replay.feed(thing.read)
        _check_columns(self._report, replayed, thing.odd.columns)

    def _verify(self, job: Job) -> None:
        """What the process that examined the entry said of its signature, if it verified by the same key."""
        signed = self._odd.signed if self._odd is not None else None
        same = signed is not None and signed.spki == job.spki
        fault = signed.fault if signed is not None and same else why_not_genuine(job)
        self._report.require(fault is None, Check.SIGNATURES, job.where, fault or "")


def _check_columns(report: Report, replayed: Replayed, columns: Columns) -> None:
    """An entry's row and transfers against its leaf, and against what deciding again gave."""
    entry, draft = replayed.read.entry, replayed.draft
    report.count(Check.TABLE_ENTRIES)
    report.count(Check.TABLE_TRANSFERS)
    where = f"{replayed.read.record.shard}:{columns.index}"
    if columns.leaf_hash != replayed.leaf_hash:
        report.find(Check.TABLE_ENTRIES, where, "leaf_hash is not the hash of the leaf")
    if entry is None:
        return
    pairs: list[tuple[str, object, object]] = [
        ("index", columns.index, entry.index),
        ("house", columns.house, entry.house),
        ("recorded_at_us", columns.recorded_at_us, entry.time_us),
        ("kind", columns.kind, entry.kind),
        ("partner", columns.partner, entry.get("partner")),
        ("member", columns.member, entry.get("member")),
        ("refusal", columns.refusal, entry.refusal),
    ]
    if draft is not None:
        pairs.append(("balance_after", columns.balance_after, draft.balance_after))
    for name, stored, expected in pairs:
        if stored != expected:
            report.find(Check.TABLE_ENTRIES, where, f"{name} is {stored}, the journal says {expected}")
    posts = [f"{place} {value}" for place, value in enumerate(entry.all("post"))]
    if columns.transfers != posts:
        report.find(
            Check.TABLE_TRANSFERS, where, f"transfers are {columns.transfers}, the leaf posts {posts}"
        )
