"""Co-funded campaigns through the door: fields that break rules, who sees an agreement, and what a funder sees of issues."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from coalition.api.v1.exchange_pb2 import IssueRequest
from coalition.api.v1.partners_pb2 import AgreeToFundRequest, EndFundingRequest
from coalition.client import BlockingClient
from settlement.clock import from_us, now_us
from settlement.journal.leaf import HOUSE
from tests.support.door import Door

LATER = datetime(2100, 1, 1, tzinfo=UTC)


def funding(**fields: Any) -> Any:
    """A good request but for these fields."""
    good = {"partner_id": "grocer", "campaign": "spring", "share_basis_points": 2_500}
    return AgreeToFundRequest(**{**good, "valid_until": Timestamp(seconds=4_000_000_000), **fields})


FIELDS: dict[str, tuple[Callable[[], Any], str]] = {
    "no issuer": (lambda: funding(partner_id=""), "partner_id"),
    "no campaign": (lambda: funding(campaign=""), "campaign"),
    "a campaign in capitals": (lambda: funding(campaign="Spring"), "campaign"),
    "a campaign in two lines": (lambda: funding(campaign="spring\nresult ok"), "campaign"),
    "a campaign of 65": (lambda: funding(campaign="s" * 65), "campaign"),
    "no share": (lambda: funding(share_basis_points=0), "share_basis_points"),
    "less than no share": (lambda: funding(share_basis_points=-1), "share_basis_points"),
    "all of it": (lambda: funding(share_basis_points=10_000), "share_basis_points"),
    "no time": (lambda: funding(valid_until=None), "valid_until"),
    "a time that is past": (lambda: funding(valid_until=Timestamp(seconds=1)), "valid_until"),
    "the end of no campaign": (lambda: EndFundingRequest(partner_id="grocer"), "campaign"),
    "the end with nobody": (lambda: EndFundingRequest(campaign="spring"), "partner_id"),
}


@pytest.mark.parametrize("case", FIELDS)
def test_a_field_that_breaks_its_rule_is_named(door: Door, case: str) -> None:
    make, field = FIELDS[case]
    door.names_field("bakery", make(), field)


def test_an_issue_names_a_campaign_in_its_one_spelling(door: Door) -> None:
    request = IssueRequest(member_id=door.member, amount=5, campaign="spring sale")
    request.occurred_at.FromMicroseconds(now_us())
    door.names_field("bakery", request, "campaign")


def test_a_funder_sees_its_agreements_and_what_is_issued_and_undone_at_its_cost(door: Door) -> None:
    with BlockingClient(door.identity("bakery")) as bakery, BlockingClient(door.identity("grocer")) as grocer:

        def agree(share: int, until: datetime = LATER) -> str | None:
            return grocer.agree_to_fund(
                issuer="bakery", campaign="advent", share_basis_points=share, valid_until=until
            ).refusal

        assert bakery.issue(member=door.member, amount=8, campaign="advent").refusal == "CAMPAIGN_UNKNOWN"
        assert agree(2_500) is None
        for client in (bakery, grocer):
            [found] = client.fundings()
            assert (found.issuer, found.campaign, found.funder) == ("bakery", "advent", "grocer")
            assert (found.share_basis_points, found.valid_until) == (2_500, LATER)
        with BlockingClient(door.identity("operator")) as operator:
            assert operator.fundings() == grocer.fundings()
        alone = bakery.issue(member=door.member, amount=8)
        shared = bakery.issue(member=door.member, amount=8, campaign="advent")
        undone = bakery.reverse(original_act_id=shared.act_id, amount=4)
        seen = {(entry.shard, entry.entry_number) for entry in grocer.entries()}
        assert {(each.shard, each.index) for each in (shared, undone)} < seen
        assert (alone.shard, alone.index) not in seen
        assert grocer.end_funding(issuer="bakery", campaign="advent").refusal is None
        assert grocer.end_funding(issuer="bakery", campaign="advent").refusal == "CAMPAIGN_UNKNOWN"
        assert bakery.fundings() == []
        assert agree(2_500, from_us(now_us()) + timedelta(seconds=0.2)) is None
        assert HOUSE in {shard for shard, _ in seen}
        while grocer.fundings():
            pass
        assert bakery.issue(member=door.member, amount=8, campaign="advent").refusal == "CAMPAIGN_UNKNOWN"
