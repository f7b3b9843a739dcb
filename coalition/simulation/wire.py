"""The wire between partners and gateways: it delays, loses, repeats and reorders."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any

from coalition.simulation.auditor import Auditor, Circumstances, Wanted
from coalition.simulation.causes import TRY_AGAIN
from coalition.simulation.model import Model
from coalition.simulation.postgres.session import Postgres
from coalition.simulation.processes import Answer, Gateway, NoAnswerError
from coalition.simulation.requests import Request
from settlement.clearing.acts import Propose
from settlement.journal.acts import Outcome
from settlement.journal.leaf import HOUSE

Spawn = Callable[[Coroutine[Any, Any, Any]], None]
LOST = 0.02
REPEATED = 0.04
DEADLINE_SECONDS = 5.0
TRIES_MAX = 40
"""Over a minute, in which no trouble lasts longer than a few seconds."""


class Wire:
    """Carries calls. `gateways`: those that are up now; `spawn` lets something happen beside all else; `pace`: the world's."""

    def __init__(
        self, auditor: Auditor, gateways: list[Gateway], postgres: Postgres, spawn: Spawn, *, pace: float
    ) -> None:
        self._auditor = auditor
        self._model: Model = auditor.model
        self._gateways = gateways
        self._postgres = postgres
        self._spawn = spawn
        self._pace = pace
        self.calls = 0

    async def ask(self, wanted: Wanted, fate: Random) -> Answer | Outcome | None:
        """Sends the same bytes until there is an answer that says something: an outcome or an error. None if none comes."""
        if fate.random() < REPEATED:
            self._spawn(self._try(wanted, Random(fate.random())))  # noqa: S311
        for attempt in range(TRIES_MAX):
            answer = await self._try(wanted, fate)
            if isinstance(answer, Outcome) or (answer is not None and answer.reason not in TRY_AGAIN):
                return answer
            await self._pass(min(5.0, 0.2 * 2 ** min(attempt, 8)) * fate.random())
        return None

    async def _try(self, wanted: Wanted, fate: Random) -> Answer | Outcome | None:
        """One call; None if the request or its answer is lost."""
        await self._pass(_delay(fate))
        if fate.random() < LOST:
            await self._pass(DEADLINE_SECONDS)
            return None
        self.calls += 1
        gateway = self._gateways[fate.randrange(len(self._gateways))]
        answer = await carry(wanted, gateway, self._postgres, self._auditor)
        if answer is None or fate.random() < LOST:
            await self._pass(DEADLINE_SECONDS)
            return None
        await self._pass(_delay(fate))
        return answer

    async def look_up(self, name: tuple[str, str], request: Request, fate: Random, *, step: int) -> None:
        """Asks once for the receipt of the act of this name."""
        await self._pass(_delay(fate))
        was_there = self._model.place_of(*name) is not None
        gateway = self._gateways[fate.randrange(len(self._gateways))]
        self.calls += 1
        with contextlib.suppress(NoAnswerError):
            answer = await gateway.call(request.path, request.envelope)
            await self._postgres.catch_up()
            self._auditor.looked_up(name, answer, was_there=was_there, step=step)

    async def _pass(self, seconds: float) -> None:
        """Lets some of the story's time pass."""
        await asyncio.sleep(seconds / self._pace)


async def carry(
    wanted: Wanted, gateway: Gateway, postgres: Postgres, auditor: Auditor
) -> Answer | Outcome | None:
    """One call, which loses nothing; the auditor hears of its answer. None if the gateway is killed meanwhile."""
    body, before_us = wanted.asked.body, postgres.clock_us()
    house_before = auditor.model.size(HOUSE)
    uncut = isinstance(body, Propose) and auditor.model.figures(body.cycle) is None
    try:
        answer = await gateway.call(wanted.request.path, wanted.request.envelope)
    except NoAnswerError:
        return None
    await postgres.catch_up()
    lowest_us = min(before_us, postgres.clock_us())
    circumstances = Circumstances(house_before, uncut, lowest_us, postgres.highest_us)
    return auditor.answered(wanted, answer, circumstances) or answer


def _delay(fate: Random) -> float:
    return fate.expovariate(100.0) if fate.random() < 0.98 else fate.uniform(0.0, 20.0)
