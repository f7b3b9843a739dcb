"""Laws of the calendar: when a cycle closes by itself, and until when a leg is paid in time."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settlement.clearing.calendar import (
    CloseDue,
    business_day_after,
    business_days_since,
    check_known,
    is_business_day,
    is_cut_off,
    last_close_due,
    next_close_due,
    payment_due_us,
)
from settlement.clock import from_us, to_us
from settlement.errors import CoalitionError
from settlement.house.tariff import CutOffEvery, Tariff

FEW = settings(max_examples=40, deadline=None)
DAY_US = 86_400_000_000
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "America/St_Johns")
MOMENTS = st.integers(to_us(datetime(2024, 1, 1, tzinfo=UTC)), to_us(datetime(2030, 1, 1, tzinfo=UTC)))
TERMS = st.builds(
    Tariff,
    st.just(1),
    calendar=st.sampled_from(["none", "target2", "DE", "FR", "US", "SA", "JP"]),
    cut_off=st.sampled_from(["00:00", "02:30", "18:00", "23:59"]),
    cut_off_zone=st.sampled_from(ZONES),
    cut_off_every=st.sampled_from([*CutOffEvery]),
    payment_days=st.integers(1, 30),
)


def utc_us(text: str) -> int:
    return to_us(datetime.fromisoformat(text).replace(tzinfo=UTC))


def cut_off(
    every: CutOffEvery, calendar: str = "target2", at: str = "18:00", zone: str = "Europe/Berlin"
) -> Tariff:
    return Tariff(1, calendar=calendar, cut_off=at, cut_off_zone=zone, cut_off_every=every)


@pytest.mark.parametrize(
    ("calendar", "zone", "day", "now", "days"),
    [
        ("none", "UTC", "2026-04-02", "2026-04-02 23:59", 0),
        ("none", "UTC", "2026-04-02", "2026-04-03 00:00", 1),
        ("none", "UTC", "2026-04-03", "2026-04-05 23:59", 0),
        # Good Friday and Easter Monday.
        ("none", "UTC", "2026-04-02", "2026-04-07 12:00", 3),
        ("target2", "UTC", "2026-04-02", "2026-04-07 12:00", 1),
        # The weekend is Friday and Saturday there.
        ("SA", "UTC", "2026-04-02", "2026-04-05 12:00", 1),
        # It is Friday already.
        ("none", "Pacific/Auckland", "2026-04-02", "2026-04-02 12:00", 1),
        # Booked tomorrow.
        ("none", "UTC", "2026-04-03", "2026-04-02 12:00", 0),
    ],
)
def test_business_days_are_counted_since_a_day(
    calendar: str, zone: str, day: str, now: str, days: int
) -> None:
    terms = Tariff(1, calendar=calendar, cut_off_zone=zone)
    assert business_days_since(terms, date.fromisoformat(day), utc_us(now)) == days


@pytest.mark.parametrize(
    ("terms", "after", "due", "label"),
    [
        # Winter and summer time: 18:00 in Berlin is 17:00 or 16:00 UTC.
        (cut_off(CutOffEvery.DAY), "2026-03-27 12:00", "2026-03-27 17:00", "2026-03-27"),
        (cut_off(CutOffEvery.DAY), "2026-03-27 17:00", "2026-03-30 16:00", "2026-03-30"),
        # Good Friday and Easter Monday, the last day of April before Labour Day, Christmas.
        (cut_off(CutOffEvery.DAY), "2026-04-02 17:00", "2026-04-07 16:00", "2026-04-07"),
        (cut_off(CutOffEvery.WEEK), "2026-03-30 00:00", "2026-04-02 16:00", "2026-W14"),
        (cut_off(CutOffEvery.MONTH), "2026-05-01 00:00", "2026-05-29 16:00", "2026-05"),
        (cut_off(CutOffEvery.DAY, "DE"), "2026-12-24 18:00", "2026-12-28 17:00", "2026-12-28"),
        # A holiday of Germany on which TARGET2 settles, and the week that belongs to the year before.
        (cut_off(CutOffEvery.DAY, "DE"), "2026-05-13 17:00", "2026-05-15 16:00", "2026-05-15"),
        (cut_off(CutOffEvery.DAY), "2026-05-13 17:00", "2026-05-14 16:00", "2026-05-14"),
        (cut_off(CutOffEvery.WEEK), "2026-12-28 00:00", "2026-12-31 17:00", "2026-W53"),
        # 29 February.
        (cut_off(CutOffEvery.MONTH, "none"), "2028-02-10 00:00", "2028-02-29 17:00", "2028-02"),
        # 02:30 is skipped on 29 March, a Sunday where only Saudi Arabia works; 02:30 stands twice on 25 October.
        (cut_off(CutOffEvery.DAY, "SA", "02:30"), "2026-03-28 20:00", "2026-03-29 01:30", "2026-03-29"),
        (cut_off(CutOffEvery.DAY, "SA", "02:30"), "2026-10-24 20:00", "2026-10-25 00:30", "2026-10-25"),
    ],
)
def test_a_cycle_closes_at_its_cut_off(terms: Tariff, after: str, due: str, label: str) -> None:
    assert next_close_due(terms, utc_us(after)) == CloseDue(utc_us(due), label)


def test_no_cut_off_no_close() -> None:
    assert next_close_due(Tariff(1, calendar="DE"), 0) is None
    assert last_close_due(Tariff(1, calendar="DE"), 0, utc_us("2030-01-01 00:00")) is None


@FEW
@given(TERMS, MOMENTS)
def test_the_next_close_comes_later_on_a_business_day_at_the_cut_off(terms: Tariff, after_us: int) -> None:
    due = next_close_due(terms, after_us)
    assert due is not None
    assert due.due_us > after_us
    there = from_us(due.due_us).astimezone(ZoneInfo(terms.cut_off_zone))
    assert is_business_day(terms.calendar, there.date())
    assert there.strftime("%H:%M") == terms.cut_off or terms.cut_off == "02:30"
    assert is_cut_off(terms, due)
    assert not is_cut_off(terms, CloseDue(due.due_us + 60_000_000, due.label))
    assert not is_cut_off(terms, CloseDue(due.due_us, "2019-W01"))


@FEW
@given(TERMS, MOMENTS)
def test_nothing_of_the_period_comes_after_its_close(terms: Tariff, after_us: int) -> None:
    due = next_close_due(terms, after_us)
    assert due is not None
    following = next_close_due(terms, due.due_us)
    assert following is not None
    assert following.label != due.label
    day, last = (
        from_us(each.due_us).astimezone(ZoneInfo(terms.cut_off_zone)).date() for each in (due, following)
    )
    period = {"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}[terms.cut_off_every]
    while (day := day + timedelta(days=1)) <= last:
        assert day.strftime(period) != due.label or not is_business_day(terms.calendar, day)


@FEW
@given(TERMS, MOMENTS, st.integers(0, 100))
def test_the_last_close_is_what_following_each_next_one_leads_to(
    terms: Tariff, after_us: int, days: int
) -> None:
    until_us = after_us + days * DAY_US
    found, due = None, next_close_due(terms, after_us)
    while due is not None and due.due_us <= until_us:
        found, due = due, next_close_due(terms, due.due_us)
    assert last_close_due(terms, after_us, until_us) == found


@FEW
@given(st.sampled_from(["none", "target2", "DE", "US", "SA"]), st.dates(date(2024, 1, 1), date(2032, 1, 1)))
def test_weekends_and_holidays_are_no_business_days(calendar: str, day: date) -> None:
    known = {
        "none": [],
        "target2": holidays.financial_holidays("XECB", years=day.year),
    }.get(calendar)
    known = holidays.country_holidays(calendar, years=day.year) if known is None else known
    weekend = {4, 5} if calendar == "SA" else {5, 6}
    assert is_business_day(calendar, day) == (day.weekday() not in weekend and day not in known)


@FEW
@given(
    st.sampled_from(["none", "target2", "DE"]),
    st.dates(date(2024, 1, 1), date(2032, 1, 1)),
    st.integers(0, 40),
)
def test_so_many_business_days_lie_between(calendar: str, day: date, count: int) -> None:
    reached = business_day_after(calendar, day, count)
    between = [day + timedelta(days=n) for n in range(1, (reached - day).days + 1)]
    assert sum(is_business_day(calendar, each) for each in between) == count
    assert not count or is_business_day(calendar, reached)


@FEW
@given(TERMS, MOMENTS)
def test_a_leg_is_due_until_a_business_day_ends(terms: Tariff, approved_us: int) -> None:
    due_us = payment_due_us(terms, approved_us)
    assert due_us is not None
    zone = ZoneInfo(terms.cut_off_zone)
    approved, ended = (from_us(each).astimezone(zone).date() for each in (approved_us, due_us - 1))
    assert ended == business_day_after(terms.calendar, approved, terms.payment_days)
    assert from_us(due_us).astimezone(zone).strftime("%H:%M:%S.%f") == "00:00:00.000000"


def test_a_leg_without_days_of_payment_is_never_due() -> None:
    assert payment_due_us(Tariff(1), utc_us("2026-11-22 12:00")) is None


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (Tariff(1, calendar="ZZ"), "tariff.calendar"),
        (Tariff(1, cut_off_zone="Europe/Atlantis"), "tariff.cut_off_zone"),
        (Tariff(1, cut_off_zone="Europe"), "tariff.cut_off_zone"),
    ],
)
def test_a_calendar_or_a_zone_that_nobody_knows_is_named(terms: Tariff, field: str) -> None:
    with pytest.raises(CoalitionError, match=r"country|time zone") as caught:
        check_known(terms)
    assert (caught.value.reason, caught.value.field) == ("FIELD_INVALID", field)


def test_known_ones_are_taken() -> None:
    for calendar in ("none", "target2", "DE", "FR"):
        check_known(Tariff(1, calendar=calendar, cut_off_zone="Europe/Berlin"))
