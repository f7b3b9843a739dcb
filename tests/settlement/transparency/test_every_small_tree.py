"""Every leaf of every tree of up to 33 leaves: no drawn case, so the right-hand border with its odd shapes is never missed."""

from typing import Any

import pytest

from settlement.transparency import merkle
from settlement.transparency.merkle import ProofError, memory_nodes

SIZES = range(1, 34)
HASHES = [merkle.leaf_hash(b"leaf %d" % index) for index in range(SIZES.stop)]
ROOTS = [merkle.root(HASHES[:size]) for size in range(SIZES.stop)]


@pytest.mark.parametrize("size", SIZES)
def test_every_leaf_is_proven_by_a_path_of_its_depth_and_at_no_other_place(size: int) -> None:
    node = memory_nodes(HASHES[:size])
    for index in range(size):
        proof = merkle.inclusion_proof(node, index=index, size=size)
        assert len(proof) <= (size - 1).bit_length()
        for other in range(size):
            told: dict[str, Any] = {
                "leaf_hash": HASHES[index],
                "index": other,
                "size": size,
                "proof": proof,
                "root": ROOTS[size],
            }
            if other == index:
                merkle.verify_inclusion(**told)
            else:
                with pytest.raises(ProofError):
                    merkle.verify_inclusion(**told)


@pytest.mark.parametrize("new_size", SIZES)
def test_every_tree_continues_every_smaller_one_and_no_other(new_size: int) -> None:
    node = memory_nodes(HASHES[:new_size])
    for old_size in range(1, new_size + 1):
        proof = merkle.consistency_proof(node, old_size=old_size, new_size=new_size)
        told: dict[str, Any] = {
            "old_size": old_size,
            "new_size": new_size,
            "new_root": ROOTS[new_size],
            "proof": proof,
        }
        merkle.verify_consistency(**told, old_root=ROOTS[old_size])
        with pytest.raises(ProofError):
            merkle.verify_consistency(**told, old_root=merkle.leaf_hash(b"another history"))


INCLUSION: dict[str, Any] = {"leaf_hash": HASHES[1], "index": 1, "size": 3, "root": ROOTS[3]}
INCLUSION_PROOF = merkle.inclusion_proof(memory_nodes(HASHES[:3]), index=1, size=3)
CONSISTENCY: dict[str, Any] = {"old_size": 3, "old_root": ROOTS[3], "new_size": 4, "new_root": ROOTS[4]}
CONSISTENCY_PROOF = merkle.consistency_proof(memory_nodes(HASHES[:4]), old_size=3, new_size=4)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"index": 3}, "leaf 3 is not in a tree of 3 leaves"),
        ({"proof": INCLUSION_PROOF[:-1]}, "the inclusion proof is too short"),
        ({"proof": [*INCLUSION_PROOF, HASHES[0]]}, "the inclusion proof is too long"),
        ({"leaf_hash": HASHES[2]}, "the inclusion proof of leaf 1 leads to another root"),
        ({"root": b"short"}, "a hash has 32 bytes, not 5"),
    ],
)
def test_an_inclusion_proof_that_does_not_hold_says_why(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ProofError) as caught:
        merkle.verify_inclusion(**({"proof": INCLUSION_PROOF, **INCLUSION} | wrong))
    assert (caught.value.reason, caught.value.message) == ("PROOF_INVALID", sentence)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"old_size": 5}, "no proof leads from 5 to 4 leaves"),
        ({"proof": []}, "the consistency proof is empty"),
        ({"proof": CONSISTENCY_PROOF[:-1]}, "the consistency proof is too short"),
        ({"proof": [*CONSISTENCY_PROOF, HASHES[0]]}, "the consistency proof is too long"),
        ({"old_root": ROOTS[2]}, "the consistency proof leads to another root at 3 leaves"),
        ({"new_root": ROOTS[2]}, "the consistency proof leads to another root at 4 leaves"),
        ({"new_size": 3}, "the consistency proof of a tree with itself must be empty"),
        ({"new_size": 3, "proof": []}, "two roots for the same 3 leaves"),
    ],
)
def test_a_consistency_proof_that_does_not_hold_says_why(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ProofError) as caught:
        merkle.verify_consistency(**({"proof": CONSISTENCY_PROOF, **CONSISTENCY} | wrong))
    assert caught.value.message == sentence


def test_what_cannot_be_proven_says_why() -> None:
    node = memory_nodes(HASHES[:5])
    for ask, sentence in (
        (lambda: node(1, 2), "no complete subtree 2 of 2**1 leaves among 5 leaves"),
        (lambda: merkle.range_root(node, start=2, stop=1), "no leaves from 2 to 1"),
        (lambda: merkle.inclusion_proof(node, index=5, size=5), "leaf 5 is not in a tree of 5 leaves"),
        (lambda: merkle.consistency_proof(node, old_size=6, new_size=5), "no proof leads from 6 to 5 leaves"),
    ):
        with pytest.raises(ProofError) as caught:
            ask()
        assert caught.value.message == sentence
