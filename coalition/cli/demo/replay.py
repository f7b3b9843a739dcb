"""The replay: every planned act as a signed unary call, many members at once, each member's acts in order."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeVar

from coalition.cli.demo.plan import Kind, MonthPlan, PlannedAct
from coalition.cli.demo.stage import Stage, accepted, demo_act_id
from coalition.client import RequestRejectedError
from settlement.errors import CoalitionError
from settlement.journal.acts import Outcome

IN_FLIGHT = 64
Item = TypeVar("Item")


async def for_all(
    items: Iterable[Item], work: Callable[[Item], Awaitable[None]], *, in_flight: int = IN_FLIGHT
) -> None:
    """Does the work for all items, so many at once; the first failure ends it all."""
    waiting = iter(items)

    async def worker() -> None:
        for item in waiting:
            await work(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(in_flight):
            group.create_task(worker())


async def enrol(stage: Stage, firsts: Mapping[int, str], tell: Callable[[], None]) -> dict[int, str]:
    """Enrols each household at the partner of its first basket; household to member id."""
    members: dict[int, str] = {}

    async def one(household: int) -> None:
        partner = stage.partners[firsts[household]]
        outcome = await partner.enrol(act_id=demo_act_id("enrol", household))
        members[household] = accepted(outcome, f"enrolling household {household}").member or ""
        tell()

    await for_all(firsts, one)
    return members


async def replay_month(
    stage: Stage, month: MonthPlan, members: Mapping[int, str], tell: Callable[[], None]
) -> int:
    """Makes every call of a month and returns how many were sent: those that an earlier run sent are answered by the outbox.

    DEMO_FAILED as soon as an outcome is not what the plan says.
    """
    sent = 0
    turns: dict[int, deque[PlannedAct]] = {}
    for act in month.acts:
        turns.setdefault(act.member, deque()).append(act)
    line = deque(turns)

    async def worker() -> None:
        nonlocal sent
        while line:
            household = line.popleft()
            act = turns[household].popleft()
            sent += not stage.was_answered(act.partner, str(act.act_id))
            _check(act, await _call(stage, act, members[household]))
            tell()
            if turns[household]:
                line.append(household)

    async with asyncio.TaskGroup() as group:
        for _ in range(IN_FLIGHT):
            group.create_task(worker())
    return sent


async def _call(stage: Stage, act: PlannedAct, member: str) -> Outcome:
    client = stage.partners[act.partner]
    ask = client.issue if act.kind is Kind.ISSUE else client.redeem
    try:
        return await ask(
            member=member, amount=act.points, act_id=str(act.act_id), occurred_at=act.occurred_at
        )
    except RequestRejectedError as error:
        if error.reason != "REQUEST_EXPIRED":
            raise
    # Signed before the demo was killed, never seen by the network, and too old by now: proof that it never ran.
    return await ask(member=member, amount=act.points, act_id=str(act.act_id), occurred_at=act.occurred_at)


def _check(act: PlannedAct, outcome: Outcome) -> None:
    accepted(outcome, f"act {act.act_id}")
    if outcome.balance_after != act.balance_after:
        message = f"act {act.act_id}: balance {outcome.balance_after}, expected {act.balance_after}"
        raise CoalitionError("DEMO_FAILED", message)
