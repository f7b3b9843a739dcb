"""Verifying that the journal only grew: a newer checkpoint continues one that was kept earlier."""

from coalition.client.answers import ConsistencyProof
from settlement.transparency.checkpoint import Checkpoint, parse_and_verify
from settlement.transparency.merkle import verify_consistency


def verify_consistency_proof(proof: ConsistencyProof, *, old_checkpoint: str, vkey: str) -> Checkpoint:
    """The newer checkpoint, proven to continue `old_checkpoint`, the signed note that was kept; keep the newer one next.

    `vkey`: the log's verifier key, got from the operator beforehand; it must have signed both. Two notes it signed of which
    neither continues the other prove that the log forked. Raises CheckpointError, ProofError.
    """
    old = parse_and_verify(old_checkpoint, [vkey])
    new = parse_and_verify(proof.checkpoint, [vkey])
    verify_consistency(
        old_size=old.size, old_root=old.root, new_size=new.size, new_root=new.root, proof=proof.proof
    )
    return new
