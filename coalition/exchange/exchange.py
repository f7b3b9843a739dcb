"""Routing: which shard an act belongs to."""

import asyncio
from typing import LiteralString

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from coalition.exchange.lane import Connect, Lane
from coalition.exchange.meters import ExchangeMeters
from settlement.clearing.desk import DeskRules
from settlement.ids import draw
from settlement.journal.acts import Act, Outcome
from settlement.journal.leaf import HOUSE
from settlement.ledger.acts import (
    ON_MEMBERS,
    AddMemberProof,
    Authorize,
    Capture,
    Enrol,
    Issue,
    LinkAlias,
    Redeem,
    Release,
    RemoveMemberProof,
    Reverse,
    TransferPoints,
    Void,
)
from settlement.ledger.members import MemberRules
from settlement.ledger.memory import HouseMemory

Reads = AsyncConnectionPool[AsyncConnection[TupleRow]]
FIRST_MEMBER_SHARD = 1
BY_MEMBER = "SELECT shard FROM members WHERE member = %s"
BY_ALIAS = "SELECT m.shard FROM aliases a JOIN members m USING (member) WHERE a.token = %s"
BY_ACT = "SELECT shard FROM acts WHERE partner = %s AND act_id = %s"


class Exchange:
    """All lanes of a network: the house's and one per member shard."""

    def __init__(self, *, connect: Connect, reads: Reads, memory: HouseMemory, shards: int) -> None:
        self._reads = reads
        self.meters = ExchangeMeters()
        self._lanes = {HOUSE: Lane(HOUSE, connect, memory, DeskRules, self.meters)}
        for shard in range(FIRST_MEMBER_SHARD, FIRST_MEMBER_SHARD + shards):
            self._lanes[shard] = Lane(shard, connect, memory, MemberRules, self.meters)
        self._only = FIRST_MEMBER_SHARD if shards == 1 else None

    def waiting(self) -> dict[int, int]:
        """Acts that no batch has taken yet, by shard."""
        return {shard: lane.waiting for shard, lane in self._lanes.items()}

    async def run(self) -> None:
        """Runs all lanes until `close` was called and every accepted act has its answer."""
        await asyncio.gather(*[lane.run() for lane in self._lanes.values()])

    def close(self) -> None:
        """Takes no more acts."""
        for lane in self._lanes.values():
            lane.close()

    async def submit(self, act: Act[object]) -> Outcome:
        """The outcome of an act, after its commit. A caller who goes away does not stop an accepted act."""
        shard = await self._route(act)
        # Cancelling the wait cancels this future only: the lane posts what it has taken.
        return await self._lanes[shard].submit(act)

    async def _route(self, act: Act[object]) -> int:
        if not isinstance(act.body, ON_MEMBERS):
            return HOUSE
        if self._only is not None:
            return self._only
        return await self._shard_of(act)

    async def _shard_of(self, act: Act[object]) -> int:
        """The member's shard by the directory; a new member gets any, one that is unknown the first, to be refused there."""
        match act.body:
            case Enrol():
                known = await self._look_up(BY_ACT, (act.partner, act.act_id))
                return known or draw(self._member_shards())
            case Issue(name=name) | Redeem(name=name) | TransferPoints(name=name) | Authorize(name=name):
                query, key = (BY_MEMBER, name.member) if name.alias is None else (BY_ALIAS, name.alias)
                found = await self._look_up(query, (key,))
            case LinkAlias(member=member) | AddMemberProof(member=member) | RemoveMemberProof(member=member):
                found = await self._look_up(BY_MEMBER, (member,))
            case Reverse(original_act_id=earlier) | Release(original_act_id=earlier):
                found = await self._look_up(BY_ACT, (act.partner, earlier))
            case Capture(hold_act_id=earlier) | Void(hold_act_id=earlier):
                found = await self._look_up(BY_ACT, (act.partner, earlier))
            case _:
                found = None
        return found if found in self._member_shards() else FIRST_MEMBER_SHARD

    def _member_shards(self) -> list[int]:
        return [shard for shard in self._lanes if shard != HOUSE]

    async def _look_up(self, query: LiteralString, parameters: tuple[object, ...]) -> int | None:
        async with self._reads.connection() as connection:
            row = await (await connection.execute(query, parameters)).fetchone()
        return None if row is None else row[0]
