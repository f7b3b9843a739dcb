"""How the points of one issue are divided among those who fund them. Pure, in whole points; nothing is lost or made."""

from collections.abc import Sequence

from settlement.house.funding import living_fundings
from settlement.house.state import House
from settlement.money import BASIS_POINTS

Part = tuple[str, int]
"""A funder, and its points."""


def parts_of_issue(house: House, issuer: str, campaign: str | None, amount: int, now_us: int) -> list[Part]:
    """Who funds how many of the points: the issuer first, then the campaign's funders by name; nobody who has none.

    Empty: nobody funds such a campaign.
    """
    if campaign is None:
        return [(issuer, amount)]
    shares = [
        (each.funder, each.share_basis_points) for each in living_fundings(house, issuer, campaign, now_us)
    ]
    if not shares:
        return []
    own = BASIS_POINTS - sum([share for _, share in shares])
    return [part for part in divided(amount, [(issuer, own), *shares]) if part[1]]


def divided(amount: int, shares: Sequence[Part]) -> list[Part]:
    """Points by shares that make up the whole: each its whole points, and those left over to the largest remainders.

    Among equal remainders the first by name gets one.
    """
    whole = {name: amount * share // BASIS_POINTS for name, share in shares}
    by_remainder = sorted(shares, key=lambda each: (-(amount * each[1] % BASIS_POINTS), each[0]))
    for name, _ in by_remainder[: amount - sum(whole.values())]:
        whole[name] += 1
    return list(whole.items())


def undone_of(quantities: Sequence[int], undone: int) -> list[int]:
    """How many points of each lot of an issue are undone once so many of all are.

    In the order of the lots, each its part of what those before it left, rounded down. So it does not matter in which parts an
    issue is reversed, no lot ever gets points back by it, and in the end each is undone whole.
    """
    found: list[int] = []
    points, left = sum(quantities), undone
    for quantity in quantities:
        found.append(left * quantity // points)
        left -= found[-1]
        points -= quantity
    return found
