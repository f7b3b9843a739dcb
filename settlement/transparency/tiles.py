"""The log on a disk in the C2SP tlog-tiles layout, ready to be served as static files.

    tile/<L>/<N>                256 hashes: tile level L holds the subtrees of 256**L leaves, i.e. tree level 8 * L
    tile/<L>/<N>.p/<W>          the same tile while it has only W hashes
    tile/entries/<N>[.p/<W>]    the leaves themselves, each behind its length (uint16, big-endian)

Files appear whole, and what a tile says is never changed, only continued. The size of the log is written
nowhere: it is the largest size whose files are all there, so a crash between any two files leaves a smaller
log, never a broken one. A partial tile stays until its full tile is there, because a checkpoint may have been
published that needs it; that is a rule of tlog-tiles.
"""

import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain
from pathlib import Path

from settlement.errors import CoalitionError
from settlement.transparency import merkle
from settlement.transparency.durable import write_whole
from settlement.transparency.merkle import HASH_BYTES

TILE_WIDTH = 256
LEVELS_PER_TILE = 8
MAX_LEVEL = 63
MAX_LEAF_BYTES = 65_535

_ENTRIES = "entries"
_LENGTH_BYTES = 2
_CACHED_TILES = 1_024  # of 8 KiB each
_PARTIAL_WIDTH = re.compile(r"[1-9][0-9]{0,2}", re.ASCII)


class TileError(CoalitionError):
    """The tiles do not hold what was asked for, or what is to be written contradicts what they hold."""

    def __init__(self, message: str) -> None:
        super().__init__("TILES_INCONSISTENT", message)


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """Where the hash tile `index` of tile level `level` is, below the log's prefix. Raises TileError."""
    _require(0 <= level <= MAX_LEVEL, f"there is no tile level {level}")
    return _path(str(level), index, width)


def entries_path(index: int, width: int = TILE_WIDTH) -> str:
    """Where the bundle of leaves [256 * index, 256 * index + width) is, below the log's prefix. Raises TileError."""
    return _path(_ENTRIES, index, width)


class TileStore:
    """The tiles of one log below `folder`. One writer at a time (a file lock sees to it), any number of readers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._full_tiles: dict[str, int] = {}  # stream -> full tiles known to be there without a gap
        self._full_tile = lru_cache(maxsize=_CACHED_TILES)(self._read_tile)

    def size(self) -> int:
        """How many leaves are completely there: entries, their hashes, and every hash above them."""
        size = min(self._count(_ENTRIES), self._count("0"))
        level, span = 1, TILE_WIDTH
        while span <= size:
            size = min(size, (self._count(str(level)) + 1) * span - 1)
            level, span = level + 1, span * TILE_WIDTH
        return size

    def append(self, size_before: int, leaves: Sequence[bytes]) -> int:
        """Make `leaves` the ones behind the first `size_before`; on return everything is on the disk.

        Returns size_before + len(leaves). Leaves that are there already (after a crash, or a second try) are compared and
        kept; size() may then be more than what is returned. Raises TileError if the log is shorter than `size_before`, if
        a leaf is too long, or if a leaf or hash there is another one; in all of these cases no hash is written.
        """
        _require(
            all(len(leaf) <= MAX_LEAF_BYTES for leaf in leaves), f"a leaf has at most {MAX_LEAF_BYTES} bytes"
        )
        with self._writing():
            size = self.size()
            _require(
                0 <= size_before <= size,
                f"the log has {size} leaves: none can follow the first {size_before}",
            )
            # All hash tiles are compared with what is there before a single file is written: otherwise leaves
            # could come to stand beside the hashes of other leaves, and size() would take both for one log.
            hash_tiles = list(self._hash_tiles(size_before, leaves))
            write_whole(chain(self._bundles(size_before, leaves), hash_tiles))
            self._drop_superseded(size_before)
        return size_before + len(leaves)

    def node(self, level: int, index: int) -> bytes:
        """The hash of the complete subtree `index` of 2**level leaves: a `merkle.NodeReader`. Raises TileError."""
        _require(level >= 0 and index >= 0, f"there is no tree node ({level}, {index})")
        tile_level, height = divmod(level, LEVELS_PER_TILE)
        tile_index, offset = divmod(index << height, TILE_WIDTH)
        is_known_full = tile_index < self._full_tiles.get(str(tile_level), 0)
        read = self._full_tile if is_known_full else self._read_tile
        _, content = read(str(tile_level), tile_index)
        hashes = _split_hashes(content)[offset : offset + (1 << height)]
        _require(len(hashes) == 1 << height, f"the tree node ({level}, {index}) is not there")
        return merkle.root(hashes)

    def root(self, size: int) -> bytes:
        """The root of the first `size` leaves. Raises TileError if they are not all there."""
        self._require_there(size)
        return merkle.range_root(self.node, start=0, stop=size)

    def read_entries(self, start: int, stop: int) -> list[bytes]:
        """The leaves [start, stop). Raises TileError if they are not all there."""
        _require(0 <= start <= stop, f"no leaves from {start} to {stop}")
        self._require_there(stop)
        leaves: list[bytes] = []
        for index in range(start // TILE_WIDTH, -(-stop // TILE_WIDTH)):
            first = index * TILE_WIDTH
            _, content = self._read_tile(_ENTRIES, index)
            leaves += _split_bundle(content)[max(start - first, 0) : stop - first]
        return leaves

    def _require_there(self, size: int) -> None:
        there = self.size()
        _require(0 <= size <= there, f"the log has {there} leaves, not {size}")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _bundles(self, size_before: int, leaves: Sequence[bytes]) -> Iterator[tuple[Path, bytes]]:
        """The entry bundles that the leaves begin, continue or fill."""
        first, kept_width = divmod(size_before, TILE_WIDTH)
        kept = _split_bundle(self._read_tile(_ENTRIES, first)[1])[:kept_width]
        for index, chunk in _tiles_of([*kept, *leaves], first):
            framed = b"".join(len(leaf).to_bytes(_LENGTH_BYTES, "big") + leaf for leaf in chunk)
            yield from self._unless_there(_ENTRIES, index, len(chunk), framed)

    def _hash_tiles(self, size_before: int, leaves: Sequence[bytes]) -> Iterator[tuple[Path, bytes]]:
        """The hash tiles of every level that the leaves begin, continue or fill."""
        level, start = 0, size_before
        hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
        while hashes:
            first, kept_width = divmod(start, TILE_WIDTH)
            kept = _split_hashes(self._read_tile(str(level), first)[1])[:kept_width]
            full_roots = []
            for index, chunk in _tiles_of([*kept, *hashes], first):
                yield from self._unless_there(str(level), index, len(chunk), b"".join(chunk))
                if len(chunk) == TILE_WIDTH:
                    full_roots.append(merkle.root(chunk))
            level, start, hashes = level + 1, first, full_roots

    def _unless_there(
        self, stream: str, index: int, width: int, content: bytes
    ) -> Iterator[tuple[Path, bytes]]:
        """The file to write for a tile, if any. Raises TileError if the tile already says something else."""
        width_there, there = self._read_tile(stream, index)
        shared_bytes = min(len(there), len(content))
        agrees = there[:shared_bytes] == content[:shared_bytes]
        _require(agrees, f"{_path(stream, index)} is there and says something else")
        if width_there not in (TILE_WIDTH, width):
            yield self._folder / _path(stream, index, width), content

    def _drop_superseded(self, size_before: int) -> None:
        """Delete the partial tiles at the old right edge whose full tile is there now."""
        index = size_before // TILE_WIDTH
        self._drop_partials(_ENTRIES, index)
        self._drop_partials("0", index)
        level = 1
        while index > 0:
            index //= TILE_WIDTH
            self._drop_partials(str(level), index)
            level += 1

    def _drop_partials(self, stream: str, index: int) -> None:
        full = self._folder / _path(stream, index)
        partials = full.with_name(f"{full.name}.p")
        if full.exists() and partials.exists():
            for partial in partials.iterdir():
                partial.unlink()
            partials.rmdir()

    def _count(self, stream: str) -> int:
        """How many hashes or entries the stream holds from the beginning without a gap."""
        full = self._full_tiles.get(stream, 0)
        while (self._folder / _path(stream, full)).exists():
            full += 1
        self._full_tiles[stream] = full
        return full * TILE_WIDTH + self._widest(stream, full)[0]

    def _widest(self, stream: str, index: int) -> tuple[int, Path]:
        """The width and file of the fullest version of a tile; width 0 if there is none."""
        full = self._folder / _path(stream, index)
        partials = full.with_name(f"{full.name}.p")
        try:
            names = [each.name for each in partials.iterdir()]
        except FileNotFoundError:
            names = []
        # In this order: a writer drops the partial tiles when the full one is there, so one of them is always found.
        if full.exists():
            return TILE_WIDTH, full
        width = max((int(name) for name in names if _PARTIAL_WIDTH.fullmatch(name)), default=0)
        return width, partials / str(width)

    def _read_tile(self, stream: str, index: int) -> tuple[int, bytes]:
        """The width and content of the fullest version of a tile; (0, b"") if there is none."""
        for _ in range(2):
            width, path = self._widest(stream, index)
            try:
                content = path.read_bytes() if width else b""
            except FileNotFoundError:
                continue  # a writer has just put the full tile there and dropped this partial one
            found = len(_split_bundle(content)) if stream == _ENTRIES else len(content) / HASH_BYTES
            _require(found == width, f"{path} is damaged: it does not hold {width} items")
            return width, content
        raise TileError(f"{_path(stream, index)} cannot be read")


def _path(stream: str, index: int, width: int = TILE_WIDTH) -> str:
    _require(index >= 0, f"there is no tile {index}")
    _require(0 < width <= TILE_WIDTH, f"a tile is 1 to {TILE_WIDTH} wide, not {width}")
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    encoded = "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])
    suffix = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{stream}/{encoded}{suffix}"


def _tiles_of(items: list[bytes], first: int) -> Iterator[tuple[int, list[bytes]]]:
    for at in range(0, len(items), TILE_WIDTH):
        yield first + at // TILE_WIDTH, items[at : at + TILE_WIDTH]


def _split_hashes(content: bytes) -> list[bytes]:
    return [content[at : at + HASH_BYTES] for at in range(0, len(content), HASH_BYTES)]


def _split_bundle(content: bytes) -> list[bytes]:
    leaves: list[bytes] = []
    at = 0
    while at < len(content):
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(content[at:start], "big")
        leaves.append(content[start:at])
    _require(at == len(content), "an entry bundle ends within an entry")
    return leaves


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise TileError(message)
