"""A shard's tree, of which complete subtrees are made where their leaves are read."""

from collections.abc import Sequence
from typing import TypeAlias

from settlement.transparency.merkle import HASH_BYTES, NodeReader, complete_levels, memory_nodes

LEAVES = 1 << 13
"""Of one subtree; leaves behind the last whole one have none."""
Levels: TypeAlias = list[bytes]
"""A subtree above its leaves, level by level: the hashes of each, one behind the other."""


def levels_above(leaf_hashes: Sequence[bytes]) -> Levels:
    """Those of a complete subtree: of so many leaves as a power of two is."""
    return [b"".join(level) for level in complete_levels(leaf_hashes)[1:]]


def put_together(leaf_hashes: Sequence[bytes], subtrees: Sequence[Levels]) -> NodeReader:
    """As `merkle.memory_nodes` of the same leaves. `subtrees`: of the first of them, all of a size; others are hashed here."""
    depth = len(subtrees[0]) if subtrees else 0
    covered = len(subtrees) << depth
    if not covered <= len(leaf_hashes) < covered + (1 << depth):
        return memory_nodes(leaf_hashes)
    rest, roots = memory_nodes(leaf_hashes[covered:]), memory_nodes([levels[-1] for levels in subtrees])

    def node(level: int, index: int) -> bytes:
        if level >= depth:
            return roots(level - depth, index)
        behind = index - (covered >> level)
        if behind >= 0:
            return rest(level, behind)
        if level == 0:
            return leaf_hashes[index]
        subtree, place = divmod(index, 1 << depth - level)
        return subtrees[subtree][level - 1][place * HASH_BYTES : (place + 1) * HASH_BYTES]

    return node
