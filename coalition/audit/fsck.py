"""`coalition fsck`: the books in PostgreSQL against the journal's leaves, and the leaves against the rules.

One snapshot. Processes examine ranges of entries, each entry by itself; here they are put into the order that decides everything
and judged by the history. Then every table is compared with what the leaves add up to.
"""

import gc
from collections.abc import Generator, Iterator
from contextlib import contextmanager

from coalition.audit import subtrees
from coalition.audit.act_rows import ActRows
from coalition.audit.checks import Check, Finding, Progress, Report
from coalition.audit.crew import Crew, Here, cores
from coalition.audit.examiner import Examined, Order, circumstances_of, moves_of, odd_at
from coalition.audit.history import ShardState
from coalition.audit.identities import check_identities
from coalition.audit.ordinary_rows import Enrolment
from coalition.audit.originals import named_originals
from coalition.audit.quiet_lots import InDoubtError
from coalition.audit.records import Key, merged
from coalition.audit.replay import Replayed
from coalition.audit.signatures import Job, why_not_genuine
from coalition.audit.statements import check_statements
from coalition.audit.stored import (
    Columns,
    Connection,
    Range,
    RowsSeen,
    ranges_of,
    shard_sizes,
    share,
    snapshot,
)
from coalition.audit.stretches import Item, Odd, Single, Stretch, key_of, singles_of, stretches_of
from coalition.audit.swift import SEEN, SwiftReplay
from coalition.audit.tables import check_tables
from coalition.audit.watch import TOLD_EVERY, Watch
from settlement.journal.leaf import HOUSE
from settlement.statements.reading import read_cycle_book

RANGE_ENTRIES = subtrees.LEAVES
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
        shared = share(connection)
        for quiet in (True, False):
            order = Order(dsn, shared, signatures, later=signatures and quiet)
            with Crew(order, processes) if processes else Here(order) as hands:
                check = _Check(connection, report, Watch(report, progress), sizes, order, hands, quiet=quiet)
                try:
                    yield from check.findings()
                    return
                except InDoubtError:
                    check.close()
                    report.forget()


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


class _Check:
    """One check of the books under way."""

    def __init__(
        self,
        connection: Connection,
        report: Report,
        watch: Watch,
        sizes: dict[int, int],
        order: Order,
        hands: Crew | Here,
        *,
        quiet: bool,
    ) -> None:
        self._connection, self._report, self._watch = connection, report, watch
        self._sizes, self._hands, self._quiet = sizes, hands, quiet
        self._ahead = _AHEAD * hands.size
        self._ranges = {shard: ranges_of(connection, shard, width=RANGE_ENTRIES) for shard in sizes}
        for ranges in self._ranges.values():  # at once: they are examined while what follows is read
            for span in ranges[: self._ahead]:
                hands.ask(span)
        self._act_rows = ActRows(connection, report)
        self._rows_seen = RowsSeen()
        self._circumstances = circumstances_of(connection, signatures=order.signatures)
        self._moves = moves_of(connection)
        self._odd: Odd | None = None
        self._replay = SwiftReplay(
            report,
            self._verify if order.signatures else None,
            act_rows=self._act_rows,
            audience=self._circumstances.audience,
            tariffs=self._circumstances.house.tariffs,
            house_size=sizes.get(HOUSE, 0),
            originals=named_originals(connection),
        )

    def close(self) -> None:
        """Gives up what is read from the books bit by bit."""
        self._act_rows.close()

    def findings(self) -> Iterator[Finding]:
        """All of them, as they come. InDoubtError if there are any, or may be, while members are quiet."""
        for finding in self._walk():
            if self._quiet:
                raise InDoubtError
            yield finding
        self._hands.finish()

    def _walk(self) -> Iterator[Finding]:
        yield from self._entries()
        self._replay.settle()
        yield from self._sums()

    def _entries(self) -> Iterator[Finding]:
        """Judges every entry by those before it."""
        replay, report, total = self._replay, self._report, sum(self._sizes.values())
        done = told = ordinary = 0
        for shard, item in merged([self._stream(shard, ranges) for shard, ranges in self._ranges.items()]):
            if isinstance(item, Odd):
                self._feed(item)
            elif isinstance(item, Stretch):
                ordinary += self._feed_stretch(shard, item)
            else:
                ordinary += self._feed_single(shard, item)
            done += len(item) if isinstance(item, Stretch) else 1
            if report.news:
                yield from report.drain()
            if done - told >= TOLD_EVERY:
                told = done
                replay.forget_changes()
                self._act_rows.read_on()
                self._watch.replayed(done, total)
        self._watch.replayed(total, total)
        for check in (*SEEN, Check.SIGNATURES) if self._circumstances.signatures else SEEN:
            report.count(check, ordinary)

    def _stream(self, shard: int, ranges: list[Range]) -> Iterator[tuple[Key, tuple[int, Item]]]:
        """A shard's entries with their places in the order of all."""
        key: Key = (0, 0, 0, shard)
        state, read = self._replay.shards.setdefault(shard, ShardState()), 0
        for at, span in enumerate(ranges):
            for later in ranges[at + self._ahead : at + self._ahead + 1]:
                self._hands.ask(later)
            examined = self._hands.take(span, self._act_rows.read_ahead)
            self._rows_seen.add(examined.rows_seen)
            if examined.subtree is not None and read == span.start == len(state.subtrees) * subtrees.LEAVES:
                state.subtrees.append(examined.subtree)
            read += examined.rows_seen.entries
            for item in self._items(examined):
                key = key_of(key, shard, item)
                yield key, (shard, item)

    def _items(self, examined: Examined) -> Iterator[Item]:
        found = examined.ordinary, examined.enrolments, examined.odd
        return stretches_of(*found, self._moves) if self._quiet else singles_of(*found)

    def _sums(self) -> Iterator[Finding]:
        """Compares what the entries add up to, with one another and with every table."""
        self._replay.add_up()
        check_identities(self._replay, complete=True)
        house = self._replay.house
        check_statements(
            self._replay, self._report, lambda cycle: read_cycle_book(self._connection, house, cycle)
        )
        self._act_rows.finish()
        yield from self._report.drain()
        for done, _ in enumerate(check_tables(self._connection, self._replay, self._rows_seen), start=1):
            self._watch.compared(done)
            yield from self._report.drain()

    def _feed(self, odd: Odd) -> None:
        self._odd = odd
        replayed = self._replay.feed(odd.read)
        _check_columns(self._report, replayed, odd.columns)

    def _feed_single(self, shard: int, single: Single | Enrolment) -> bool:
        """Whether it went the short way."""
        if self._replay.feed_single(shard, single):
            return True
        self._feed(odd_at(self._connection, shard, single.index, self._circumstances))
        return False

    def _feed_stretch(self, shard: int, stretch: Stretch) -> int:
        """How many of the entries went the short way; ordinary ones that did not had to be read again."""
        long = 0
        for each in self._replay.feed_stretch(shard, stretch):
            if isinstance(each, Odd):
                self._feed(each)
            else:
                self._feed(odd_at(self._connection, shard, each, self._circumstances))
            long += 1
        return len(stretch) - long

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
