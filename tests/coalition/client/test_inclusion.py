"""A proof of inclusion holds for the entry it is for, and for nothing else."""

import time
from dataclasses import replace

import pytest

from coalition.client import (
    BlockingClient,
    Outcome,
    RequestRejectedError,
    verify_consistency_proof,
    verify_inclusion_proof,
)
from coalition.client.answers import InclusionProof
from settlement.errors import CoalitionError
from settlement.house.tariff import Tariff
from settlement.transparency.checkpoint import parse_and_verify
from tests.support.network import RunningServer

PUBLISHED_SECONDS_MAX = 10


@pytest.fixture(scope="module")
def proven(network: RunningServer) -> tuple[Outcome, InclusionProof]:
    """An act of a member shard, and its proof."""
    with BlockingClient(network.identity("bakery")) as client:
        outcomes = [client.enrol() for _ in range(3)]
        return outcomes[1], published(client, outcomes[1])


def published(client: BlockingClient, outcome: Outcome) -> InclusionProof:
    deadline = time.monotonic() + PUBLISHED_SECONDS_MAX
    while True:
        try:
            return client.inclusion_proof(shard=outcome.shard, entry_number=outcome.index)
        except RequestRejectedError as error:
            if error.reason != "ENTRY_NOT_PUBLISHED" or time.monotonic() > deadline:
                raise
        time.sleep(0.1)


def verify(network: RunningServer, outcome: Outcome, proof: InclusionProof, **changed: object) -> None:
    vkey = network.site.log_vkey()
    assert vkey is not None
    asked = {
        "shard": outcome.shard,
        "entry_number": outcome.index,
        "leaf_sha256": outcome.leaf_hash,
        "vkey": vkey,
    }
    verify_inclusion_proof(proof, **{**asked, **changed})  # type: ignore[arg-type]


def test_an_entry_of_a_member_shard_is_proven(
    network: RunningServer, proven: tuple[Outcome, InclusionProof]
) -> None:
    verify(network, *proven)


def test_an_entry_of_the_house_is_proven(network: RunningServer) -> None:
    with BlockingClient(network.identity("ann")) as client:
        outcome = client.propose_tariff(Tariff(10_000))
        proof = published(client, outcome)
    verify(network, outcome, proof)
    with pytest.raises(CoalitionError):
        verify(network, outcome, proof, entry_number=outcome.index - 1)


def test_nothing_else_is_proven(network: RunningServer, proven: tuple[Outcome, InclusionProof]) -> None:
    outcome, proof = proven
    for changed in (
        {"leaf_sha256": bytes(32)},
        {"entry_number": outcome.index + 1},
        {"shard": 2},
        {"shard": 0},
    ):
        with pytest.raises(CoalitionError):
            verify(network, outcome, proof, **changed)


@pytest.mark.parametrize(
    "change",
    [
        lambda proof: replace(proof, shard_proof=()),
        lambda proof: replace(proof, shard_size=proof.shard_size + 1),
        lambda proof: replace(proof, heads_leaf=proof.heads_leaf.replace(b"head 1 ", b"head 2 ")),
        lambda proof: replace(proof, heads_leaf=b""),
        lambda proof: replace(proof, house_entry_number=proof.house_entry_number - 1),
        lambda proof: replace(proof, house_proof=proof.house_proof[1:]),
        lambda proof: replace(proof, checkpoint=proof.checkpoint.replace("test\n", "rest\n", 1)),
    ],
)
def test_a_changed_proof_proves_nothing(
    network: RunningServer, proven: tuple[Outcome, InclusionProof], change: object
) -> None:
    outcome, proof = proven
    with pytest.raises(CoalitionError):
        verify(network, outcome, change(proof))  # type: ignore[operator]


def test_the_served_log_continues_a_checkpoint_that_was_kept(network: RunningServer) -> None:
    vkey = network.site.log_vkey()
    assert vkey is not None
    with BlockingClient(network.identity("bakery")) as client:
        published(client, client.enrol())
        kept = client.checkpoint()
        size = parse_and_verify(kept, [vkey]).size
        published(client, client.enrol())
        proof = client.consistency_proof(old_size=size)
    assert verify_consistency_proof(proof, old_checkpoint=kept, vkey=vkey).size > size
