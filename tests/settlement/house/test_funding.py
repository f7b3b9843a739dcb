"""Agreements on co-funded campaigns: who may agree to what, which of them hold, and when they end, written out by hand."""

from dataclasses import dataclass, field, replace

import pytest

from settlement.house.acts import AgreeToFund, EndFunding
from settlement.house.funding import FUNDERS_MAX, agree_to_fund, end_funding, living_fundings
from settlement.house.records import ACTIVE, REGISTERED, SUSPENDED, Partner
from settlement.house.state import House
from settlement.journal.acts import Draft
from settlement.journal.leaf import HOUSE
from tests.support.pure_acts import OPERATOR, T0_US, act, as_entry, house_of

LATER_US = T0_US + 1_000


@dataclass
class Desk:
    """A house in which every draft becomes the next entry."""

    house: House = field(default_factory=lambda: house_of("bakery", "grocer", "dairy"))

    def agree(
        self,
        funder: str,
        share: int,
        *,
        issuer: str = "bakery",
        campaign: str = "spring",
        until_us: int = LATER_US,
        now_us: int = T0_US,
    ) -> str | None:
        body = AgreeToFund(issuer, campaign, share, until_us)
        return self._enter(agree_to_fund(self.house, act(funder, body), body, now_us), now_us)

    def end(self, funder: str, *, campaign: str = "spring", now_us: int = T0_US) -> str | None:
        body = EndFunding("bakery", campaign)
        return self._enter(end_funding(self.house, act(funder, body), body, now_us), now_us)

    def shares(self, *, campaign: str = "spring", now_us: int = T0_US) -> dict[str, int]:
        found = living_fundings(self.house, "bakery", campaign, now_us)
        return {each.funder: each.share_basis_points for each in found}

    def _enter(self, draft: Draft, now_us: int) -> str | None:
        size, house = self.house.size, self.house.fork()
        house.apply(as_entry(draft, shard=HOUSE, index=size, house=size, time_us=now_us))
        self.house = house
        return draft.refusal


def test_the_newest_agreement_of_each_funder_holds_for_its_campaign() -> None:
    desk = Desk()
    assert desk.agree("grocer", 2_500) is None
    assert desk.agree("dairy", 1_000) is None
    assert desk.agree("grocer", 3_000) is None
    assert desk.shares() == {"dairy": 1_000, "grocer": 3_000}
    assert desk.shares(campaign="autumn") == {}


def test_a_house_that_was_forked_before_knows_nothing_of_it() -> None:
    desk = Desk()
    before = desk.house
    desk.agree("grocer", 2_500)
    assert living_fundings(before, "bakery", "spring", T0_US) == []


def test_some_of_a_campaign_is_always_the_issuers() -> None:
    desk = Desk()
    assert desk.agree("grocer", 5_000) is None
    assert desk.agree("dairy", 5_000) == "SHARES_EXCEEDED"
    assert desk.agree("dairy", 4_999) is None
    assert desk.agree("grocer", 5_001) == "SHARES_EXCEEDED"
    assert desk.agree("grocer", 1) is None
    assert desk.agree("dairy", 9_998) is None


@pytest.mark.parametrize(
    ("state", "refusal"),
    [(ACTIVE, None), (REGISTERED, "PARTNER_NOT_ACTIVE"), (SUSPENDED, "PARTNER_SUSPENDED")],
)
def test_only_an_active_partner_agrees_and_only_its_agreements_live(state: str, refusal: str | None) -> None:
    desk = Desk()
    desk.agree("grocer", 2_500)
    desk.house.partners["grocer"] = Partner("grocer", "Grocer", state)
    assert desk.shares() == ({"grocer": 2_500} if state == ACTIVE else {})
    assert desk.agree("grocer", 2_600) == refusal
    assert desk.end("grocer") is None, "whoever may not act may still end what it pays for"


@pytest.mark.parametrize("issuer", ["florist", OPERATOR, "grocer"])
def test_an_issuer_is_another_partner(issuer: str) -> None:
    assert Desk().agree("grocer", 2_500, issuer=issuer) == "PARTNER_UNKNOWN"


def test_an_agreement_ends_by_its_funder() -> None:
    desk = Desk()
    desk.agree("grocer", 2_500)
    desk.agree("dairy", 1_000)
    assert desk.end("grocer", campaign="autumn") == "CAMPAIGN_UNKNOWN"
    assert desk.end("grocer") is None
    assert desk.end("grocer") == "CAMPAIGN_UNKNOWN"
    assert desk.shares() == {"dairy": 1_000}


def test_an_agreement_ends_with_its_time_to_the_microsecond() -> None:
    desk = Desk()
    desk.agree("grocer", 9_999)
    assert desk.shares(now_us=LATER_US - 1) == {"grocer": 9_999}
    assert desk.shares(now_us=LATER_US) == {}
    assert desk.end("grocer", now_us=LATER_US) == "CAMPAIGN_UNKNOWN"
    assert desk.agree("dairy", 1, until_us=2 * LATER_US, now_us=LATER_US - 1) == "SHARES_EXCEEDED"
    assert desk.agree("dairy", 9_999, until_us=2 * LATER_US, now_us=LATER_US) is None
    assert desk.shares(now_us=T0_US) == {"dairy": 9_999}, "over for good, for a shard whose clock is behind"


def test_a_campaign_has_so_many_funders_and_no_more() -> None:
    desk = Desk()
    dairy = desk.house.partners["dairy"]
    for number in range(FUNDERS_MAX):
        name = f"funder-{number}"
        desk.house.partners[name] = replace(dairy, partner_id=name)
        assert desk.agree(name, 1) is None
    assert desk.agree("dairy", 1) == "LIMIT_EXCEEDED"
    assert desk.agree("funder-0", 2) is None
    assert desk.agree("dairy", 1, campaign="autumn") is None
