"""Requests about securities, caps and defaults that break a rule: the answer names the field, and nothing is recorded."""

from typing import Any

import pytest

from coalition.api.v1 import security_pb2
from coalition.api.v1.security_pb2 import (
    ApproveDefaultRequest,
    ApproveWithdrawalRequest,
    DefaultProposal,
    DepositRequest,
    PreviewDefaultRequest,
    ProposeDefaultRequest,
    ProposeWithdrawalRequest,
    SetCapRequest,
    Withdrawal,
)
from tests.support.door import Door
from tests.support.network import ORIGIN

COLLATERAL = security_pb2.SECURITY_KIND_COLLATERAL


def deposit(**other: Any) -> Any:
    return DepositRequest(**{"participant": "bakery", "kind": COLLATERAL, "amount_minor": 5, **other})


def withdrawal(**other: Any) -> Any:
    good = {
        "audience": ORIGIN,
        "participant": "bakery",
        "kind": COLLATERAL,
        "currency": "EUR",
        "amount_minor": 5,
    }
    return ProposeWithdrawalRequest(proposal=Withdrawal(**{**good, **other}).SerializeToString())


def default(*borne: tuple[str, int], **other: Any) -> Any:
    good = {
        "audience": ORIGIN,
        "settlement": 1,
        "participant": "bakery",
        "currency": "EUR",
        "unpaid_minor": 5,
    }
    proposal = DefaultProposal(**{**good, **other})
    for name, amount in borne:
        proposal.borne.add(participant=name, amount_minor=amount)
    return ProposeDefaultRequest(proposal=proposal.SerializeToString())


BAD: dict[str, tuple[str, Any, str, str]] = {
    "deposit of nobody": ("operator", deposit(participant=""), "participant", "FIELD_INVALID"),
    "deposit of no kind": ("operator", deposit(kind=0), "kind", "FIELD_INVALID"),
    "deposit of an unknown kind": ("operator", deposit(kind=99), "kind", "FIELD_INVALID"),
    "deposit of nothing": ("operator", deposit(amount_minor=0), "amount_minor", "AMOUNT_NOT_POSITIVE"),
    "deposit below nothing": ("operator", deposit(amount_minor=-1), "amount_minor", "AMOUNT_NOT_POSITIVE"),
    "deposit beyond all": ("operator", deposit(amount_minor=2**63 - 1), "amount_minor", "AMOUNT_TOO_LARGE"),
    "cap below nothing": (
        "ann",
        SetCapRequest(participant="bakery", cap_minor=-1),
        "cap_minor",
        "FIELD_INVALID",
    ),
    "cap of nobody": ("ann", SetCapRequest(cap_minor=1), "participant", "FIELD_INVALID"),
    "withdrawal of no kind": ("ann", withdrawal(kind=0), "proposal.kind", "FIELD_INVALID"),
    "withdrawal of nothing": (
        "ann",
        withdrawal(amount_minor=0),
        "proposal.amount_minor",
        "AMOUNT_NOT_POSITIVE",
    ),
    "withdrawal elsewhere": (
        "ann",
        withdrawal(audience="other/net"),
        "proposal.audience",
        "AUDIENCE_MISMATCH",
    ),
    "withdrawal spelled twice": (
        "ann",
        ProposeWithdrawalRequest(proposal=withdrawal().proposal * 2),
        "proposal",
        "FIELD_INVALID",
    ),
    "withdrawal of noise": (
        "ann",
        ProposeWithdrawalRequest(proposal=b"\xff"),
        "payload",
        "PAYLOAD_MALFORMED",
    ),
    "yes to a short hash": (
        "bob",
        ApproveWithdrawalRequest(proposal_sha256=b"1"),
        "proposal_sha256",
        "FIELD_INVALID",
    ),
    "default of settlement 0": ("ann", default(settlement=0), "proposal.settlement", "FIELD_INVALID"),
    "default of nobody": ("ann", default(participant="-"), "proposal.participant", "FIELD_INVALID"),
    "default of nothing": ("ann", default(unpaid_minor=0), "proposal.unpaid_minor", "AMOUNT_NOT_POSITIVE"),
    "default below nothing": (
        "ann",
        default(capital_minor=-1),
        "proposal.capital_minor",
        "AMOUNT_NOT_POSITIVE",
    ),
    "default elsewhere": ("ann", default(audience="other/net"), "proposal.audience", "AUDIENCE_MISMATCH"),
    "survivors twice": ("ann", default(("cinema", 1), ("cinema", 1)), "proposal.borne", "FIELD_INVALID"),
    "survivors out of order": (
        "ann",
        default(("grocer", 1), ("cinema", 1)),
        "proposal.borne",
        "FIELD_INVALID",
    ),
    "a survivor of nothing": (
        "ann",
        default(("cinema", 0)),
        "proposal.borne.amount_minor",
        "AMOUNT_NOT_POSITIVE",
    ),
    "yes to no hash": ("bob", ApproveDefaultRequest(), "proposal_sha256", "FIELD_INVALID"),
    "preview of no leg": (
        "ann",
        PreviewDefaultRequest(settlement=1_000, participant="bakery"),
        "participant",
        "LEG_NOT_FOUND",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_breaks_a_rule_is_named(door: Door, case: str) -> None:
    who, request, field, reason = BAD[case]
    with door.records_nothing():
        answer = door.ask(who, request)
    answer.is_error(reason)
    assert answer.field == field
