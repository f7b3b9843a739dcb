"""Where things lie in an evidence bundle, and how leaves and payloads are framed there (C2SP tlog-tiles, entry bundles). Pure."""

from collections.abc import Iterable, Iterator, Sequence

from settlement.errors import CoalitionError
from settlement.transparency import merkle
from settlement.transparency.tiles import TILE_WIDTH, entries_path, tile_path

MANIFEST = "MANIFEST.sha256"
README = "README.md"
CHECKPOINT = "checkpoint"
DESCRIPTORS = "descriptors.pb"
_LENGTH_BYTES = 2
_ENTRIES = "tile/entries/"


class FramingError(CoalitionError):
    """A file of leaves or payloads does not hold the number that its name demands."""

    def __init__(self, message: str) -> None:
        super().__init__("BUNDLE_INVALID", message)


def chunks(size: int) -> Iterator[tuple[int, int]]:
    """(number, width) of the files that hold `size` entries."""
    for index in range(-(-size // TILE_WIDTH)):
        yield index, min(TILE_WIDTH, size - index * TILE_WIDTH)


def leaves_path(shard: int, index: int, width: int) -> str:
    """The entry bundle with these leaves."""
    return f"shards/{shard}/{entries_path(index, width)}"


def payloads_path(shard: int, index: int, width: int) -> str:
    """The payloads of the same entries, in the same framing; a length of zero where there is none."""
    return f"shards/{shard}/payloads/{entries_path(index, width).removeprefix(_ENTRIES)}"


def frame(items: Iterable[bytes]) -> bytes:
    """Each item behind its length (uint16, big-endian)."""
    return b"".join(len(item).to_bytes(_LENGTH_BYTES, "big") + item for item in items)


def unframe(content: bytes, width: int) -> list[bytes]:
    """The items of a file that holds exactly `width`; FramingError otherwise."""
    items, at = [], 0
    while at < len(content):
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(content[at:start], "big")
        items.append(content[start:at])
    if at != len(content) or len(items) != width:
        raise FramingError(f"it does not hold exactly {width} items")
    return items


def hash_tiles(shard: int, leaf_hashes: Sequence[bytes]) -> Iterator[tuple[str, bytes]]:
    """Path and content of every hash tile of a shard's tree."""
    level, hashes = 0, list(leaf_hashes)
    while hashes:
        full_roots = []
        for index, width in chunks(len(hashes)):
            tile = hashes[index * TILE_WIDTH : index * TILE_WIDTH + width]
            yield f"shards/{shard}/{tile_path(level, index, width)}", b"".join(tile)
            if width == TILE_WIDTH:
                full_roots.append(merkle.root(tile))
        level, hashes = level + 1, full_roots


def manifest(digests: dict[str, str]) -> bytes:
    """The manifest of files by name, as `sha256sum --check` reads it."""
    return "".join([f"{digests[name]}  {name}\n" for name in sorted(digests)]).encode("ascii")


def heads_sizes(values: Iterable[str]) -> dict[int, int]:
    """Shard to size, from the `head` lines of a heads entry."""
    return {int(shard): int(size) for shard, size, _ in (value.split(" ") for value in values)}
