"""What somebody signed for an entry: the facts of its leaf, the key, and the request, each part verified as far as it is here."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from google.protobuf.json_format import MessageToDict

from coalition.audit.claims import Claim, read_claim, read_request
from coalition.audit.signatures import Job, why_not_genuine
from coalition.cli.printing import utc
from settlement.journal.leaf import Entry, parse_leaf
from settlement.transparency.merkle import leaf_hash


@dataclass(frozen=True, slots=True)
class KeyFound:
    """What is known of the key that signed: whether it was good, and the key itself, if it is here."""

    said: str
    spki: bytes | None


def claim_of(leaf: bytes) -> tuple[Entry, Claim | None]:
    """An entry, and what its leaf says of who asked for it; None: it is the engine's own."""
    entry = parse_leaf(leaf)
    return entry, read_claim(entry)


def facts_of(leaf: bytes) -> dict[str, Any]:
    """What the leaf alone says."""
    entry, claim = claim_of(leaf)
    facts: dict[str, Any] = {
        "entry": f"{entry.shard}:{entry.index}",
        "kind": entry.kind,
        "recorded_at": utc(entry.time_us),
        "leaf_hash": leaf_hash(leaf).hex(),
        "postings": [value for value in entry.all("post") if " PTS " not in value],
    }
    if claim is None:
        return facts | {"act_id": None, "signed_by": "nobody: it is the engine's own"}
    return facts | {"partner": claim.partner, "act_id": claim.act_id, "keyid": claim.keyid}


def signed_facts(leaf: bytes, payload: bytes | None, key: KeyFound, *, why_missing: str) -> dict[str, Any]:
    """What was signed for an entry that somebody asked for. `why_missing`: said where `payload` is None."""
    entry, claim = claim_of(leaf)
    assert claim is not None
    digest = claim.payload_sha256
    if payload is None:
        facts = {"signature": f"cannot be verified: {why_missing}", "payload_sha256": digest.hex()}
        return {"key": key.said, **facts, "request": None}
    signature = "cannot be verified: the key is not here"
    if key.spki is not None:
        job = Job("", key.spki, claim.signature, claim.payload_type, payload)
        signature = why_not_genuine(job) or "genuine"
    same = sha256(payload).digest() == digest
    request = read_request(claim, payload, kind=entry.kind)
    return {
        "key": key.said,
        "signature": signature,
        "payload_sha256": f"{digest.hex()} {'holds' if same else 'does not hold'}",
        "request": MessageToDict(request, preserving_proto_field_name=True),
    }
