"""Books that are large enough to measure their check: real acts, posted in large batches without the wire between."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import islice

from coalition.api.v1.exchange_pb2 import IssueRequest, RedeemRequest
from coalition.api.v1.members_pb2 import EnrolRequest
from settlement.database import GATEWAY, connect_writer
from settlement.journal.acts import Act
from tests.benchmarks import acts
from tests.benchmarks.growth import new_books
from tests.benchmarks.rounds import SEED, Tell
from tests.benchmarks.row import Site
from tests.benchmarks.unary_fill import BATCH, post_all, tidy
from tests.support.small_network import SmallNetwork, points

MEMBERS = 20_000
ACTS = 500_000
_PARTNERS = [f"partner-{number}" for number in range(acts.PARTNERS)]


def fill_books(site: Site, tell: Tell) -> str:
    """Founds a network whose members collect and spend, and returns the DSN of its books."""
    dsn = new_books(site, "audit")
    asyncio.run(_fill(dsn, site, tell))
    tidy(dsn)
    return dsn


async def _fill(dsn: str, site: Site, tell: Tell) -> None:
    async with (
        SmallNetwork.found(dsn, site.folder / "audit", shards=1) as network,
        await connect_writer(dsn, GATEWAY, statement_timeout="60s") as network.gateway,
    ):
        for partner in _PARTNERS:
            await network.take_in(partner)
        members: list[str] = []
        for _ in range(0, MEMBERS, BATCH):
            enrolments = [network.act(_PARTNERS[0], EnrolRequest()) for _ in range(BATCH)]
            enrolled = await post_all(network.gateway, network.memory, enrolments, shard=1)
            members += [outcome.member or "" for outcome in enrolled]
        asked = acts.hot_acts(SEED, members=MEMBERS)
        for done in range(0, ACTS, BATCH):
            if done % 10_000 == 0:
                tell(f"fsck: filling the books, {done:,} of {ACTS:,} acts")
            some = [_act(network, members, each) for each in islice(asked, BATCH)]
            await post_all(network.gateway, network.memory, some, shard=1)
        await network.publisher().publish()


def _act(network: SmallNetwork, members: Sequence[str], act: acts.Act) -> Act[object]:
    kind = IssueRequest if act.kind == "issue" else RedeemRequest
    return network.act(_PARTNERS[act.partner], kind(**points(members[act.member], act.points)))
