"""`coalition audit proof`: one entry's way from its leaf to the signed checkpoint, verified before it is shown."""

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from coalition.cli.options import EarlierAct, vkey_text
from coalition.cli.printing import emit, hint, say
from coalition.cli.progress import waiting
from coalition.cli.voice import Voice, speaking
from coalition.client import BlockingClient, Outcome, RequestRejectedError
from coalition.client.answers import InclusionProof
from coalition.client.inclusion import verify_inclusion_proof
from settlement.errors import CoalitionError

PUBLISHED_SECONDS_MAX = 10.0
"""The promise of every receipt: its entry is under a checkpoint within this time."""
_PAUSE_SECONDS = 0.3


@speaking()
def prove_entry(
    voice: Voice,
    act_id: EarlierAct,
    vkey: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            callback=vkey_text,
            help="The log's public key. Default: the one in DIR/keys/log.vkey.",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Keep the proof there, as JSON.")] = None,
) -> None:
    """Prove that the entry of one of your acts is in the published journal; what is printed is verified.

    [dim]coalition audit proof 01890f3c-7a5b-7c21-9d3e-0b1c2d3e4f50 --as bakery --out proof.json[/]
    """
    trusted = vkey or voice.site.log_vkey()
    if trusted is None:
        message = "name the log's public key with --vkey; the operator has it in keys/log.vkey"
        raise CoalitionError("VKEY_MISSING", message)
    with waiting("waiting for a checkpoint"), voice.asking() as client:
        receipt = client.receipt(act_id=act_id)
        proof = _published(client, receipt)
    shard, number = receipt.shard, receipt.index
    checkpoint = verify_inclusion_proof(
        proof, shard=shard, entry_number=number, leaf_sha256=receipt.leaf_hash, vkey=trusted
    )
    document = _document(receipt, proof)
    if out is not None:
        out.write_text(json.dumps(document, indent=2) + "\n")
    if voice.json:
        emit(document)
        return
    say(
        f"entry {shard}:{number} is in the journal: under the checkpoint of {checkpoint.size:,} house entries"
    )
    say(f"  leaf hash {receipt.leaf_hash.hex()}")
    say(f"  log key   {trusted}")
    if out is not None:
        hint(f"keep {out} with your receipts")


def _published(client: BlockingClient, receipt: Outcome) -> InclusionProof:
    """The proof, as soon as a checkpoint covers the entry; ENTRY_NOT_PUBLISHED after the promised time."""
    deadline = time.monotonic() + PUBLISHED_SECONDS_MAX
    while True:
        try:
            return client.inclusion_proof(shard=receipt.shard, entry_number=receipt.index)
        except RequestRejectedError as error:
            if error.reason != "ENTRY_NOT_PUBLISHED" or time.monotonic() > deadline:
                raise
        time.sleep(_PAUSE_SECONDS)


def _document(receipt: Outcome, proof: InclusionProof) -> dict[str, object]:
    return {
        "shard": receipt.shard,
        "entry_number": receipt.index,
        "leaf_hash": receipt.leaf_hash.hex(),
        "shard_size": proof.shard_size,
        "shard_proof": [each.hex() for each in proof.shard_proof],
        "heads_leaf": proof.heads_leaf.decode("ascii", errors="replace"),
        "house_entry_number": proof.house_entry_number,
        "house_proof": [each.hex() for each in proof.house_proof],
        "checkpoint": proof.checkpoint,
    }
