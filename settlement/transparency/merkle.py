"""The Merkle tree of RFC 6962 section 2.1, its proofs, and their verification. Pure: no I/O, no clock, no keys.

    leaf hash = SHA-256(0x00 || leaf)    node hash = SHA-256(0x01 || left || right)    empty root = SHA-256("")

A tree of n > 1 leaves splits at the largest power of two below n; each side is a tree of the same kind.
Proofs are made from a `NodeReader`, so the same code serves tiles on a disk and hashes in memory. The
`verify_*` functions follow RFC 9162 sections 2.1.3.2 and 2.1.4.2 step by step and keep the RFC's letters (fn,
sn, fr, sr), so that both can be read side by side.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from settlement.errors import CoalitionError

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

NodeReader = Callable[[int, int], bytes]
"""`node(level, index)`: the hash of the complete subtree over leaves [index * 2**level, (index + 1) * 2**level)."""


class ProofError(CoalitionError):
    """A proof does not prove what it claims, or a proof was asked for that cannot exist."""

    def __init__(self, message: str) -> None:
        super().__init__("PROOF_INVALID", message)


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(0x00 || leaf): the 0x00 keeps a leaf from ever passing for a node."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over leaf hashes (not leaves), level by level: a last node without a sibling rises as it is."""
    level = list(leaf_hashes)
    if not level:
        return EMPTY_ROOT
    while len(level) > 1:
        paired = [sha256(b"\x01" + level[at] + level[at + 1]).digest() for at in range(0, len(level) - 1, 2)]
        level = paired if len(level) % 2 == 0 else [*paired, level[-1]]
    return level[0]


def complete_levels(leaf_hashes: Sequence[bytes]) -> list[list[bytes]]:
    """The hashes of all complete subtrees, level by level from the leaves' up."""
    levels = [list(leaf_hashes)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        pairs = zip(below[::2], below[1::2], strict=False)  # a last node without a sibling has no parent yet
        levels.append([sha256(b"\x01" + left + right).digest() for left, right in pairs])
    return levels


def memory_nodes(leaf_hashes: Sequence[bytes]) -> NodeReader:
    """A NodeReader over hashes held in memory. It raises ProofError for a subtree that is not complete."""
    levels = complete_levels(leaf_hashes)

    def node(level: int, index: int) -> bytes:
        known = 0 <= level < len(levels) and 0 <= index < len(levels[level])
        _require(known, f"no complete subtree {index} of 2**{level} leaves among {len(leaf_hashes)} leaves")
        return levels[level][index]

    return node


def range_root(node: NodeReader, *, start: int, stop: int) -> bytes:
    """MTH(D[start:stop]) of RFC 6962. `start` must be 0 or where a subtree of the tree begins, as RFC splits give it."""
    _require(0 <= start <= stop, f"no leaves from {start} to {stop}")
    return _fold(_peaks(node, start, stop))


def inclusion_proof(node: NodeReader, *, index: int, size: int) -> list[bytes]:
    """PATH(index, D[0:size]) of RFC 6962 section 2.1.1, from the leaf's sibling up. Raises ProofError if index >= size."""
    _require(0 <= index < size, f"leaf {index} is not in a tree of {size} leaves")
    proof: list[bytes] = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            proof.append(range_root(node, start=middle, stop=stop))
            stop = middle
        else:
            proof.append(range_root(node, start=start, stop=middle))
            start = middle
    return proof[::-1]


def consistency_proof(node: NodeReader, *, old_size: int, new_size: int) -> list[bytes]:
    """PROOF(old_size, D[0:new_size]) of RFC 6962 section 2.1.2. Raises ProofError unless 0 < old_size <= new_size."""
    _require(0 < old_size <= new_size, f"no proof leads from {old_size} to {new_size} leaves")
    proof: list[bytes] = []
    start, stop = 0, new_size
    while old_size != stop:
        middle = start + _split(stop - start)
        if old_size <= middle:
            proof.append(range_root(node, start=middle, stop=stop))
            stop = middle
        else:
            proof.append(range_root(node, start=start, stop=middle))
            start = middle
    if start > 0:  # otherwise the subtree left over is the old tree itself, and the verifier knows its root
        proof.append(range_root(node, start=start, stop=stop))
    return proof[::-1]


def verify_inclusion(*, leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """The leaf hash stands at `index` of the tree (size, root), or ProofError (RFC 9162 section 2.1.3.2).

    Size and root must come together from one verified checkpoint: some paths fit trees of several sizes.
    """
    _require_hashes([leaf_hash, root, *proof])
    _require(0 <= index < size, f"leaf {index} is not in a tree of {size} leaves")
    fn, sn, r = index, size - 1, leaf_hash
    for p in proof:
        _require(sn != 0, "the inclusion proof is too long")
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while fn != 0 and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    _require(sn == 0, "the inclusion proof is too short")
    _require(r == root, f"the inclusion proof of leaf {index} leads to another root")


def verify_consistency(
    *, old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """The tree (new_size, new_root) continues the tree (old_size, old_root), or ProofError (RFC 9162 section 2.1.4.2).

    Each size and its root must come together from one verified checkpoint.
    An old size of 0 is refused: every tree continues the empty one, so such a proof would say nothing.
    """
    _require_hashes([old_root, new_root, *proof])
    _require(0 < old_size <= new_size, f"no proof leads from {old_size} to {new_size} leaves")
    if old_size == new_size:
        _require(not proof, "the consistency proof of a tree with itself must be empty")
        _require(old_root == new_root, f"two roots for the same {old_size} leaves")
        return
    old_is_subtree = old_size & (old_size - 1) == 0
    path = [old_root, *proof] if old_is_subtree else list(proof)
    _require(bool(path), "the consistency proof is empty")
    fn, sn = old_size - 1, new_size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        _require(sn != 0, "the consistency proof is too long")
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while fn != 0 and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    _require(sn == 0, "the consistency proof is too short")
    _require(fr == old_root, f"the consistency proof leads to another root at {old_size} leaves")
    _require(sr == new_root, f"the consistency proof leads to another root at {new_size} leaves")


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise ProofError(message)


def _require_hashes(hashes: Iterable[bytes]) -> None:
    for each in hashes:
        if len(each) != HASH_BYTES:
            raise ProofError(f"a hash has {HASH_BYTES} bytes, not {len(each)}")


def _split(size: int) -> int:
    """The largest power of two below `size`, which is above 1."""
    return 1 << ((size - 1).bit_length() - 1)


def _peaks(node: NodeReader, start: int, stop: int) -> list[bytes]:
    """The hashes of the complete subtrees that cover leaves [start, stop), largest first."""
    peaks: list[bytes] = []
    while start < stop:
        level = (stop - start).bit_length() - 1
        peaks.append(node(level, start >> level))
        start += 1 << level
    return peaks


def _fold(peaks: Sequence[bytes]) -> bytes:
    if not peaks:
        return EMPTY_ROOT
    folded = peaks[-1]
    for peak in reversed(peaks[:-1]):
        folded = node_hash(peak, folded)
    return folded
