"""The offline verifier: an evidence bundle in, a report out; no database, no network, no trust in the bundle.

In order: the zip's form > the manifest > the checkpoint's size > the leaves, walked once > roots, tiles, derived files.
Whatever the bytes are, the answer is a report: a bundle made to harm can make it long, not make it fail.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.message import DecodeError

from coalition.audit import layout
from coalition.audit.archive import ArchiveReader, read_archive
from coalition.audit.checks import Check, Progress, Report
from coalition.audit.derived import derived_files, descriptors
from coalition.audit.guide import GUIDE
from coalition.audit.history import CONTRADICTIONS
from coalition.audit.identities import check_identities
from coalition.audit.manifest import check_manifest
from coalition.audit.receipts import Held, check_receipts
from coalition.audit.records import Record, in_order
from coalition.audit.replay import Replay
from coalition.audit.signatures import SignatureChecker
from coalition.audit.statements import check_statements, cycle_book
from coalition.audit.trust import check_checkpoint, check_older_checkpoint, stated_size
from coalition.audit.watch import Watch
from settlement.errors import CoalitionError
from settlement.journal.leaf import HOUSE, LeafError, parse_leaf
from settlement.transparency.tiles import TILE_WIDTH

MALFORMED = (*CONTRADICTIONS, OSError, EOFError, MemoryError)
"""What reading hostile bytes may raise; each becomes a finding."""


def verify_bundle(
    path: Path,
    *,
    vkey: str | None = None,
    older_checkpoint: str | None = None,
    receipts: Held = (),
    progress: Progress | None = None,
) -> Report:
    """Checks a bundle in every way that its files allow; `report.ok` if nothing was found.

    `vkey`: the log's verifier key, got by another way than the bundle; without it the key in the founding entry is used, which
    proves only that the bundle agrees with itself. `older_checkpoint`: a note that the auditor kept; the journal must go on
    from it. `receipts`: what partners hold; each must be kept by the journal.
    Raises OSError only if the file cannot be opened.
    """
    report = Report()
    with path.open("rb") as file:
        try:
            _Verification(file, report, Watch(report, progress)).run(vkey, older_checkpoint, receipts)
        except MALFORMED as error:
            told = str(error) if isinstance(error, CoalitionError) else f"{type(error).__name__} {error}"
            report.find(Check.ARCHIVE, path.name, f"it cannot be read to its end: {told}")
    return report


class _Verification:
    """One bundle being verified. `used`: the files that the checkpoint asks for; `unreadable`: those of which that is told."""

    def __init__(self, file: BinaryIO, report: Report, watch: Watch) -> None:
        self._report = report
        self._watch = watch
        self._used = {layout.MANIFEST, layout.CHECKPOINT, layout.DESCRIPTORS, layout.README}
        self._unreadable: set[str] = set()
        self._archive: ArchiveReader = read_archive(file)

    def run(self, vkey: str | None, older_checkpoint: str | None, receipts: Held) -> None:
        archive, report = self._archive, self._report
        report.count(Check.ARCHIVE, len(archive.members))
        for fault in archive.faults:
            report.find(Check.ARCHIVE, "zip", fault)
        self._unreadable |= check_manifest(archive, report, self._watch)
        note = self._read(layout.CHECKPOINT)
        size = None if note is None else stated_size(note, report)
        if note is None or size is None:
            return
        house = list(self._records(HOUSE, size))
        sizes = self._member_sizes(house)
        with SignatureChecker(self._watch.verified) as signatures:
            replay = Replay(report, signatures.add)
            streams = {shard: self._records(shard, count) for shard, count in sizes.items()}
            for done, read in enumerate(in_order({HOUSE: iter(house), **streams}), start=1):
                replay.feed(read)
                self._watch.replayed(done, size + sum(sizes.values()))
            signatures.finish()
        check_identities(replay, complete=False)
        check_statements(replay, report, partial(cycle_book, replay))
        keys = check_checkpoint(note, replay, vkey)
        if older_checkpoint is not None:
            check_older_checkpoint(older_checkpoint, replay, keys)
        check_receipts(receipts, replay)
        self._check_tiles(replay)
        self._check_derived(replay)
        self._check_fixed_files()
        for name in archive.members.keys() - self._used:
            report.find(Check.FILES, name, "no entry under the checkpoint asks for this file")

    def _read(self, name: str) -> bytes | None:
        """A file that must be there."""
        self._used.add(name)
        self._report.count(Check.FILES)
        if name not in self._archive.members:
            self._report.find(Check.FILES, name, "the file is missing")
            return None
        try:
            return self._archive.read(name)
        except (CoalitionError, OSError) as error:
            if name not in self._unreadable:
                self._report.find(Check.ARCHIVE, name, str(error))
            self._unreadable.add(name)
            return None

    def _items(self, name: str, width: int) -> list[bytes] | None:
        content = self._read(name)
        if content is None:
            return None
        try:
            return layout.unframe(content, width)
        except layout.FramingError as error:
            self._report.find(Check.FILES, name, error.message)
            return None

    def _records(self, shard: int, size: int) -> Iterator[Record]:
        """A shard's records, up to the first file of leaves that is missing or broken."""
        for index, width in layout.chunks(size):
            leaves = self._items(layout.leaves_path(shard, index, width), width)
            payloads = self._items(layout.payloads_path(shard, index, width), width)
            if leaves is None:
                return
            for at, leaf in enumerate(leaves):
                payload = payloads[at] if payloads is not None else b""
                yield Record(shard, index * TILE_WIDTH + at, leaf, payload or None)

    def _member_sizes(self, house: list[Record]) -> dict[int, int]:
        """How much of each member shard the newest `heads` entry covers."""
        for record in reversed(house):
            try:
                entry = parse_leaf(record.leaf)
            except (LeafError, ValueError):
                continue
            if entry.kind == "heads":
                sizes = layout.heads_sizes(entry.all("head"))
                sizes.pop(HOUSE, None)
                return sizes
        return {}

    def _check_tiles(self, replay: Replay) -> None:
        for shard, state in replay.shards.items():
            for name, content in layout.hash_tiles(shard, state.leaf_hashes):
                self._compare(Check.TILES, name, content)

    def _check_derived(self, replay: Replay) -> None:
        for name, content in derived_files(replay).items():
            self._compare(Check.DERIVED, name, content)

    def _compare(self, check: Check, name: str, expected: bytes) -> None:
        content = self._read(name)
        if content is None:
            return
        self._report.count(check)
        if content != expected:
            shorter = min(len(content), len(expected))
            place = next((at for at in range(shorter) if content[at] != expected[at]), shorter)
            self._report.find(check, name, f"recomputed, it differs from byte {place} on")

    def _check_fixed_files(self) -> None:
        readme, described = self._read(layout.README), self._read(layout.DESCRIPTORS)
        if readme is not None and readme != GUIDE.encode():
            self._report.remarks.append("the README is not the one that this version writes")
        if described is not None and described != descriptors():
            self._report.remarks.append("the descriptors are not those of this version")
            try:
                FileDescriptorSet.FromString(described)
            except (DecodeError, ValueError):
                self._report.find(Check.DERIVED, layout.DESCRIPTORS, "it is no FileDescriptorSet")
