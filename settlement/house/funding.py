"""Pure decisions on co-funded campaigns: a partner agrees to fund a share of what another issues, and ends that.

An agreement lives until its time is over, its funder ends it or is suspended. Shares are in basis points: 10,000 are the whole.
"""

from settlement.clock import format_time
from settlement.house.acts import AgreeToFund, EndFunding
from settlement.house.decide import why_stopped
from settlement.house.drafting import house_draft
from settlement.house.records import ACTIVE, Funding
from settlement.house.state import House
from settlement.journal.acts import Act, Draft
from settlement.money import BASIS_POINTS

SHARES_MAX = BASIS_POINTS - 1
"""What all funders of a campaign bear at most: some of it is the issuer's."""
FUNDERS_MAX = 32
"""Funders of one campaign, so that the leaf of what is issued for it, or reversed, stays within bounds."""


def agree_to_fund(house: House, act: Act[object], body: AgreeToFund, now_us: int) -> Draft:
    """From the next entry on the caller funds its share; it takes the place of what the two agreed on this campaign before."""
    lines = (
        ("subject", body.issuer),
        ("campaign", body.campaign),
        ("share", str(body.share_basis_points)),
        ("until", format_time(body.until_us)),
    )
    return house_draft("fund-agree", act, lines, _why_not_agree(house, act.partner, body, now_us))


def _why_not_agree(house: House, funder: str, body: AgreeToFund, now_us: int) -> str | None:
    stopped = why_stopped(house, funder)
    if stopped is not None:
        return stopped
    if body.issuer not in house.partners or body.issuer in (house.operator, funder):
        return "PARTNER_UNKNOWN"
    others = house.other_fundings(body.issuer, body.campaign, funder=funder, now_us=now_us)
    if len(others) >= FUNDERS_MAX:
        return "LIMIT_EXCEEDED"
    shares = sum([each.share_basis_points for each in others])
    return "SHARES_EXCEEDED" if shares + body.share_basis_points > SHARES_MAX else None


def end_funding(house: House, act: Act[object], body: EndFunding, now_us: int) -> Draft:
    """From the next entry on the caller funds nothing of the campaign. What is issued stays its own."""
    known = house.fundings.get((body.issuer, body.campaign), ())
    living = any(each.funder == act.partner and not each.is_over(now_us) for each in known)
    lines = (("subject", body.issuer), ("campaign", body.campaign))
    return house_draft("fund-end", act, lines, None if living else "CAMPAIGN_UNKNOWN")


def living_fundings(house: House, issuer: str, campaign: str, now_us: int) -> list[Funding]:
    """The agreements by which others fund what is issued for a campaign at this time, by funder."""
    known = house.fundings.get((issuer, campaign), ())
    return [
        each for each in known if not each.is_over(now_us) and house.partners[each.funder].state == ACTIVE
    ]
