"""Ranges of entries hold all of a shard, each as much as fits into memory with others like it."""

from collections.abc import Iterator
from itertools import pairwise

import psycopg
import pytest

from coalition.audit import stored
from coalition.audit.stored import INDEX_MAX, OPENINGS_AT_ONCE, pages_in_turn, ranges_of, snapshot
from settlement.database import OWNER, connect
from settlement.house.records import REQUEST, Key
from settlement.house.tariff import Tariff
from settlement.ledger.founding import found
from tests.support.postgres import drop_database, new_books
from tests.support.pure_acts import NETWORK, OPERATOR, keyid_for

KEY = Key(keyid_for(OPERATOR), "ed25519", REQUEST, OPERATOR, None, b"spki", 0)
ONE = "INSERT INTO openings SELECT 0, '\\x00', part, part, 1, 1, 0 FROM generate_series(%s::int, %s::int) AS p (part)"
PARTS = (
    "SELECT string_agg(part::text, ',' ORDER BY part) FROM openings WHERE ctid >= %s::tid AND ctid < %s::tid"
)


@pytest.fixture
def dsn() -> Iterator[str]:
    """Founded books."""
    dsn = new_books()
    with connect(dsn, OWNER) as connection:
        found(connection, NETWORK, tariff=Tariff(10_000), keys=[KEY])
    yield dsn
    drop_database(dsn)


def test_where_openings_stand_close_together_ranges_are_short(dsn: str) -> None:
    with snapshot(dsn) as connection:
        assert [span.stop for span in ranges_of(connection, 0, width=10**6)] == [INDEX_MAX]
    with psycopg.connect(dsn) as connection:
        connection.execute(ONE, (3, 2 + 2 * OPENINGS_AT_ONCE))
    with snapshot(dsn) as connection:
        ranges = ranges_of(connection, 0, width=4)
    assert [span.start for span in ranges] == [0, 3, 3 + OPENINGS_AT_ONCE]
    assert all(first.stop == second.start for first, second in pairwise(ranges))
    assert ranges[-1].stop == INDEX_MAX


def test_pages_that_are_taken_in_turn_have_every_row_once(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "PAGES_AT_ONCE", 2)
    with snapshot(dsn) as connection:
        assert list(pages_in_turn(connection, "openings", PARTS)) == [(None,)]
    with psycopg.connect(dsn) as connection:
        connection.execute(ONE, (1, 2_000))
    with snapshot(dsn) as connection:
        found = [parts for (parts,) in pages_in_turn(connection, "openings", PARTS)]
    assert len(found) > 3
    assert b",".join(found).decode().split(",") == [str(part) for part in range(1, 2_001)]
