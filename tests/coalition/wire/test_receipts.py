"""A receipt reads back as the outcome that was sealed, and as nothing that no outcome can be."""

from typing import Any

import pytest

from coalition.api.v1.envelope_pb2 import Receipt
from coalition.wire.envelope import payload_of, seal
from coalition.wire.methods import RECEIPT_TYPE
from coalition.wire.receipts import open_receipt, seal_receipt
from settlement.errors import CoalitionError
from settlement.journal.acts import Outcome
from settlement.signing import new_key, parse_public_key

NETWORK = "clearing.example/test"
SIGNER = new_key()
KEY = parse_public_key(SIGNER.spki)
OUTCOME = Outcome(
    "an-act", b"h" * 32, 1, 7, bytes(32), 1_800_000_000_000_001, "POINTS_SPENT", "a-member", 120
)


def test_a_receipt_reads_back_as_the_outcome() -> None:
    receipt = seal_receipt(SIGNER, audience=NETWORK, outcome=OUTCOME)
    assert open_receipt(receipt, audience=NETWORK, key=KEY, payload_sha256=b"h" * 32) == OUTCOME


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("outcomes.refusal", {"refusal": 9_999}),
        ("outcomes.refusal", {"refusal": -5}),
        ("outcomes.entry_number", {"entry_number": -1}),
        ("outcomes.recorded_at", {"recorded_at": {"seconds": 2**62}}),
        ("outcomes.recorded_at", {"recorded_at": {"seconds": 5, "nanos": -1}}),
    ],
)
def test_what_no_outcome_can_be_is_an_error_that_names_the_field(field: str, change: dict[str, Any]) -> None:
    receipt = Receipt.FromString(payload_of(seal_receipt(SIGNER, audience=NETWORK, outcome=OUTCOME)))
    facts: Any = receipt.outcomes[0]
    for name, value in change.items():
        facts.ClearField(name)
        facts.MergeFrom(type(facts)(**{name: value}))
    with pytest.raises(CoalitionError) as caught:
        open_receipt(seal(SIGNER, RECEIPT_TYPE, receipt.SerializeToString()), audience=NETWORK, key=KEY)
    assert (caught.value.reason, caught.value.field) == ("FIELD_INVALID", field)
