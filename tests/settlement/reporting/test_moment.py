"""As of when: each way to say it finds the same entries, and what is no moment is told so."""

import pytest
from psycopg import Connection
from psycopg.rows import TupleRow

from settlement.clock import format_time, from_us
from settlement.errors import CoalitionError
from settlement.journal.leaf import HOUSE
from settlement.reporting.moment import Moment, house_then, moment_of, now

Books = Connection[TupleRow]


def test_all_is_the_newest_entry_and_the_end_of_its_day(books: Books) -> None:
    everything = now(books)
    day = f"{from_us(everything.at_us):%Y-%m-%d}"
    for text in (None, format_time(everything.at_us), day, "9999-12-31"):
        assert moment_of(books, text).sizes == everything.sizes


def test_a_house_then_has_so_many_entries(books: Books) -> None:
    size = now(books).sizes[HOUSE]
    assert house_then(books, moment_of(books, f"house:{size}")).size == size
    first = moment_of(books, "house:1")
    assert house_then(books, first).partners.keys() == {house_then(books, first).operator}
    assert set(first.sizes.values()) <= {0, 1}


def test_the_close_of_a_cycle_is_where_its_ranges_end(books: Books) -> None:
    house = house_then(books, now(books))
    for number in range(1, house.open_cycle):
        moment = moment_of(books, f"cycle:{number}")
        cuts = books.execute(
            "SELECT shard, index FROM entries WHERE kind = 'cut' AND leaf LIKE %s", (f"%\ncycle {number}\n%",)
        ).fetchall()
        assert {shard: size for shard, size in moment.sizes.items() if shard} == dict(cuts)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "FIELD_INVALID"),
        ("yesterday", "FIELD_INVALID"),
        ("2026-02-30", "FIELD_INVALID"),
        ("2026-11-30T17:00", "FIELD_INVALID"),
        ("2001-01-01", "FIELD_INVALID"),
        ("0001-01-01", "FIELD_INVALID"),
        ("1:x", "FIELD_INVALID"),
        ("٣:١", "FIELD_INVALID"),
        ("1:99999999", "ENTRY_NOT_FOUND"),
        ("77:0", "ENTRY_NOT_FOUND"),
        ("99999:0", "ENTRY_NOT_FOUND"),
        ("house:0", "ENTRY_NOT_FOUND"),
        ("house:99999999", "ENTRY_NOT_FOUND"),
        ("cycle:0", "CYCLE_NOT_FOUND"),
        ("cycle:99", "CYCLE_NOT_FOUND"),
    ],
)
def test_what_is_no_moment_is_told_so(books: Books, text: str, reason: str) -> None:
    with pytest.raises(CoalitionError) as raised:
        moment_of(books, text)
    assert (raised.value.reason, raised.value.field) == (reason, "as-of")


def test_shards_and_sizes_stand_side_by_side() -> None:
    assert Moment({0: 3, 2: 7}, 1).columns() == ([0, 2], [3, 7])
