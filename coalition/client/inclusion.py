"""Verifying that an entry is in the journal: from its leaf's hash to the checkpoint that the log's key signed."""

from coalition.client.answers import InclusionProof
from settlement.journal.leaf import HOUSE, parse_leaf
from settlement.transparency.checkpoint import Checkpoint, parse_and_verify
from settlement.transparency.merkle import ProofError, leaf_hash, verify_inclusion


def verify_inclusion_proof(
    proof: InclusionProof, *, shard: int, entry_number: int, leaf_sha256: bytes, vkey: str
) -> Checkpoint:
    """The checkpoint that the entry is proven to be under; a receipt gives shard, number and `leaf_sha256` (the leaf hash).

    `vkey`: the log's verifier key, got from the operator beforehand. Raises CheckpointError, ProofError, LeafError.
    """
    checkpoint = parse_and_verify(proof.checkpoint, [vkey])
    proven = leaf_sha256
    if shard != HOUSE:
        size, root = _stated_head(proof, shard)
        verify_inclusion(
            leaf_hash=leaf_sha256, index=entry_number, size=size, proof=proof.shard_proof, root=root
        )
        proven = leaf_hash(proof.heads_leaf)
    elif proof.house_entry_number != entry_number:
        raise ProofError(f"the proof is for house entry {proof.house_entry_number}, not {entry_number}")
    verify_inclusion(
        leaf_hash=proven,
        index=proof.house_entry_number,
        size=checkpoint.size,
        proof=proof.house_proof,
        root=checkpoint.root,
    )
    return checkpoint


def _stated_head(proof: InclusionProof, shard: int) -> tuple[int, bytes]:
    """The shard's size and root as the heads entry states them."""
    heads = parse_leaf(proof.heads_leaf)
    stated = {
        int(number): (int(size), root)
        for number, size, root in (head.split(" ") for head in heads.all("head"))
    }
    if (
        heads.kind != "heads"
        or (heads.shard, heads.index) != (HOUSE, proof.house_entry_number)
        or shard not in stated
    ):
        raise ProofError(f"the proof's heads entry does not state the head of shard {shard}")
    size, root = stated[shard]
    if size != proof.shard_size:
        raise ProofError(
            f"the proof is for {proof.shard_size} leaves of shard {shard}, the heads entry states {size}"
        )
    return size, bytes.fromhex(root)
