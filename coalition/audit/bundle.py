"""The evidence bundle: one zip with everything that the newest checkpoint covers, for a verifier without database or network."""

from collections.abc import Iterator
from pathlib import Path

from coalition.audit import layout
from coalition.audit.archive import ArchiveWriter
from coalition.audit.checks import Progress, Report
from coalition.audit.derived import derived_files, descriptors
from coalition.audit.guide import GUIDE
from coalition.audit.identities import check_identities
from coalition.audit.records import Record, in_order
from coalition.audit.replay import Replay
from coalition.audit.stored import Connection, records_of, snapshot
from settlement.errors import CoalitionError
from settlement.journal.leaf import HOUSE, parse_leaf
from settlement.transparency.tiles import TILE_WIDTH

PROGRESS_EVERY = 2_000
_NEWEST = "SELECT size, note FROM checkpoints ORDER BY size DESC LIMIT 1"
_HEADS = (
    "SELECT leaf FROM entries WHERE shard = 0 AND kind = 'heads' AND index < %s ORDER BY index DESC LIMIT 1"
)


class NothingPublishedError(CoalitionError):
    """There is no checkpoint yet, so there is nothing to give evidence of."""

    def __init__(self) -> None:
        super().__init__(
            "ENTRY_NOT_PUBLISHED", "no checkpoint is published yet; start `coalition serve`, and export again"
        )


def export_bundle(dsn: str, path: Path, *, progress: Progress | None = None) -> Report:
    """Writes the bundle to `path`, whole or not at all, and reports what its entries contradict; signatures are not verified.

    The same books give the same bytes. Books that contradict themselves are exported all the same, as evidence.
    Raises NothingPublishedError, DatabaseError, ArchiveError (more than 4 GiB or 65,534 files), OSError.
    """
    with snapshot(dsn) as connection, ArchiveWriter() as archive:
        newest = connection.execute(_NEWEST).fetchone()
        if newest is None:
            raise NothingPublishedError
        size, note = newest
        sizes = {HOUSE: size, **_member_sizes(connection, size)}
        replay = _write_journal(connection, archive, sizes, progress)
        archive.add(layout.CHECKPOINT, note.encode())
        for shard in sizes:
            for name, content in layout.hash_tiles(
                shard, replay.shards[shard].leaf_hashes if shard in replay.shards else []
            ):
                archive.add(name, content)
        for name, content in derived_files(replay).items():
            archive.add(name, content)
        archive.add(layout.DESCRIPTORS, descriptors())
        archive.add(layout.README, GUIDE.encode())
        archive.add(layout.MANIFEST, layout.manifest(archive.digests))
        archive.write(path)
        return replay.report


def _member_sizes(connection: Connection, house_size: int) -> dict[int, int]:
    """How much of each member shard the newest `heads` entry of the covered house covers."""
    row = connection.execute(_HEADS, (house_size,)).fetchone()
    return {} if row is None else layout.heads_sizes(parse_leaf(row[0].encode("ascii")).all("head"))


def _write_journal(
    connection: Connection, archive: ArchiveWriter, sizes: dict[int, int], progress: Progress | None
) -> Replay:
    replay = Replay(Report())
    streams = {shard: _copied(connection, archive, shard, size) for shard, size in sizes.items()}
    for done, read in enumerate(in_order(streams), start=1):
        replay.feed(read)
        if progress is not None and done % PROGRESS_EVERY == 0:
            progress("export", done, sum(sizes.values()))
    check_identities(replay, complete=False)
    return replay


def _copied(connection: Connection, archive: ArchiveWriter, shard: int, size: int) -> Iterator[Record]:
    """A shard's records, each file of the bundle added as soon as its records have passed."""
    held: list[Record] = []
    for record in records_of(connection, shard, stop=size):
        held.append(record)
        if len(held) == TILE_WIDTH:
            _add_files(archive, held, record.index // TILE_WIDTH)
            held = []
        yield record
    if held:
        _add_files(archive, held, held[0].index // TILE_WIDTH)


def _add_files(archive: ArchiveWriter, records: list[Record], index: int) -> None:
    shard, width = records[0].shard, len(records)
    archive.add(layout.leaves_path(shard, index, width), layout.frame(record.leaf for record in records))
    payloads = layout.frame(record.payload or b"" for record in records)
    archive.add(layout.payloads_path(shard, index, width), payloads)
