"""Books with a history behind them: small networks grown by every kind of act, and scenarios played to their end."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from settlement.house.records import BILATERAL, POOL
from tests.scenarios.play import on_postgres
from tests.scenarios.scenario import read
from tests.scenarios.views import VIEWS
from tests.support.postgres import drop_database, new_books
from tests.support.small_history import grown
from tests.support.small_network import SmallNetwork

GROWN = (BILATERAL, POOL)
"""Two networks, one of each settlement model."""
SCENARIOS = Path(__file__).resolve().parents[1] / "scenarios"


@contextmanager
def told_books(name: str, log: Path) -> Iterator[str]:
    """The books of a grown network, or those that the scenario of this name ends with."""
    dsn = new_books()
    if name in GROWN:
        asyncio.run(_grow(dsn, log, name))
    else:
        on_postgres(read(SCENARIOS / f"{name}.txt", tuple(VIEWS)), dsn)
    yield dsn
    drop_database(dsn)


async def _grow(dsn: str, log: Path, model: str) -> None:
    async with SmallNetwork.found(dsn, log, model=model) as network:
        await grown(network, rounds=8)
