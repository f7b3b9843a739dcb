"""What the leaves leave of members' proofs."""

from typing import TypeAlias

from coalition.audit.claims import read_proof
from settlement.journal.leaf import Entry
from settlement.ledger.acts import CODE

ProofName: TypeAlias = tuple[int, str, str]
"""Shard, member, and the proof's name."""


def take_proofs(proofs: dict[ProofName, bytes | None], entry: Entry) -> None:
    """Adds, removes and moves on what the entry's lines say. None: removed."""
    if entry.refusal is not None:
        return
    member, consent = entry.get("member") or "", entry.get("consent")
    if consent is not None and consent.startswith("code "):
        proofs[entry.shard, member, CODE] = bytes.fromhex(consent.removeprefix("code "))
    if entry.kind == "proof-add":
        name, public = read_proof(entry.one("proof"))
        proofs[entry.shard, member, name] = public
    elif entry.kind == "proof-remove":
        proofs[entry.shard, member, entry.one("proof-name")] = None
