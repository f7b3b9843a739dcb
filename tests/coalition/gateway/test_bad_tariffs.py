"""Tariffs that no proposal can state: the answer names the term."""

from typing import Any

import pytest

from coalition.api.v1 import partners_pb2
from coalition.api.v1.partners_pb2 import ApproveTariffRequest, ProposeTariffRequest, Tariff, TariffProposal
from tests.support.door import Door
from tests.support.network import ORIGIN

EVERY_WEEK = partners_pb2.CUT_OFF_EVERY_WEEK
NEVER, MONTHS = partners_pb2.LOT_EXPIRY_NEVER, partners_pb2.LOT_EXPIRY_MONTHS


def proposed(rate: int = 10_000, *, seconds: int | None = None, **terms: int | str) -> Any:
    """A proposal, on the wire, of a tariff that would be taken but for these terms."""
    good: dict[str, int | str] = {
        "hold_minutes": 1,
        "expiry": MONTHS,
        "expiry_count": 12,
        "spent": partners_pb2.SPENT_BEAR,
    }
    good["value_expiry"] = NEVER
    good |= {
        "calendar": "DE",
        "cut_off": "18:00",
        "cut_off_zone": "Europe/Berlin",
        "cut_off_every": EVERY_WEEK,
    }
    tariff = Tariff(reimbursement_micros=rate, **{**good, **terms})  # type: ignore[arg-type]
    proposal = TariffProposal(audience=ORIGIN, tariff=tariff)
    if seconds is not None:
        proposal.effective_from.seconds = seconds
    return proposal


BAD: dict[str, tuple[Any, str]] = {
    "tariff of 0": (proposed(0), "tariff.reimbursement_micros"),
    "too dear": (proposed(9_000_001), "tariff.reimbursement_micros"),
    "holds for no time": (proposed(hold_minutes=0), "tariff.hold_minutes"),
    "holds for over a year": (proposed(hold_minutes=525_601), "tariff.hold_minutes"),
    "no expiry": (proposed(expiry=0), "tariff.expiry"),
    "an unknown expiry": (proposed(expiry=99), "tariff.expiry"),
    "never, after a while": (proposed(expiry=NEVER), "tariff.expiry_count"),
    "after no months": (proposed(expiry_count=0), "tariff.expiry_count"),
    "after too many months": (proposed(expiry_count=601), "tariff.expiry_count"),
    "grace of less than no days": (proposed(grace_days=-1), "tariff.grace_days"),
    "grace of over ten years": (proposed(grace_days=3_651), "tariff.grace_days"),
    "silent on spent points": (proposed(spent=0), "tariff.spent"),
    "price below 0": (proposed(price_micros=-1), "tariff.price_micros"),
    "price without a pool": (proposed(price_micros=5), "tariff.price_micros"),
    "fee too dear": (proposed(fee_micros=9_000_001), "tariff.fee_micros"),
    "interchange above the reimbursement": (
        proposed(interchange_micros=10_001),
        "tariff.interchange_micros",
    ),
    "rebate of more than all": (proposed(rebate_basis_points=10_001), "tariff.rebate_basis_points"),
    "rebate without a pool": (proposed(rebate_basis_points=1), "tariff.rebate_basis_points"),
    "transfers of less than no points": (proposed(transfer_points_max=-1), "tariff.transfer_points_max"),
    "transfers of too many points": (proposed(transfer_points_max=10**12 + 1), "tariff.transfer_points_max"),
    "too many points on a day": (proposed(transfer_daily_max=10**15 + 1), "tariff.transfer_daily_max"),
    "a transfer's fee below 0": (proposed(transfer_fee_micros=-1), "tariff.transfer_fee_micros"),
    "no expiry of value": (proposed(value_expiry=0), "tariff.value_expiry"),
    "value never, after a while": (proposed(value_expiry_count=3), "tariff.value_expiry_count"),
    "value by activity": (
        proposed(value_expiry=partners_pb2.LOT_EXPIRY_ACTIVITY, value_expiry_count=3),
        "tariff.value_expiry",
    ),
    "consent above less than nothing": (proposed(value_consent_above=-1), "tariff.value_consent_above"),
    "transfers of too much value": (proposed(value_transfer_max=10**12 + 1), "tariff.value_transfer_max"),
    "no calendar": (proposed(calendar=""), "tariff.calendar"),
    "a calendar of nowhere": (proposed(calendar="germany"), "tariff.calendar"),
    "a country in small letters": (proposed(calendar="de"), "tariff.calendar"),
    "no word on the cut-off": (proposed(cut_off=""), "tariff.cut_off"),
    "a cut-off past midnight": (proposed(cut_off="24:00"), "tariff.cut_off"),
    "a cut-off with seconds": (proposed(cut_off="18:00:00"), "tariff.cut_off"),
    "no time zone": (proposed(cut_off_zone=""), "tariff.cut_off_zone"),
    "a time zone from a folder": (proposed(cut_off_zone="../etc/passwd"), "tariff.cut_off_zone"),
    "a cut-off now and then": (proposed(cut_off_every=0), "tariff.cut_off_every"),
    "a cut-off every other year": (proposed(cut_off_every=9), "tariff.cut_off_every"),
    "objections for over a year": (proposed(objection_hours=8_761), "tariff.objection_hours"),
    "payment before the approval": (proposed(payment_days=-1), "tariff.payment_days"),
    "a payment below nothing": (proposed(minimum_payment_minor=-1), "tariff.minimum_payment_minor"),
    "a swing of too much": (
        proposed(swing_warning_basis_points=1_000_001),
        "tariff.swing_warning_basis_points",
    ),
    "a tax of more than all": (proposed(vat_basis_points=10_001), "tariff.vat_basis_points"),
    "from no time": (proposed(seconds=-1), "proposal.effective_from"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_tariff_that_cannot_be_is_an_error_that_names_the_term(door: Door, name: str) -> None:
    proposal, field = BAD[name]
    door.names_field("ann", ProposeTariffRequest(proposal=proposal.SerializeToString()), field)


def test_a_proposal_has_one_spelling_and_one_network(door: Door) -> None:
    spelled = proposed().SerializeToString()
    elsewhere = proposed()
    elsewhere.audience = "clearing.example/elsewhere"
    with door.records_nothing():
        twice = door.ask("ann", ProposeTariffRequest(proposal=spelled + spelled))
        foreign = door.ask("ann", ProposeTariffRequest(proposal=elsewhere.SerializeToString()))
        short = door.ask("bob", ApproveTariffRequest(proposal_sha256=bytes(31)))
    twice.is_error("FIELD_INVALID")
    foreign.is_error("AUDIENCE_MISMATCH")
    short.is_error("FIELD_INVALID")
    assert [answer.field for answer in (twice, foreign, short)] == [
        "proposal",
        "proposal.audience",
        "proposal_sha256",
    ]


def test_nobody_but_a_person_of_the_operator_proposes_a_tariff(door: Door) -> None:
    for who in ("bakery", "operator"):
        door.ask(who, ProposeTariffRequest(proposal=proposed().SerializeToString())).is_error("ROLE_MISSING")
