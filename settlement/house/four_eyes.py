"""Four eyes: one person proposes, another approves within 72 hours. The one rule for whatever two people decide; pure."""

from typing import Protocol

from settlement.clock import HOUR_US
from settlement.house.state import House
from settlement.journal.acts import Act

PROPOSAL_LIFE_US = 72 * HOUR_US
"""How long another person may approve what one has proposed."""


class Proposed(Protocol):
    """What somebody has proposed and another person may approve, once."""

    @property
    def proposer(self) -> str | None:
        """The person; None: a company by its request key, which is nobody who approves."""

    @property
    def proposed_at_us(self) -> int:
        """When."""

    @property
    def approved(self) -> bool:
        """Whether somebody has approved it."""


def why_not_approve(house: House, act: Act[object], found: Proposed | None, now_us: int) -> str | None:
    """Why the signer may not approve what an approval names, as far as that depends on who and when; None if it may."""
    if found is None:
        return "PROPOSAL_UNKNOWN"
    if found.approved:
        return "ALREADY_APPROVED"
    return why_not_second(house, act, found.proposer, found.proposed_at_us, now_us)


def why_not_second(
    house: House, act: Act[object], proposer: str | None, since_us: int, now_us: int
) -> str | None:
    """Why the signer is not the second person for what may be approved from `since_us` on; None if it is."""
    if is_expired(since_us, now_us):
        return "PROPOSAL_EXPIRED"
    return "SAME_PERSON" if (house.keys[act.keyid].person or act.partner) == proposer else None


def is_expired(since_us: int, now_us: int) -> bool:
    """Whether it is too late to approve what could be approved from `since_us` on."""
    return now_us > since_us + PROPOSAL_LIFE_US
