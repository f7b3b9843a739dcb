"""`coalition fsck`: the books in PostgreSQL against the journal's leaves, and the leaves against the rules.

One snapshot, read once in the order that decides everything; then every table is compared with what the leaves add up to.
"""

from collections import deque
from collections.abc import Iterator

from coalition.audit.checks import Check, Finding, Progress, Report
from coalition.audit.identities import check_identities
from coalition.audit.records import Record, in_order
from coalition.audit.replay import Replay, Replayed
from coalition.audit.signatures import SignatureChecker
from coalition.audit.stored import Columns, Connection, entries_of, shard_sizes, snapshot
from coalition.audit.tables import check_tables
from coalition.audit.watch import Watch


def fsck(
    dsn: str, *, signatures: bool = True, progress: Progress | None = None, report: Report | None = None
) -> Iterator[Finding]:
    """Yields findings as they come; nothing if the books are clean. `report`, if given, holds the counts per check.

    `signatures=False` leaves out the costliest check. Raises DatabaseError if the books cannot be read.
    """
    report = report if report is not None else Report()
    watch = Watch(report, progress)
    with snapshot(dsn) as connection, SignatureChecker(watch.verified) as checker:
        replay = Replay(report, checker.add if signatures else None)
        sizes = shard_sizes(connection)
        waiting: dict[int, deque[Columns]] = {shard: deque() for shard in sizes}
        streams = {shard: _records(connection, shard, waiting[shard]) for shard in sizes}
        for read in in_order(streams):
            replayed = replay.feed(read)
            _check_columns(report, replayed, waiting[read.record.shard].popleft())
            watch.replayed(sum(sizes.values()))
            yield from report.drain()
        checker.finish()
        check_identities(replay, complete=True)
        yield from report.drain()
        for _ in check_tables(connection, replay):
            yield from report.drain()


def _records(connection: Connection, shard: int, waiting: deque[Columns]) -> Iterator[Record]:
    """A shard's records; their columns wait until the replay has come to them."""
    for record, columns in entries_of(connection, shard):
        waiting.append(columns)
        yield record


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
