"""An insider's workshop: a bundle taken apart, changed, and put together again, every hash, tile and log signature redone."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from coalition.audit import layout
from coalition.audit.archive import ArchiveWriter, read_archive
from coalition.audit.checks import Report
from coalition.audit.derived import derived_files
from coalition.audit.records import Record, in_order
from coalition.audit.replay import Replay
from settlement.journal.leaf import HOUSE, Entry, format_leaf, parse_leaf
from settlement.signing import KeySigner, pae
from settlement.transparency.checkpoint import Checkpoint, parse_note, sign
from settlement.transparency.merkle import leaf_hash, root

Item = tuple[bytes, bytes]
"""A leaf and its payload, empty if there is none."""


@dataclass
class Forgery:
    """Files of a bundle, and the journal in it: shard to items. `files` are those that are not made from the journal's items."""

    log_key: KeySigner
    origin: str
    files: dict[str, bytes] = field(default_factory=dict)
    shards: dict[int, list[Item]] = field(default_factory=dict)

    @classmethod
    def of(cls, path: Path, log_key: KeySigner) -> "Forgery":
        with path.open("rb") as file:
            archive = read_archive(file)
            files = {name: archive.read(name) for name in archive.members}
        del files[layout.MANIFEST]
        checkpoint = Checkpoint.from_note_text(parse_note(files[layout.CHECKPOINT]).text)
        forgery = cls(log_key, checkpoint.origin, files)
        forgery._take_out(HOUSE, checkpoint.size)
        newest = next(e for e in reversed(forgery.entries(HOUSE)) if e.kind == "heads")
        for shard, size in layout.heads_sizes(newest.all("head")).items():
            forgery._take_out(shard, size)
        return forgery

    def _take_out(self, shard: int, size: int) -> None:
        items: list[Item] = []
        for index, width in layout.chunks(size):
            leaves = layout.unframe(self.files[layout.leaves_path(shard, index, width)], width)
            payloads = layout.unframe(self.files[layout.payloads_path(shard, index, width)], width)
            items += zip(leaves, payloads, strict=True)
        self.shards[shard] = items

    def entries(self, shard: int) -> list[Entry]:
        return [parse_leaf(leaf) for leaf, _ in self.shards[shard]]

    def find(self, shard: int, wanted: Callable[[Entry], bool]) -> int:
        """The place of the last entry that is wanted."""
        return max(at for at, entry in enumerate(self.entries(shard)) if wanted(entry))

    def edit(self, shard: int, place: int, **lines: str) -> None:
        """Gives lines of a leaf other values."""
        leaf, payload = self.shards[shard][place]
        entry = parse_leaf(leaf)
        changed = tuple((key, lines.get(key, value)) for key, value in entry.lines)
        self.shards[shard][place] = (format_leaf(replace(entry, lines=changed)), payload)

    def sign_again(self, shard: int, place: int, payload: bytes, key: KeySigner) -> None:
        """Puts another payload under a leaf, with its hash and a signature of `key`."""
        entry = parse_leaf(self.shards[shard][place][0])
        payload_type = entry.one("request").split(" ")[0]
        signature = base64.b64encode(key.sign(pae(payload_type, payload))).decode()
        digest = sha256(payload).hexdigest()
        self.shards[shard][place] = (self.shards[shard][place][0], payload)
        self.edit(shard, place, request=f"{payload_type} {digest}", sig=f"{key.keyid} {signature}")

    def redo_journal(self) -> "Forgery":
        """Roots in the newest `heads` entry, tiles, signed checkpoint and derived files follow the changed items."""
        for name in list(self.files):
            if name.startswith(("shards/", "cycles/", "settlements/", "statements/")):
                del self.files[name]
        self._redo_heads()
        for shard in self.shards:
            self.put_in(shard)
        hashes = [leaf_hash(leaf) for leaf, _ in self.shards[HOUSE]]
        self.sign_checkpoint(len(hashes), root(hashes))
        replay = Replay(Report())
        for read in in_order({shard: self._records(shard) for shard in self.shards}):
            replay.feed(read)
        self.files |= derived_files(replay)
        return self

    def sign_checkpoint(self, size: int, root_hash: bytes) -> None:
        """A checkpoint with the log's own key."""
        checkpoint = Checkpoint(self.origin, size, root_hash)
        note = sign(checkpoint, signer=self.log_key, public_key=self.log_key.spki[-32:])
        self.files[layout.CHECKPOINT] = note.encode()

    def write(self, path: Path, *, manifest: bool = True) -> Path:
        """The bundle, with a manifest that fits it, or with the one that `files` holds."""
        with ArchiveWriter() as archive:
            for name, content in self.files.items():
                archive.add(name, content)
            if manifest:
                archive.add(layout.MANIFEST, layout.manifest(archive.digests))
            archive.write(path)
        return path

    def _records(self, shard: int) -> list[Record]:
        return [
            Record(shard, at, leaf, payload or None) for at, (leaf, payload) in enumerate(self.shards[shard])
        ]

    def _redo_heads(self) -> None:
        """All `heads` entries: each states roots of the leaves of now; the newest covers all."""
        places = [at for at, entry in enumerate(self.entries(HOUSE)) if entry.kind == "heads"]
        hashes = {shard: [leaf_hash(leaf) for leaf, _ in items] for shard, items in self.shards.items()}
        for place in places:
            leaf, payload = self.shards[HOUSE][place]
            entry = parse_leaf(leaf)
            stated = layout.heads_sizes(entry.all("head"))
            sizes = {shard: min(size, len(hashes[shard])) for shard, size in stated.items()}
            if place == places[-1]:
                sizes = {shard: len(hashes[shard]) for shard in sizes}
            heads = [("head", f"{s} {size} {root(hashes[s][:size]).hex()}") for s, size in sizes.items()]
            self.shards[HOUSE][place] = (
                format_leaf(replace(entry, lines=(*heads, ("request", "none")))),
                payload,
            )

    def put_in(self, shard: int) -> None:
        """The files of a shard follow its items."""
        items = self.shards[shard]
        for index, width in layout.chunks(len(items)):
            chunk = items[index * 256 : index * 256 + width]
            self.files[layout.leaves_path(shard, index, width)] = layout.frame(leaf for leaf, _ in chunk)
            self.files[layout.payloads_path(shard, index, width)] = layout.frame(
                payload for _, payload in chunk
            )
        self.files |= dict(layout.hash_tiles(shard, [leaf_hash(leaf) for leaf, _ in items]))
