"""Books for all tests of exports, as their reader sees them."""

from collections.abc import Iterator

import pytest

from settlement.database import reading
from settlement.exports.texts import Books
from settlement.ledger.memory import load_house
from tests.support.told_books import GROWN, told_books


@pytest.fixture(scope="package", params=[*GROWN, "transfer_to_another_shard"])
def dsn(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with told_books(request.param, tmp_path_factory.mktemp("log")) as dsn:
        yield dsn


@pytest.fixture
def books(dsn: str) -> Iterator[Books]:
    with reading(dsn) as connection:
        yield Books(connection, load_house(connection).founded)
