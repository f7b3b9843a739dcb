"""A partner's receipts against the journal: what the operator promised is there, at that number, to the byte."""

from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256

from coalition.audit.checks import Check
from coalition.audit.replay import Replay
from coalition.wire.envelope import payload_of
from coalition.wire.receipts import open_receipt
from settlement.errors import CoalitionError
from settlement.house.records import RECEIPT
from settlement.journal.acts import Outcome
from settlement.signing import PublicKey, parse_public_key

Held = Iterable[tuple[bytes, bytes]]
"""Envelopes and the receipts that answered them, as an outbox keeps them."""


def check_receipts(held: Held, replay: Replay) -> None:
    """Finds every receipt that is not the operator's, or promises another entry than the journal holds."""
    keys = [parse_public_key(key.spki) for key in replay.house.keys.values() if key.purpose == RECEIPT]
    for number, (envelope, receipt) in enumerate(held, start=1):
        wrong = _what_is_wrong(envelope, receipt, replay, keys)
        replay.report.require(wrong is None, Check.RECEIPTS, f"receipt {number}", wrong or "")


def _what_is_wrong(envelope: bytes, receipt: bytes, replay: Replay, keys: list[PublicKey]) -> str | None:
    try:
        digest = sha256(payload_of(envelope)).digest()
        outcome = _opened(receipt, replay.house.founded.origin, digest, keys)
    except (CoalitionError, ValueError) as error:
        return f"it is no receipt of this network for the request kept with it: {error}"
    state = replay.shards.get(outcome.shard)
    place = f"act {outcome.act_id}, entry {outcome.shard}:{outcome.index}"
    if state is None or outcome.index >= len(state.leaf_hashes):
        return f"{place}: not under this bundle's checkpoint; take a later bundle"
    if state.leaf_hashes[outcome.index] != outcome.leaf_hash:
        return f"{place}: the journal holds another entry there than the operator promised"
    return None


def _opened(receipt: bytes, origin: str, digest: bytes, keys: list[PublicKey]) -> Outcome:
    """The outcome by whichever of the network's receipt keys signed it; the last key's error if none did."""
    for key in keys[:-1]:
        with suppress(CoalitionError):
            return open_receipt(receipt, audience=origin, key=key, payload_sha256=digest)
    return open_receipt(receipt, audience=origin, key=keys[-1], payload_sha256=digest)
