"""A proof of consistency holds between two checkpoints that the log signed, and for nothing else."""

from dataclasses import replace

import pytest

from coalition.client import verify_consistency_proof
from coalition.client.answers import ConsistencyProof
from settlement.errors import CoalitionError
from settlement.signing import KeySigner, new_key
from settlement.transparency.checkpoint import Checkpoint, sign, vkey
from settlement.transparency.merkle import consistency_proof, leaf_hash, memory_nodes, root
from tests.support.small_network import ORIGIN

LEAVES = [leaf_hash(b"%d" % number) for number in range(20)]
KEY = new_key()
VKEY = vkey(ORIGIN, KEY.spki[-32:])


def note(size: int, *, leaves: list[bytes] = LEAVES, key: KeySigner = KEY) -> str:
    """The log's signed checkpoint at a size."""
    checkpoint = Checkpoint(ORIGIN, size, root(leaves[:size]))
    return sign(checkpoint, signer=key, public_key=key.spki[-32:])


def proof_between(old: int, new: int) -> ConsistencyProof:
    nodes = memory_nodes(LEAVES[:new])
    return ConsistencyProof(note(new), tuple(consistency_proof(nodes, old_size=old, new_size=new)))


@pytest.mark.parametrize(("old", "new"), [(1, 2), (6, 13), (8, 20), (19, 20), (20, 20)])
def test_a_log_that_only_grew_is_proven(old: int, new: int) -> None:
    proven = verify_consistency_proof(proof_between(old, new), old_checkpoint=note(old), vkey=VKEY)
    assert (proven.size, proven.root) == (new, root(LEAVES[:new]))


def test_a_rewritten_log_is_not_proven_though_it_signed_both() -> None:
    other = [leaf_hash(b"other"), *LEAVES[1:]]
    for old in (6, 13):
        with pytest.raises(CoalitionError):
            verify_consistency_proof(
                proof_between(old, 13), old_checkpoint=note(old, leaves=other), vkey=VKEY
            )


def test_a_checkpoint_of_another_key_is_not_believed() -> None:
    proof, stranger = proof_between(6, 13), new_key()
    strange = replace(proof, checkpoint=note(13, key=stranger))
    with pytest.raises(CoalitionError):
        verify_consistency_proof(strange, old_checkpoint=note(6), vkey=VKEY)
    with pytest.raises(CoalitionError):
        verify_consistency_proof(proof, old_checkpoint=note(6, key=stranger), vkey=VKEY)


def test_a_log_that_shrank_and_a_changed_proof_are_not_proven() -> None:
    proof = proof_between(6, 13)
    for changed, old in (
        (replace(proof, proof=proof.proof[1:]), 6),
        (replace(proof, proof=(*proof.proof, bytes(32))), 6),
        (proof, 7),
        (replace(proof, checkpoint=note(6)), 13),
    ):
        with pytest.raises(CoalitionError):
            verify_consistency_proof(changed, old_checkpoint=note(old), vkey=VKEY)
