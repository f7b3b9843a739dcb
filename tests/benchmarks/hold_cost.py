"""What it costs to hold points first and capture them then, next to one redemption: batches posted in turns, in one run.

Batches go to PostgreSQL as a lane posts them. The door is left out, which costs the same for each act: with it the ratio is
nearer to two.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from coalition.api.v1.exchange_pb2 import AuthorizeRequest, CaptureRequest, IssueRequest, RedeemRequest
from settlement.database import GATEWAY, connect_writer
from settlement.journal.acts import Act, Outcome
from tests.benchmarks.growth import new_books
from tests.benchmarks.rounds import Tell
from tests.benchmarks.row import Site
from tests.support.small_network import SmallNetwork, just_now, points

MEMBERS = 320
LOTS = 3
BATCH = 32
ROUNDS = 40


@dataclass(frozen=True)
class HoldCost:
    """Milliseconds that a batch takes, as a median."""

    redeem_ms: float
    authorize_ms: float
    capture_ms: float

    @property
    def by_redeem(self) -> float:
        """How much longer an authorize and its capture take than a redemption."""
        return (self.authorize_ms + self.capture_ms) / self.redeem_ms

    def as_json(self) -> dict[str, float]:
        """The figures, rounded."""
        return {
            name: round(value, 3) for name, value in (asdict(self) | {"by_redeem": self.by_redeem}).items()
        }


def measure_holds(site: Site, tell: Tell) -> HoldCost:
    """Lets members' points be redeemed, and held and captured, in turns."""
    tell("holds: authorize and capture next to redeem")
    cost = asyncio.run(_measure(site))
    tell(f"holds: a pair costs {cost.by_redeem:.2f} redemptions", done=True)
    return cost


async def _measure(site: Site) -> HoldCost:
    dsn = new_books(site, "holds")
    async with SmallNetwork.found(dsn, site.folder / "holds", shards=1) as network:
        for partner in ("grocer", "cinema"):
            await network.take_in(partner)
        members = [await network.enrol("grocer", 1) for _ in range(MEMBERS)]
        network.gateway = await connect_writer(dsn, GATEWAY, statement_timeout="60s")
        for _ in range(LOTS):
            await _post(
                network, [network.act("grocer", _about(IssueRequest, each, 1_000)) for each in members]
            )
        seconds: dict[str, list[float]] = {"redeem": [], "authorize": [], "capture": []}
        for number in range(ROUNDS):
            some = [members[(number * BATCH + at) % MEMBERS] for at in range(BATCH)]
            redeemed = [network.act("cinema", _about(RedeemRequest, each, 1)) for each in some]
            held = [network.act("cinema", _about(AuthorizeRequest, each, 1)) for each in some]
            captured = [network.act("cinema", _capture(each)) for each in held]
            for kind, acts in (("redeem", redeemed), ("authorize", held), ("capture", captured)):
                seconds[kind].append(await _post(network, acts))
        await network.gateway.close()
    return HoldCost(*[statistics.median(taken) * 1_000 for taken in seconds.values()])


def _about(kind: Any, member: str, amount: int) -> Any:
    return kind(**points(member, amount))


def _capture(hold: Act[object]) -> CaptureRequest:
    return CaptureRequest(hold_act_id=hold.act_id, amount=1, occurred_at=just_now())


async def _post(network: SmallNetwork, acts: Sequence[Act[object]]) -> float:
    """Seconds that one batch takes, all of which is accepted."""
    began = time.perf_counter()
    verdicts = await network.post(1, acts)
    taken = time.perf_counter() - began
    assert all(isinstance(verdict, Outcome) and verdict.refusal is None for verdict in verdicts)
    return taken
