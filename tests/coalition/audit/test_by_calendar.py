"""What an auditor proves of entries that follow a calendar, and what it only remarks."""

from dataclasses import replace

import pytest

from coalition.audit.by_calendar import remark_on_holidays, wrong_close, wrong_overdue
from settlement.clearing.due import fallen_due
from settlement.clock import SECOND_US, format_time
from settlement.house.records import Settlement
from settlement.house.state import House
from settlement.house.tariff import CutOffEvery, Tariff
from settlement.journal.leaf import HOUSE, Entry
from tests.support.pure_acts import T0_US, as_entry, house_of

DAY_US = 86_400 * SECOND_US
TERMS = Tariff(
    1,
    calendar="DE",
    cut_off="18:00",
    cut_off_zone="Europe/Berlin",
    cut_off_every=CutOffEvery.DAY,
    payment_days=2,
)


def closing(calendar: str = "DE") -> tuple[House, Entry]:
    """A house, and the close that is due in it three days later; it began on a Friday."""
    house = house_of("bakery")
    house.tariffs[0] = replace(TERMS, calendar=calendar)
    house.closes_after_us = T0_US
    return house, due_in(house, T0_US + 4 * DAY_US)


def late() -> tuple[House, Entry]:
    """A house in which the bakery has not paid in time, and the entry that says so."""
    house = house_of("bakery")
    house.tariffs[0] = replace(TERMS, cut_off="none")
    house.settlements[1] = Settlement(
        1, 1, "00" * 32, "ann", T0_US, {"bakery": 5, "cinema": -5}, T0_US, approved_at=1, approved_at_us=T0_US
    )
    house.unsettled = (1,)
    return house, due_in(house, T0_US + 7 * DAY_US)


def due_in(house: House, now_us: int) -> Entry:
    found = fallen_due(house, now_us)
    assert found is not None
    return as_entry(found.draft, shard=HOUSE, index=house.size, house=house.size, time_us=now_us)


def saying(entry: Entry, **lines: str) -> Entry:
    return replace(entry, lines=tuple([(key, lines.get(key, value)) for key, value in entry.lines]))


def test_what_the_engine_writes_is_right_and_needs_no_remark() -> None:
    for house, entry, wrong in ((*closing(), wrong_close), (*late(), wrong_overdue)):
        assert wrong(entry, house) is None
        assert remark_on_holidays(entry, house) is None


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ({"cycle": "2"}, "open cycle is 1"),
        ({"due": format_time(T0_US - DAY_US)}, "has come, and once"),
        ({"due": format_time(T0_US + 9 * DAY_US)}, "has come, and once"),
        ({"due": "2027-01-18T17:00:01.000000Z"}, "no such cut-off"),
        ({"label": "2027-01-19"}, "no such cut-off"),
    ],
)
def test_a_close_at_another_moment_is_found(lines: dict[str, str], sentence: str) -> None:
    house, entry = closing()
    assert sentence in (wrong_close(saying(entry, **lines), house) or "")


def test_another_day_is_a_remark_by_holidays_and_found_without() -> None:
    friday = {"due": "2027-01-15T17:00:00.000000Z", "label": "2027-01-15"}
    house, entry = closing()
    assert wrong_close(saying(entry, **friday), house) is None
    assert "by the holidays known here" in (remark_on_holidays(saying(entry, **friday), house) or "")
    house, entry = closing("none")
    assert wrong_close(saying(entry, **friday), house) == "another close is due"


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ({"settlement": "2"}, "no unpaid leg"),
        ({"subject": "cinema"}, "nothing to pay"),
        ({"due": format_time(T0_US + DAY_US)}, "not due"),
        ({"due": format_time(T0_US + 9 * DAY_US)}, "not due"),
    ],
)
def test_a_leg_that_is_not_late_is_found(lines: dict[str, str], sentence: str) -> None:
    house, entry = late()
    assert sentence in (wrong_overdue(saying(entry, **lines), house) or "")


def test_a_calendar_that_is_not_known_here_is_a_remark() -> None:
    house, entry = closing()
    house.tariffs[0] = replace(TERMS, calendar="ZZ")
    assert "not known here" in (remark_on_holidays(entry, house) or "")
