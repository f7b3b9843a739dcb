"""One story lived from beginning to end on virtual time."""

import asyncio
import gc
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from coalition.simulation.cast import TARIFFS, network_in, new_cast
from coalition.simulation.founding import found
from coalition.simulation.postgres.session import Postgres
from coalition.simulation.quiet import log_kept
from coalition.simulation.story import Story
from coalition.simulation.verdict import ViolationError
from coalition.simulation.virtual_time import StalledError, VirtualLoop
from coalition.simulation.world import Told, World
from settlement.clock import SECOND_US, told_by
from settlement.ids import drawn_from

START_US = 1_800_000_000 * SECOND_US


@dataclass(frozen=True, slots=True)
class Lived:
    """What a story came to. `heard`: how often each answer was given; `virtual_seconds`: how long it lasted."""

    entries: int
    calls: int
    checkpoints: int
    virtual_seconds: float
    heard: dict[str, int]


def live(story: Story, told: Told | None = None, *, chronicled: bool = False) -> Lived:
    """Lives a story. ViolationError for the first law that does not hold; with its chronicle, if that is asked for."""
    loop, bugs = VirtualLoop(), list[str]()
    chance = Random(f"engine {story.seed}")  # noqa: S311 - a story must be lived again from its seed
    with (
        tempfile.TemporaryDirectory(prefix="coalition-simulation-") as folder,
        drawn_from(chance),
        log_kept(bugs),
        _few_collections(),
    ):

        async def whole() -> Lived:
            server_chance = Random(f"server {story.seed}")  # noqa: S311
            postgres = Postgres(loop.time, START_US, server_chance)
            keys = new_cast(story.seed).founding_keys()
            network = replace(network_in(story.model), practice=story.practice)
            tariff = TARIFFS[story.model]
            found(postgres.tables, network, tariff=tariff, keys=keys, time_us=START_US)
            world = World(story, postgres, Path(folder), chronicled=chronicled)
            with told_by(lambda: postgres.clock_us() * 1_000):
                await world.live(told)
            entries = sum(row.size for row in postgres.tables.shards.values())
            checkpoints = len(postgres.tables.checkpoints)
            heard = dict(world.auditor.heard.most_common())
            return Lived(entries, world.wire.calls, checkpoints, loop.time(), heard)

        try:
            return loop.run_until_complete(whole())
        except StalledError as error:
            raise ViolationError("the network never stalls", str(error)) from error
        except ViolationError as violation:
            for bug in bugs[:1]:
                violation.add_note(bug)
            raise
        finally:
            _close(loop)


@contextmanager
def _few_collections() -> Iterator[None]:
    """A world is one large heap that only grows: looking through it again and again would take half of the time."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _close(loop: VirtualLoop) -> None:
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.close()
