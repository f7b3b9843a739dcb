"""An entry of an opening can say nothing but what its approved proposal allows."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from coalition.audit.opening import Openings
from settlement.house.records import Opening
from settlement.house.state import House
from settlement.journal.leaf import Entry
from settlement.ledger.book import NEVER_US, Book
from settlement.ledger.rules.opening import PART_LOTS_MAX, Grant, opening_draft
from settlement.money import VALUE
from tests.support.pure_acts import T0_US, as_entry, house_of

FILE = "aa" * 32
OLD, NEW, OTHER = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "123")
KNOWN = {OLD: 1, OTHER: 2}
GRANTS = (Grant(OLD, 50, NEVER_US), Grant(NEW, 30, T0_US), Grant(NEW, 20, NEVER_US))


def house(
    *, rows: int = 3, members: int = 2, points: int = 100, value: int = 0, approved_at: int | None = 0
) -> House:
    found = house_of("bakery")
    found.openings["bakery", FILE] = Opening("bakery", FILE, rows, members, points, value, T0_US, approved_at)
    return found


def entry(*grants: Grant, joined: tuple[str, ...] = (NEW,), part: int = 0, partner: str = "bakery") -> Entry:
    opening = Opening(partner, FILE, 0, 0, 0, 0, 0)
    draft = opening_draft(house(), opening, part, grants or GRANTS, joined)
    return as_entry(draft, shard=1, index=7 + part, house=1)


def wrong(found: Entry, on: House | None = None, *, after: Openings | None = None) -> str | None:
    return (after or Openings()).what_is_wrong(found, on or house(), KNOWN)


def test_what_was_approved_may_stand() -> None:
    assert wrong(entry()) is None
    assert wrong(entry(), house(rows=9, members=9, points=900)) is None, "the rest is still to come"


@pytest.mark.parametrize(
    "approved",
    [
        {"rows": 2},
        {"members": 1},
        {"points": 99},
        {"approved_at": None},
    ],
)
def test_nothing_beyond_it_may(approved: dict[str, int | None]) -> None:
    assert wrong(entry(), house(**approved)) is not None  # type: ignore[arg-type]


FORGED: dict[str, Callable[[], Entry]] = {
    "another funder": lambda: entry(partner="cinema"),
    "who joins is a member already": lambda: entry(joined=(OLD, NEW)),
    "who is not known does not join": lambda: entry(joined=()),
    "who joins gets nothing": lambda: entry(Grant(OLD, 50, NEVER_US)),
    "who lives elsewhere": lambda: entry(Grant(OTHER, 50, NEVER_US), joined=()),
    "no points": lambda: replaced(entry(), "lot", f"grant {OLD} bakery PTS 50", f"grant {OLD} bakery PTS 0"),
    "a lot of another": lambda: replaced(entry(), "lot", f"grant {OLD} bakery", f"grant {OLD} cinema"),
    "another asset": lambda: replaced(entry(), "lot", f"grant {OLD} bakery PTS", f"grant {OLD} bakery VAL"),
    "no asset of members": lambda: entry(GRANTS[0]._replace(asset="EUR"), *GRANTS[1:]),
    "value, of which none is approved": lambda: entry(GRANTS[0]._replace(asset=VALUE), *GRANTS[1:]),
    "another tariff": lambda: replaced(entry(), "lot", "never 0", "never 9"),
    "posted to another": lambda: replaced(entry(), "post", f"wallet:{OLD}", f"wallet:{OTHER}"),
    "more posted than granted": lambda: replaced(entry(), "post", "PTS 50", "PTS 51"),
}


def replaced(found: Entry, key: str, old: str, new: str) -> Entry:
    lines = tuple((name, value.replace(old, new) if name == key else value) for name, value in found.lines)
    assert lines != found.lines
    return replace(found, lines=lines)


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_entry_is_told(name: str) -> None:
    assert wrong(FORGED[name](), house(rows=9, members=9, points=900)) is not None


def test_points_and_value_are_approved_each_by_itself() -> None:
    found = entry(*GRANTS[:2], Grant(NEW, 20, NEVER_US, VALUE))
    assert wrong(found, house(points=80, value=20)) is None
    for points, value in ((80, 19), (79, 20), (100, 0), (0, 100)):
        assert wrong(found, house(points=points, value=value)) is not None
    openings, book = Openings(), Book(1)
    book.enrol(OLD)
    openings.add(found, book, house(points=80, value=20))
    assert (book.wallets[NEW].balance, book.values[NEW].balance) == (30, 20)
    assert openings.parts[1, bytes.fromhex(FILE), 0] == (7, 3, 80, 20)
    later = entry(Grant(OLD, 5, NEVER_US, VALUE), joined=(), part=1)
    assert wrong(later, house(rows=4, points=900, value=25), after=openings) is None
    assert wrong(later, house(rows=4, points=900, value=24), after=openings) is not None


def test_too_many_lots_in_an_entry_are_told() -> None:
    on = house(rows=10**6, members=9, points=10**9)
    most = [Grant(OLD, 1, NEVER_US)] * PART_LOTS_MAX
    assert wrong(entry(*most, joined=()), on) is None
    assert wrong(entry(*most, most[0], joined=()), on) is not None


def test_a_part_is_loaded_once_and_parts_add_up() -> None:
    openings, book = Openings(), Book(1)
    book.enrol(OLD)
    openings.add(entry(), book, house())
    assert book.wallets[NEW].balance == book.wallets[OLD].balance == 50
    assert [lot.place for lot in book.wallets[NEW].lots] == [1, 2]
    later = entry(Grant(OLD, 10, NEVER_US), joined=(), part=1)
    assert wrong(entry(Grant(OLD, 10, NEVER_US), joined=()), house(rows=9, points=900), after=openings)
    assert wrong(later, house(rows=4, points=110), after=openings) is None
    assert wrong(later, house(rows=4, points=109), after=openings) is not None
    assert wrong(later, house(rows=3, points=110), after=openings) is not None
