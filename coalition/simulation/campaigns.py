"""Campaigns of a story that several partners fund."""

from coalition.simulation.cast import Cast
from coalition.simulation.requests import Asking, message_of
from coalition.simulation.story import OPENING_PARTNERS, Step
from settlement.clock import HOUR_US, SECOND_US
from settlement.house.acts import AgreeToFund, EndFunding

CAMPAIGNS = ("spring", "spring", "autumn")
LIVES_US = (2 * SECOND_US, 24 * HOUR_US, *[1_000_000 * HOUR_US] * 6)
"""How long agreements to fund a campaign live."""


def fund(cast: Cast, step: Step, now_us: int) -> Asking | None:
    """A partner's share of a campaign of one of the first partners, or the end of it; "odd": of a campaign of its own."""
    company = cast.partner(step.who)
    other = step.who if step.conduct == "odd" else (step.who + 1 + step.amount % 3) % OPENING_PARTNERS
    issuer, campaign = cast.partner(other).name, CAMPAIGNS[step.amount % len(CAMPAIGNS)]
    until_us = now_us + LIVES_US[step.amount % len(LIVES_US)]
    body: AgreeToFund | EndFunding = AgreeToFund(issuer, campaign, 1 + step.amount * 6, until_us)
    if step.kind == "end funding":
        body = EndFunding(issuer, campaign)
    return Asking(company, company.live[-1], body, message_of(body)) if company.live else None
