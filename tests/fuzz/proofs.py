"""Proofs as a partner is given them, changed: they prove nothing but what is so."""

from dataclasses import dataclass

from google.protobuf.message import DecodeError
from hypothesis import strategies as st

from coalition.api.v1.transparency_pb2 import GetInclusionProofResponse
from coalition.client.answers import ConsistencyProof, InclusionProof
from coalition.client.consistency import verify_consistency_proof
from coalition.client.inclusion import verify_inclusion_proof
from settlement.journal.leaf import HOUSE, LeafError
from settlement.transparency.checkpoint import CheckpointError
from settlement.transparency.merkle import (
    ProofError,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    memory_nodes,
)
from tests.coalition.audit.forgery import Forgery
from tests.fuzz.changes import TAPES, Tape, applied
from tests.fuzz.readers import MESSAGE
from tests.fuzz.target import Target


def proofs(forgery: Forgery, notes: list[str], vkey: str) -> list[Target]:
    """Inclusion and consistency; `notes`: the log's checkpoint at every size of the house."""
    inclusion = Inclusion.of(forgery, notes[-1], vkey)
    return [
        Target("inclusion", TAPES.map(inclusion.made), inclusion.attempt),
        _consistency(forgery, notes, vkey),
    ]


@dataclass(frozen=True)
class Inclusion:
    """The proofs of one shard's entries. `leaves` and `house` are what is really under the checkpoint, as leaf hashes."""

    shard: int
    leaves: list[bytes]
    house: list[bytes]
    seeds: list[bytes]
    vkey: str

    @classmethod
    def of(cls, forgery: Forgery, note: str, vkey: str) -> "Inclusion":
        """As the server answers, for every entry of the first member shard."""
        entries = forgery.entries(HOUSE)
        heads = max(at for at, entry in enumerate(entries) if entry.kind == "heads")
        shard, size, _ = entries[heads].all("head")[0].split(" ")
        leaves = [leaf_hash(leaf) for leaf, _ in forgery.shards[int(shard)]][: int(size)]
        house = [leaf_hash(leaf) for leaf, _ in forgery.shards[HOUSE]]
        seeds = [
            GetInclusionProofResponse(
                checkpoint=note,
                shard_proof=inclusion_proof(memory_nodes(leaves), index=number, size=len(leaves)),
                shard_size=len(leaves),
                heads_leaf=forgery.shards[HOUSE][heads][0],
                house_entry_number=heads,
                house_proof=inclusion_proof(memory_nodes(house), index=heads, size=len(house)),
            ).SerializeToString()
            for number in range(len(leaves))
        ]
        return cls(int(shard), leaves, house, seeds, vkey)

    def made(self, tape: Tape) -> tuple[int, bytes]:
        """An entry's number, often the one that the proof was for, and a changed proof."""
        size = len(self.seeds)
        choice = tape.number % size
        number = choice if tape.number >> 31 else (tape.number >> 8) % (2 * size)
        return number, applied(self.seeds[choice], tape.changes, MESSAGE)

    def attempt(self, case: tuple[int, bytes]) -> None:
        """Whatever the proof says, it never puts an entry where another one is."""
        number, data = case
        try:
            reply = GetInclusionProofResponse.FromString(data)
        except DecodeError:
            return
        proof = InclusionProof(
            reply.checkpoint,
            tuple(reply.shard_proof),
            reply.shard_size,
            reply.heads_leaf,
            reply.house_entry_number,
            tuple(reply.house_proof),
        )
        for shard, hashes in ((self.shard, self.leaves), (HOUSE, self.house)):
            told = hashes[number % len(hashes)]
            if self._verifies(proof, shard, number, told):
                assert number < len(hashes)
            assert not self._verifies(proof, shard, number, leaf_hash(b"no entry at all"))

    def _verifies(self, proof: InclusionProof, shard: int, number: int, told: bytes) -> bool:
        try:
            verify_inclusion_proof(proof, shard=shard, entry_number=number, leaf_sha256=told, vkey=self.vkey)
        except (CheckpointError, ProofError, LeafError):
            return False
        return True


def _consistency(forgery: Forgery, notes: list[str], vkey: str) -> Target:
    """Two checkpoints and a path of hashes between them, of which some are others."""
    house = [leaf_hash(leaf) for leaf, _ in forgery.shards[HOUSE]]
    node = memory_nodes(house)
    sizes = st.integers(1, len(house))
    others = st.tuples(st.integers(0, 9), st.sampled_from(house) | st.binary(max_size=33))

    def attempt(case: tuple[int, int, list[tuple[int, bytes]]]) -> None:
        old, new = sorted(case[:2])
        honest = consistency_proof(node, old_size=old, new_size=new)
        path = list(honest)
        for place, other in case[2]:
            path[place : place + len(other) % 2] = [other]
        proof = ConsistencyProof(notes[new - 1], tuple(path))
        try:
            verify_consistency_proof(proof, old_checkpoint=notes[old - 1], vkey=vkey)
        except (CheckpointError, ProofError):
            assert path != honest
        else:
            assert path == honest

    return Target("consistency", st.tuples(sizes, sizes, st.lists(others, max_size=2)), attempt)
