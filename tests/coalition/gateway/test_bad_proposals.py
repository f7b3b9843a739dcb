"""Proposals of settlements that break a rule of their fields: the answer names it, and nothing is recorded."""

from typing import Any

import pytest

from coalition.api.v1.settlement_pb2 import NetPosition, Proposal, ProposeRequest
from tests.support.door import Door
from tests.support.network import ORIGIN

FIELDS: dict[str, tuple[dict[str, Any], str]] = {
    "nets twice": ({"nets": [NetPosition(participant="aa")] * 2}, "proposal.nets"),
    "nets out of order": (
        {"nets": [NetPosition(participant=each) for each in ("bb", "aa")]},
        "proposal.nets",
    ),
    "warned twice": ({"warnings": ["zero-cycle", "zero-cycle"]}, "proposal.warnings"),
    "deferred twice": (
        {"nets": [NetPosition(participant="aa")], "deferred": ["aa", "aa"]},
        "proposal.deferred",
    ),
    "deferred without a net": (
        {"nets": [NetPosition(participant="aa")], "deferred": ["bb"]},
        "proposal.deferred",
    ),
}


@pytest.mark.parametrize("case", FIELDS)
def test_a_field_that_breaks_its_rule_is_named(door: Door, case: str) -> None:
    said, field = FIELDS[case]
    proposal = Proposal(audience=ORIGIN, cycle=1, **said).SerializeToString()
    door.names_field("ann", ProposeRequest(proposal=proposal), field)
