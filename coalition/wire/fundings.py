"""Agreements on co-funded campaigns, from their messages to what is asked."""

from typing import Any

from coalition.wire.strict import invalid, read_partner_id, read_time
from settlement.house.acts import AgreeToFund, EndFunding
from settlement.house.funding import SHARES_MAX
from settlement.ids import is_campaign


def read_campaign(text: str) -> str:
    """A campaign's name. CoalitionError FIELD_INVALID."""
    if not is_campaign(text):
        raise invalid("campaign", "1 to 64 of a-z, 0-9 and hyphens")
    return text


def agree_to_fund(request: Any) -> AgreeToFund:
    """What an AgreeToFundRequest asks for. CoalitionError FIELD_INVALID names the field."""
    issuer, campaign = read_partner_id(request.partner_id, "partner_id"), read_campaign(request.campaign)
    share = request.share_basis_points
    if not 1 <= share <= SHARES_MAX:
        raise invalid("share_basis_points", f"from 1 to {SHARES_MAX}")
    until_us = read_time(request.valid_until, "valid_until")
    if until_us <= read_time(request.header.issued_at, "header.issued_at"):
        raise invalid("valid_until", "later than header.issued_at")
    return AgreeToFund(issuer, campaign, share, until_us)


def end_funding(request: Any) -> EndFunding:
    """What an EndFundingRequest asks for. CoalitionError FIELD_INVALID names the field."""
    return EndFunding(read_partner_id(request.partner_id, "partner_id"), read_campaign(request.campaign))
