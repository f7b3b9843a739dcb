"""The hot shape: 100,000 members, 10 partners, every act an issue or a redemption, member and partner random."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

MEMBERS = 100_000
PARTNERS = 10
IN_FLIGHT = 64
ISSUE_SHARE = 0.7
POINTS_MAX = 500
# A redemption draws on points issued at least this many acts earlier: with 64 in flight, surely answered.
SETTLED_AFTER_ACTS = 1_000


@dataclass(frozen=True, slots=True)
class Act:
    """What a partner asks for: `points` > 0 for member `member` at partner `partner`, both numbered from 0."""

    act_id: UUID
    kind: Literal["issue", "redeem"]
    member: int
    partner: int
    points: int


def hot_acts(seed: int, *, members: int = MEMBERS) -> Iterator[Act]:
    """Yield the same endless sequence for the same seed and number of members.

    No redemption asks for more than the member has: a refusal in a run is a defect of the server, not of the load.
    """
    rng = random.Random(seed)
    wallets: dict[int, int] = {}
    funded: list[int] = []
    unanswered: deque[tuple[int, int]] = deque()
    while True:
        if len(unanswered) > SETTLED_AFTER_ACTS:
            member, points = unanswered.popleft()
            if points and member not in wallets:
                funded.append(member)
            if points:
                wallets[member] = wallets.get(member, 0) + points
        act_id = UUID(int=rng.getrandbits(128), version=4)
        partner = rng.randrange(PARTNERS)
        if rng.random() >= ISSUE_SHARE and funded:
            place = rng.randrange(len(funded))
            member = funded[place]
            points = rng.randint(1, min(wallets[member], POINTS_MAX))
            wallets[member] -= points
            if wallets[member] == 0:
                del wallets[member]
                funded[place] = funded[-1]
                funded.pop()
            unanswered.append((member, 0))
            yield Act(act_id, "redeem", member, partner, points)
        else:
            member, points = rng.randrange(members), rng.randint(1, POINTS_MAX)
            unanswered.append((member, points))
            yield Act(act_id, "issue", member, partner, points)
