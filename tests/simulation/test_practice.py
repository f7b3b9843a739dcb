"""Practice networks lived through: their clocks are set ahead amid everything else, and every law holds."""

from dataclasses import replace
from typing import Any

import pytest

from coalition.simulation import troubles
from coalition.simulation.run import live
from coalition.simulation.story import Step, tell
from settlement.house.state import House
from settlement.worker.practice import set_ahead

OPENING_STEPS, SET_EVERY = 300, 150


def practised(step: Step) -> Step:
    """Now and then weeks pass instead of what else would happen."""
    now = step.number > OPENING_STEPS and step.number % SET_EVERY == 0
    return replace(step, kind="weeks pass") if now else step


@pytest.mark.parametrize("seed", [1, 2])
def test_its_clock_is_set_ahead_amid_everything_else(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead: list[int] = []

    async def noted(connection: Any, days: int) -> House:
        house = await set_ahead(connection, days)
        ahead.append(house.ahead_us)
        return house

    monkeypatch.setattr(troubles, "set_ahead", noted)
    story = tell(seed, acts=1_500)
    lived = live(replace(story, steps=tuple(map(practised, story.steps)), practice=True))
    assert len(ahead) >= 5
    assert ahead == sorted(ahead)
    assert lived.heard["accepted"] > 500
