"""A tree that is put together is the tree."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.audit.subtrees import levels_above, put_together
from settlement.transparency.merkle import ProofError, memory_nodes, range_root

HASHES = [sha256(b"%d" % number).digest() for number in range(70)]


@given(size=st.integers(0, 70), depth=st.integers(1, 4), left_out=st.integers(0, 2))
def test_every_root_and_every_node_is_the_same(size: int, depth: int, left_out: int) -> None:
    leaves, width = HASHES[:size], 1 << depth
    starts = range(0, size - size % width, width)[: max(0, size // width - left_out)]
    node = put_together(leaves, [levels_above(leaves[start : start + width]) for start in starts])
    for stop in range(size + 1):
        assert range_root(node, start=0, stop=stop) == range_root(memory_nodes(leaves), start=0, stop=stop)
    for level in range(8):
        for index in range(size >> level):
            assert node(level, index) == memory_nodes(leaves)(level, index)
        with pytest.raises(ProofError):
            node(level, size >> level)
