from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.door import Door
from tests.support.postgres import drop_database, new_books


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """One network for all tests of a file: they send what must not change it."""
    dsn = new_books()
    folder: Path = tmp_path_factory.mktemp("site")
    with Door.opened(folder, dsn) as door:
        yield door
    drop_database(dsn)
