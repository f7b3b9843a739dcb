"""A range's entries in order: what is taken together, and what stands alone."""

from dataclasses import replace
from uuid import UUID

import numpy as np
import pytest

from coalition.audit import stretches
from coalition.audit.arrays import UUID_BYTES, table_of
from coalition.audit.ordinary_rows import ENROL, ISSUE, Enrolment, OrdinaryRows, Redemptions
from coalition.audit.records import Record, read_record
from coalition.audit.stored import Columns
from coalition.audit.stretches import Odd, Single, Stretch, key_of, singles_of, stretches_of
from settlement.journal.leaf import Entry, format_leaf
from tests.support.pure_acts import fresh_id

MEMBER = fresh_id()
NOTHING = np.zeros(0, np.int64)
MOVES = np.array([0, 1, 7], np.int64)
"""Entries 2 to 6 of the house state heads."""


@pytest.fixture(autouse=True)
def _few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stretches, "FEW", 0)


def _rows(*places: tuple[int, int]) -> OrdinaryRows:
    """Issues by number and the house's size, at the times of their numbers."""
    index, house = np.array(places, np.int64).reshape(-1, 2).T
    ids = table_of([UUID(MEMBER).bytes] * len(places), UUID_BYTES)
    hashes = np.repeat(index.astype(np.uint8)[:, None], 32, axis=1)
    ones = np.ones(len(places), np.int64)
    signers = [(ISSUE, "bakery", "ab")]
    columns = (ones * 0, index, house, index, ones, ones, ones, ones)
    return OrdinaryRows(
        signers, *columns, ids, ids, hashes, hashes, {}, Redemptions(NOTHING, [], *[NOTHING] * 3)
    )


def _enrolment(index: int, house: int) -> Enrolment:
    hashes = bytes([index]) * 32, bytes(32)
    return Enrolment((ENROL, "cinema", "cd"), index, house, index, fresh_id(), (), fresh_id(), *hashes)


def _odd(index: int, house: int, kind: str = "reverse", member: str | None = MEMBER) -> Odd:
    request = "issue " + "a" * 64
    lines = [("partner", "bakery"), ("act", fresh_id()), ("amount", "PTS 5"), ("request", request)]
    lines += [] if member is None else [("member", member)]
    entry = Entry(1, index, house, index, kind, tuple(lines))
    record = Record(1, index, format_leaf(entry), None)
    columns = Columns(index, house, index, kind, "bakery", member, None, None, b"", [])
    return Odd(replace(read_record(record), entry=entry), columns, None)


def _told(rows: OrdinaryRows, enrolments: list[Enrolment], odd: list[Odd]) -> list[list[int] | int]:
    """Each stretch's numbers, and those of entries that stand alone."""
    found: list[list[int] | int] = []
    for item in stretches_of(rows, enrolments, odd, MOVES):
        if isinstance(item, Stretch):
            numbers = [each if isinstance(each, int) else each.index for each in item.each()]
            assert len(item) == len(numbers)
            assert item.index == numbers[0]
            found.append(numbers)
        else:
            found.append(item.index)
    return found


def test_what_nothing_happens_between_goes_together() -> None:
    rows, enrolments = _rows((3, 2), (4, 2), (7, 5)), [_enrolment(5, 4)]
    assert _told(rows, enrolments, [_odd(6, 4), _odd(8, 7)]) == [[3, 4, 5, 6, 7, 8]]
    assert _told(_rows(), [], []) == []


@pytest.mark.parametrize(
    ("rows", "stretches"),
    [
        (_rows((3, 2), (4, 2), (6, 2)), [[3, 4], [6]]),
        (_rows((3, 2), (4, 7), (5, 8)), [[3, 4], [5]]),
        (_rows((3, 1), (4, 2)), [[3], [4]]),
        (_rows((3, 4), (4, 3)), [[3], [4]]),
        (replace(_rows((3, 2), (4, 2), (5, 2)), time_us=np.array([3, 3, 5])), [[3], [4, 5]]),
    ],
    ids=["a number is missing", "the house moves", "it moved before", "it falls", "times stand still"],
)
def test_a_stretch_ends_where_numbers_times_or_the_house_do_not_go_on(
    rows: OrdinaryRows, stretches: list[list[int] | int]
) -> None:
    assert _told(rows, [], []) == stretches


@pytest.mark.parametrize(
    "odd",
    [
        _odd(4, 2, "transfer"),
        _odd(4, 2, "link"),
        _odd(4, 2, member=None),
        replace(_odd(4, 2), read=read_record(Record(1, 4, b"?", None))),
        replace(_odd(4, 2), columns=replace(_odd(4, 2).columns, house=3)),
        replace(_odd(4, 2), columns=replace(_odd(4, 2).columns, recorded_at_us=5)),
    ],
    ids=["two members", "aliases", "nobody named", "no leaf", "another house", "another time"],
)
def test_what_may_concern_others_stands_alone(odd: Odd) -> None:
    assert _told(_rows((3, 2), (6, 2)), [_enrolment(5, 2)], [odd]) == [[3], 4, [5, 6]]


def test_a_stretch_says_where_it_begins_and_who_signed() -> None:
    [stretch] = stretches_of(_rows((4, 3), (5, 5)), [_enrolment(3, 2)], [], MOVES)
    assert isinstance(stretch, Stretch)
    assert (stretch.index, stretch.time_us, stretch.house) == (3, 3, (2, 5))
    assert key_of((0, 0, 0, 1), 1, stretch) == (2, 0, 3, 1)
    assert {kind for kind, _, _ in stretch.signers()} == {ISSUE, ENROL}
    ordinary = stretch.ordinary()
    assert (ordinary.index, ordinary.house, ordinary.time_us) == ([3, 4, 5], [2, 3, 5], [3, 4, 5])
    assert ordinary.leaf_hash == [bytes([number]) * 32 for number in (3, 4, 5)]


@pytest.mark.parametrize(("few", "kinds"), [(4, [Stretch]), (5, [Single, Enrolment, Odd, Single])])
def test_few_do_not_make_a_stretch(
    monkeypatch: pytest.MonkeyPatch, few: int, kinds: list[type[object]]
) -> None:
    monkeypatch.setattr(stretches, "FEW", few)
    found = stretches_of(_rows((3, 2), (6, 2)), [_enrolment(4, 2)], [_odd(5, 2)], MOVES)
    assert [type(item) for item in found] == kinds


def test_singles_stand_in_order() -> None:
    rows = replace(_rows((3, 2), (6, 3)), aliases={6: b"alias"})
    items = list(singles_of(rows, [_enrolment(5, 2)], [_odd(4, 2)]))
    assert [type(item) for item in items] == [Single, Odd, Enrolment, Single]
    last = items[-1]
    assert isinstance(last, Single)
    assert (last.index, last.house, last.time_us, last.alias) == (6, 3, 6, b"alias")
    assert (last.leaf_hash, last.act_id) == (bytes([6]) * 32, MEMBER)
    assert key_of((0, 0, 0, 1), 1, last) == (3, 0, 6, 1)
