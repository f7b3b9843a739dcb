"""Books for all tests of reports: two grown networks, one of each settlement model, and days of a programme as scenarios."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg import Connection
from psycopg.rows import TupleRow

from settlement.house.records import BILATERAL, POOL
from settlement.reporting.moment import reading
from tests.scenarios.play import on_postgres
from tests.scenarios.scenario import read
from tests.scenarios.views import VIEWS
from tests.support.postgres import drop_database, new_books
from tests.support.small_history import grown
from tests.support.small_network import SmallNetwork

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
TOLD = (
    "arrears_repaid_by_another_partner",
    "capture_part",
    "cofunded_in_the_pool",
    "expiry_by_activity",
    "given_away_then_reversed",
    "pool_holds_arrears_and_expiry",
    "returned_after_expiry",
    "reversal_after_expiry",
    "reversal_after_settlement",
    "transfer_to_another_shard",
    "value_in_the_pool",
)
"""Scenarios in which points move in every way that there is, over months."""


async def _grow(dsn: str, log: Path, model: str) -> None:
    async with SmallNetwork.found(dsn, log, model=model) as network:
        await grown(network, rounds=8)


@pytest.fixture(scope="package", params=[BILATERAL, POOL, *TOLD])
def dsn(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    dsn = new_books()
    if request.param in TOLD:
        on_postgres(read(SCENARIOS / f"{request.param}.txt", tuple(VIEWS)), dsn)
    else:
        asyncio.run(_grow(dsn, tmp_path_factory.mktemp("log"), request.param))
    yield dsn
    drop_database(dsn)


@pytest.fixture
def books(dsn: str) -> Iterator[Connection[TupleRow]]:
    with reading(dsn) as connection:
        yield connection
