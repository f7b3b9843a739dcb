"""Books for all tests of reports, as their reader sees them."""

from collections.abc import Iterator

import pytest
from psycopg import Connection
from psycopg.rows import TupleRow

from settlement.database import reading
from tests.support.told_books import GROWN, told_books

TOLD = (
    "arrears_repaid_by_another_partner",
    "capture_part",
    "expiry_by_activity",
    "given_away_then_reversed",
    "pool_holds_arrears_and_expiry",
    "returned_after_expiry",
    "reversal_after_settlement",
    "transfer_to_another_shard",
    "value_in_the_pool",
)
"""Scenarios in which points move in every way that there is, over months."""


@pytest.fixture(scope="package", params=[*GROWN, *TOLD])
def dsn(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with told_books(request.param, tmp_path_factory.mktemp("log")) as dsn:
        yield dsn


@pytest.fixture
def books(dsn: str) -> Iterator[Connection[TupleRow]]:
    with reading(dsn) as connection:
        yield connection
