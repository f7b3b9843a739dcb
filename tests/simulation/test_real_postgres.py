"""The simulator's workload on real PostgreSQL, with connections lost at any statement and at the commit."""

import gc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from coalition.simulation.cast import TARIFFS, network_in
from coalition.simulation.quiet import log_kept
from coalition.simulation.story import tell
from coalition.simulation.world import World
from tests.simulation.real_postgres import RealPostgres
from tests.support.postgres import drop_database, new_books

ACTS = 5_000
TROUBLE = 0.02
PACE = 10.0


@pytest.fixture
def books() -> Iterator[str]:
    """Empty books with all roles."""
    dsn = new_books()
    yield dsn
    drop_database(dsn)


# A writer that the story ends inside psycopg's pipeline leaves a generator behind, which fails when it is collected.
@pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <generator object BasePipeline._exit_gen:pytest.PytestUnraisableExceptionWarning"
)
async def test_five_thousand_acts_on_failing_connections_keep_every_law(books: str, tmp_path: Path) -> None:
    story = replace(tell(1, acts=ACTS, trouble=TROUBLE), pace=PACE)
    postgres = RealPostgres(books, 1, network_in(story.model), TARIFFS[story.model])
    bugs: list[str] = []
    with log_kept(bugs):
        world = World(story, cast(Any, postgres), tmp_path)
        await world.live()
        world.end()
        await postgres.end()
    gc.collect()  # here, not within whichever test comes next
    assert bugs == []
    assert postgres.losses > 20, "connections were lost"
    assert world.auditor.heard["accepted"] > ACTS // 4
