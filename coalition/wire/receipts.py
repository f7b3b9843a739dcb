"""Receipts: what the operator signs about an act, and how a partner reads it back."""

from coalition.api.v1.envelope_pb2 import Receipt, RefusalReason
from coalition.wire.envelope import Sealed, open_envelope, seal
from coalition.wire.methods import RECEIPT_TYPE
from coalition.wire.strict import invalid, parse_payload, read_asset, read_time, write_asset, write_time
from settlement.errors import CoalitionError
from settlement.journal.acts import Outcome
from settlement.signing import PublicKey, Signer

_PREFIX = "REFUSAL_REASON_"
_REFUSALS: dict[int, str | None] = {
    number: name.removeprefix(_PREFIX) if number else None for name, number in RefusalReason.items()
}


def seal_receipt(signer: Signer, *, audience: str, outcome: Outcome) -> bytes:
    """The serialised envelope that answers one act."""
    receipt = Receipt(audience=audience, payload_sha256=outcome.payload_sha256)
    facts = receipt.outcomes.add(
        act_id=outcome.act_id,
        shard=outcome.shard,
        entry_number=outcome.index,
        leaf_sha256=outcome.leaf_hash,
        member_id=outcome.member,
        balance_after=outcome.balance_after,
        asset=write_asset(outcome.asset),
    )
    if outcome.refusal is not None:
        facts.refusal = RefusalReason.Value(_PREFIX + outcome.refusal)
    write_time(facts.recorded_at, outcome.recorded_at_us)
    return seal(signer, RECEIPT_TYPE, receipt.SerializeToString())


def open_receipt(
    data: bytes, *, audience: str, key: PublicKey, payload_sha256: bytes | None = None
) -> Outcome:
    """The outcome in a receipt that the operator really signed, for this network and, if given, for this payload.

    Errors: those of `open_envelope`, SIGNATURE_INVALID, RECEIPT_MISMATCH; FIELD_INVALID for what no outcome can be.
    """
    sealed: Sealed = open_envelope(data, payload_type=RECEIPT_TYPE)
    sealed.verify(key)
    receipt: Receipt = parse_payload(sealed.payload, Receipt)
    wrong = payload_sha256 is not None and receipt.payload_sha256 != payload_sha256
    if receipt.audience != audience or wrong or len(receipt.outcomes) != 1 or sealed.keyid != key.keyid:
        raise CoalitionError(
            "RECEIPT_MISMATCH", "the receipt answers another request, network or number of acts"
        )
    facts = receipt.outcomes[0]
    return Outcome(
        facts.act_id,
        receipt.payload_sha256,
        facts.shard,
        _entry_number(facts.entry_number),
        facts.leaf_sha256,
        read_time(facts.recorded_at, "outcomes.recorded_at"),
        _refusal(facts.refusal),
        facts.member_id or None,
        facts.balance_after if facts.member_id else None,
        read_asset(facts.asset),
    )


def _entry_number(number: int) -> int:
    """Below zero it would count from the journal's end."""
    if number < 0:
        raise invalid("outcomes.entry_number", "0 or more")
    return number


def _refusal(number: int) -> str | None:
    if number not in _REFUSALS:
        raise invalid("outcomes.refusal", "one that this version knows; a newer one may know it")
    return _REFUSALS[number]
