"""The tree is the one of RFC 6962, and a proof verifies exactly for what it was made for."""

import random
from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settlement.transparency import merkle
from settlement.transparency.merkle import EMPTY_ROOT, ProofError, memory_nodes

# The test vectors of github.com/google/certificate-transparency (merkletree/merkle_tree_test).
CT_LEAVES = [
    bytes.fromhex(each)
    for each in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
CT_INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CT_CONSISTENCY = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}

MAX_SIZE = 300
HASHES = [merkle.leaf_hash(b"leaf %d" % index) for index in range(MAX_SIZE)]
ROOTS = [merkle.root(HASHES[:size]) for size in range(MAX_SIZE + 1)]
NODE = memory_nodes(HASHES)

sizes = st.integers(1, MAX_SIZE)


@st.composite
def size_and_index(draw: st.DrawFn) -> tuple[int, int]:
    size = draw(sizes)
    return size, draw(st.integers(0, size - 1))


@st.composite
def old_and_new_size(draw: st.DrawFn) -> tuple[int, int]:
    new_size = draw(sizes)
    return draw(st.integers(1, new_size)), new_size


def mth(leaves: Sequence[bytes]) -> bytes:
    """MTH(D[n]) as RFC 6962 section 2.1 writes it, independent of the code under test."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + mth(leaves[:split]) + mth(leaves[split:])).digest()


def path_shape(index: int, size: int) -> list[bool]:
    """On which side each sibling stands, from the root down."""
    if size == 1:
        return []
    split = 1
    while split * 2 < size:
        split *= 2
    if index < split:
        return [False, *path_shape(index, split)]
    return [True, *path_shape(index - split, size - split)]


def test_roots_are_those_of_certificate_transparency() -> None:
    hashes = [merkle.leaf_hash(leaf) for leaf in CT_LEAVES]
    assert [merkle.root(hashes[:size]).hex() for size in range(1, 9)] == CT_ROOTS
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(("index", "size"), CT_INCLUSION)
def test_inclusion_proofs_are_those_of_certificate_transparency(index: int, size: int) -> None:
    node = memory_nodes([merkle.leaf_hash(leaf) for leaf in CT_LEAVES])
    proof = merkle.inclusion_proof(node, index=index, size=size)
    assert [each.hex() for each in proof] == CT_INCLUSION[index, size]


@pytest.mark.parametrize(("old_size", "new_size"), CT_CONSISTENCY)
def test_consistency_proofs_are_those_of_certificate_transparency(old_size: int, new_size: int) -> None:
    node = memory_nodes([merkle.leaf_hash(leaf) for leaf in CT_LEAVES])
    proof = merkle.consistency_proof(node, old_size=old_size, new_size=new_size)
    assert [each.hex() for each in proof] == CT_CONSISTENCY[old_size, new_size]


@given(st.lists(st.binary(max_size=4), max_size=70))
def test_every_way_to_a_root_gives_the_root_of_the_rfc(leaves: list[bytes]) -> None:
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    ranged = merkle.range_root(memory_nodes(hashes), start=0, stop=len(hashes))
    assert {merkle.root(hashes), ranged} == {mth(leaves)}


def test_only_complete_subtrees_are_nodes() -> None:
    node = memory_nodes(HASHES[:5])
    for level, index in ((0, 5), (1, 2), (3, 0), (0, -1), (-1, 0)):
        with pytest.raises(ProofError):
            node(level, index)


def check_inclusion(*, index: int, size: int, proof: Sequence[bytes], leaf: int, root: bytes) -> None:
    merkle.verify_inclusion(leaf_hash=HASHES[leaf], index=index, size=size, proof=proof, root=root)


@given(size_and_index())
def test_every_inclusion_proof_verifies(drawn: tuple[int, int]) -> None:
    size, index = drawn
    proof = merkle.inclusion_proof(NODE, index=index, size=size)
    check_inclusion(index=index, size=size, proof=proof, leaf=index, root=ROOTS[size])


@given(size_and_index(), st.integers(0, MAX_SIZE - 1), st.integers(0, MAX_SIZE))
def test_an_inclusion_proof_holds_for_no_other_leaf_index_or_root(
    drawn: tuple[int, int], other: int, other_size: int
) -> None:
    size, index = drawn
    proof = merkle.inclusion_proof(NODE, index=index, size=size)
    if other != index:
        with pytest.raises(ProofError):
            check_inclusion(index=other, size=size, proof=proof, leaf=index, root=ROOTS[size])
        with pytest.raises(ProofError):
            check_inclusion(index=index, size=size, proof=proof, leaf=other, root=ROOTS[size])
    if other_size != size:
        with pytest.raises(ProofError):
            check_inclusion(index=index, size=size, proof=proof, leaf=index, root=ROOTS[other_size])
        with pytest.raises(ProofError):
            check_inclusion(index=index, size=other_size, proof=proof, leaf=index, root=ROOTS[other_size])


@given(size_and_index(), st.integers(0, 2 * MAX_SIZE))
def test_an_inclusion_proof_fits_another_size_only_if_the_path_looks_the_same(
    drawn: tuple[int, int], other_size: int
) -> None:
    size, index = drawn
    proof = merkle.inclusion_proof(NODE, index=index, size=size)
    if other_size <= index or path_shape(index, other_size) != path_shape(index, size):
        with pytest.raises(ProofError):
            check_inclusion(index=index, size=other_size, proof=proof, leaf=index, root=ROOTS[size])


def alterations(proof: list[bytes], seed: int) -> list[list[bytes]]:
    """One bit flipped, one hash dropped, doubled, added at an end, cut short: none is the proof."""
    rng = random.Random(seed)
    altered = [[*proof, HASHES[0]], [HASHES[0], *proof]]
    if proof:
        at = rng.randrange(len(proof))
        flipped = bytearray(proof[at])
        flipped[rng.randrange(32)] ^= 1 << rng.randrange(8)
        altered += [
            [*proof[:at], bytes(flipped), *proof[at + 1 :]],
            [*proof[:at], *proof[at + 1 :]],
            [*proof[:at], proof[at], *proof[at:]],
            [*proof[:at], proof[at][:31], *proof[at + 1 :]],
        ]
    return altered


@given(size_and_index(), st.integers(0))
def test_an_altered_inclusion_proof_is_refused(drawn: tuple[int, int], seed: int) -> None:
    size, index = drawn
    for altered in alterations(merkle.inclusion_proof(NODE, index=index, size=size), seed):
        with pytest.raises(ProofError):
            check_inclusion(index=index, size=size, proof=altered, leaf=index, root=ROOTS[size])


def check_consistency(
    old_size: int, new_size: int, proof: Sequence[bytes], *, old_root: bytes, new_root: bytes
) -> None:
    merkle.verify_consistency(
        old_size=old_size, old_root=old_root, new_size=new_size, new_root=new_root, proof=proof
    )


@given(old_and_new_size())
def test_every_consistency_proof_verifies(drawn: tuple[int, int]) -> None:
    old, new = drawn
    proof = merkle.consistency_proof(NODE, old_size=old, new_size=new)
    check_consistency(old, new, proof, old_root=ROOTS[old], new_root=ROOTS[new])


@given(old_and_new_size(), sizes)
def test_a_consistency_proof_holds_for_no_other_root_or_old_size(drawn: tuple[int, int], other: int) -> None:
    old, new = drawn
    proof = merkle.consistency_proof(NODE, old_size=old, new_size=new)
    if other != old:
        with pytest.raises(ProofError):
            check_consistency(old, new, proof, old_root=ROOTS[other], new_root=ROOTS[new])
        with pytest.raises(ProofError):
            check_consistency(other, new, proof, old_root=ROOTS[old], new_root=ROOTS[new])
        with pytest.raises(ProofError):
            check_consistency(other, new, proof, old_root=ROOTS[other], new_root=ROOTS[new])
    if other != new:
        with pytest.raises(ProofError):
            check_consistency(old, new, proof, old_root=ROOTS[old], new_root=ROOTS[other])
        with pytest.raises(ProofError):
            check_consistency(old, other, proof, old_root=ROOTS[old], new_root=ROOTS[other])


@given(old_and_new_size(), st.integers(0))
def test_an_altered_consistency_proof_is_refused(drawn: tuple[int, int], seed: int) -> None:
    old, new = drawn
    for altered in alterations(merkle.consistency_proof(NODE, old_size=old, new_size=new), seed):
        with pytest.raises(ProofError):
            check_consistency(old, new, altered, old_root=ROOTS[old], new_root=ROOTS[new])


@given(old_and_new_size(), st.integers(0, MAX_SIZE - 1))
@settings(max_examples=50)
def test_no_proof_leads_from_a_rewritten_history(drawn: tuple[int, int], rewritten: int) -> None:
    """The log signs a new tree in which an old leaf is another one: whatever it proves, the old root does not lead there."""
    old, new = drawn
    rewritten %= old
    hashes = [*HASHES[:rewritten], merkle.leaf_hash(b"another"), *HASHES[rewritten + 1 : new]]
    proof = merkle.consistency_proof(memory_nodes(hashes), old_size=old, new_size=new)
    with pytest.raises(ProofError):
        check_consistency(old, new, proof, old_root=ROOTS[old], new_root=merkle.root(hashes))


def test_a_tree_that_is_deeper_than_its_size_is_refused() -> None:
    """A log that signs such roots hides leaves above the top: the hashes fit, only the length gives it away."""
    extra = HASHES[9]
    path = merkle.inclusion_proof(NODE, index=1, size=4)
    with pytest.raises(ProofError):
        check_inclusion(index=1, size=4, proof=[*path, extra], leaf=1, root=merkle.node_hash(extra, ROOTS[4]))
    proof = merkle.consistency_proof(NODE, old_size=3, new_size=4)
    old_root, new_root = (merkle.node_hash(extra, each) for each in (ROOTS[3], ROOTS[4]))
    with pytest.raises(ProofError):
        check_consistency(3, 4, [*proof, extra], old_root=old_root, new_root=new_root)


@pytest.mark.parametrize("proof", [[], [HASHES[0]], [ROOTS[4]]])
def test_an_old_size_of_zero_proves_nothing(proof: list[bytes]) -> None:
    with pytest.raises(ProofError):
        check_consistency(0, 4, proof, old_root=EMPTY_ROOT, new_root=ROOTS[4])
    with pytest.raises(ProofError):
        check_consistency(0, 0, proof, old_root=EMPTY_ROOT, new_root=EMPTY_ROOT)
    with pytest.raises(ProofError):
        merkle.consistency_proof(NODE, old_size=0, new_size=4)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (5, 4), (-1, 4), (0, -1)])
def test_a_leaf_outside_the_tree_has_no_inclusion_proof(index: int, size: int) -> None:
    with pytest.raises(ProofError):
        merkle.inclusion_proof(NODE, index=index, size=size)
    with pytest.raises(ProofError):
        check_inclusion(index=index, size=size, proof=[], leaf=0, root=ROOTS[1])


@pytest.mark.parametrize(("old", "new"), [(5, 4), (-1, 4), (1, 0)])
def test_a_log_that_shrinks_has_no_consistency_proof(old: int, new: int) -> None:
    with pytest.raises(ProofError):
        merkle.consistency_proof(NODE, old_size=old, new_size=new)
    with pytest.raises(ProofError):
        check_consistency(old, new, [HASHES[0]], old_root=ROOTS[1], new_root=ROOTS[1])


def test_a_root_or_leaf_hash_of_another_length_is_refused() -> None:
    proof = merkle.inclusion_proof(NODE, index=0, size=2)
    for leaf_hash, root in ((HASHES[0][:31], ROOTS[2]), (HASHES[0], ROOTS[2] + b"\x00"), (b"", ROOTS[2])):
        with pytest.raises(ProofError):
            merkle.verify_inclusion(leaf_hash=leaf_hash, index=0, size=2, proof=proof, root=root)
    with pytest.raises(ProofError):
        check_consistency(1, 1, [], old_root=b"", new_root=b"")
