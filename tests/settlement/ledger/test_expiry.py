"""When points expire: the engine's arithmetic, held against the calendar by hand and against the second model, day by day."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.simulation.model.dates import date_of_lot, months_later
from settlement.clock import format_time, parse_time, to_us
from settlement.ledger.book import IDLE_US, NEVER_US
from settlement.ledger.rules.expiry import expiry_of, idle_since, months_after, months_idle

TIMES_US = st.integers(86_400 * 10**6, to_us(datetime(2400, 1, 1, tzinfo=UTC)))
COUNTS = st.integers(0, 600)
DATED = st.tuples(st.sampled_from(["months", "month-end", "year-end"]), COUNTS).map(
    lambda t: f"{t[0]}-{t[1]}"
)


@pytest.mark.parametrize(
    ("term", "now", "expires"),
    [
        ("months-1", "2027-01-31T10:00:00.000000Z", "2027-02-28T10:00:00.000000Z"),
        ("months-1", "2028-01-31T10:00:00.000000Z", "2028-02-29T10:00:00.000000Z"),
        ("months-12", "2028-02-29T23:59:59.999999Z", "2029-02-28T23:59:59.999999Z"),
        ("months-13", "2027-12-15T00:00:00.000000Z", "2029-01-15T00:00:00.000000Z"),
        ("month-end-0", "2027-02-01T00:00:00.000000Z", "2027-02-28T23:59:59.999999Z"),
        ("month-end-1", "2027-01-31T12:00:00.000000Z", "2027-02-28T23:59:59.999999Z"),
        ("month-end-12", "2027-12-31T23:59:59.999999Z", "2028-12-31T23:59:59.999999Z"),
        ("year-end-0", "2027-12-31T23:59:59.999998Z", "2027-12-31T23:59:59.999999Z"),
        ("year-end-2", "2027-01-01T00:00:00.000000Z", "2029-12-31T23:59:59.999999Z"),
    ],
)
def test_dates_by_hand(term: str, now: str, expires: str) -> None:
    expires_at_us, idle_months = expiry_of(term, parse_time(now))
    assert (format_time(expires_at_us), idle_months) == (expires, None)


def test_points_that_never_expire_come_after_those_by_activity_and_all_dates_before() -> None:
    dated, _ = expiry_of("year-end-600", to_us(datetime(9000, 1, 1, tzinfo=UTC)))
    assert dated < IDLE_US < NEVER_US
    assert expiry_of("never", 1) == (NEVER_US, None)
    assert expiry_of("activity-7", 1) == (IDLE_US, 7)


@given(DATED, TIMES_US)
def test_the_second_model_finds_the_same_date(term: str, now_us: int) -> None:
    assert expiry_of(term, now_us)[0] == date_of_lot(term, now_us)


@given(TIMES_US, COUNTS)
def test_so_many_months_later_is_the_same_day_for_both(time_us: int, months: int) -> None:
    assert months_after(time_us, months) == months_later(time_us, months)


@given(TIMES_US, st.integers(1, 600), st.integers(0, 40 * 86_400 * 10**6))
def test_whoever_is_counted_as_idle_is_and_nobody_is_forgotten_for_more_than_a_month_end(
    active_us: int, months: int, later_us: int
) -> None:
    due_us = months_after(active_us, months)
    now_us = due_us + later_us
    if active_us <= idle_since(now_us, months):
        assert due_us <= now_us
    else:
        assert later_us < 4 * 86_400 * 10**6, "the sweep comes to know within a few days"
    assert (active_us <= idle_since(due_us - 1, months)) is False


@given(TIMES_US, st.integers(0, 400 * 30 * 86_400 * 10**6))
def test_idle_months_are_the_most_that_have_passed(active_us: int, later_us: int) -> None:
    idle = months_idle(active_us, active_us + later_us)
    assert months_after(active_us, idle) <= active_us + later_us < months_after(active_us, idle + 1)
