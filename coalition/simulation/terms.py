"""Terms of tariffs, and shares of campaigns, that a story's people ask for."""

from settlement.clock import HOUR_US, SECOND_US
from settlement.house.acts import AgreeToFund, EndFunding
from settlement.house.tariff import Spent, Tariff

HOLD_MINUTES = 5
"""Holds and tariffs ask for fewer minutes than these, so that some run out within a story."""
CAMPAIGNS = ("spring", "spring", "autumn")
LIVES_US = (2 * SECOND_US, 24 * HOUR_US, *[20_000 * HOUR_US] * 6)
"""How long agreements to fund a campaign live."""
EXPIRIES = ("never", "months-1", "month-end-0", "month-end-1", "year-end-0", "activity-1", "activity-2")


def drawn_tariff(chance: int, *, pooled: bool) -> Tariff:
    """Terms drawn by a number."""
    return Tariff(
        1 + chance * 97,
        hold_minutes=1 + chance % HOLD_MINUTES,
        expiry=EXPIRIES[chance % len(EXPIRIES)],
        grace_days=chance % 4,
        spent=tuple(Spent)[chance // 7 % len(Spent)],
        price_micros=1 + chance * 53 if pooled else 0,
        fee_micros=chance % 7 * 31,
        interchange_micros=chance % 5 * 101,
        rebate_basis_points=chance * 10 if pooled else 0,
    )


def drawn_funding(chance: int, *, issuer: str, now_us: int, ends: bool) -> AgreeToFund | EndFunding:
    """A share, drawn by a number, of what an issuer issues for a campaign; or the end of it."""
    campaign = CAMPAIGNS[chance % len(CAMPAIGNS)]
    if ends:
        return EndFunding(issuer, campaign)
    return AgreeToFund(issuer, campaign, 1 + chance * 6, now_us + LIVES_US[chance % len(LIVES_US)])
