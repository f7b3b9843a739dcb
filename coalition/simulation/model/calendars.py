"""When cycles close by themselves, and when legs are overdue: docs/clearing.md, "By the calendar"."""

from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from settlement.house.tariff import Tariff as Terms

SECOND_US = 1_000_000
_PERIODS = {"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}
"""How a period is spelled of which the last business day closes a cycle."""


def moments(terms: Terms, after_us: int, until_us: int) -> list[tuple[int, str]]:
    """Every moment of closing after one and until another, with its label."""
    if terms.cut_off == "none":
        return []
    day, last = _day(terms, after_us) - timedelta(days=1), _day(terms, until_us)
    found = []
    while day <= last:
        if _closes(terms, day):
            hour, minute = terms.cut_off.split(":")
            moment = _moment(terms, day, int(hour), int(minute))
            if after_us < moment <= until_us:
                found.append((moment, _period(terms, day)))
        day += timedelta(days=1)
    return found


def overdue_from(terms: Terms, approved_us: int) -> int | None:
    """The end of the last day of payment."""
    if terms.payment_days == 0:
        return None
    day, left = _day(terms, approved_us), terms.payment_days
    while left > 0:
        day += timedelta(days=1)
        if _is_business_day(terms, day):
            left -= 1
    return _moment(terms, day + timedelta(days=1), 0, 0)


def _closes(terms: Terms, day: date) -> bool:
    """Whether it is a business day, and no other comes in its period."""
    if not _is_business_day(terms, day):
        return False
    later = day + timedelta(days=1)
    while _period(terms, later) == _period(terms, day):
        if _is_business_day(terms, later):
            return False
        later += timedelta(days=1)
    return True


def _period(terms: Terms, day: date) -> str:
    return day.strftime(_PERIODS[terms.cut_off_every])


def _is_business_day(terms: Terms, day: date) -> bool:
    if terms.calendar == "none":
        return day.isoweekday() < 6
    if terms.calendar == "target2":
        return day.isoweekday() < 6 and day not in _holidays("target2", day.year)
    country = _holidays(terms.calendar, day.year)
    return day.weekday() not in country.weekend and day not in country


@cache
def _holidays(calendar: str, year: int) -> holidays.HolidayBase:
    if calendar == "target2":
        return holidays.financial_holidays("XECB", years=year)
    return holidays.country_holidays(calendar, years=year)


def _day(terms: Terms, time_us: int) -> date:
    return datetime.fromtimestamp(time_us // SECOND_US, ZoneInfo(terms.cut_off_zone)).date()


def _moment(terms: Terms, day: date, hour: int, minute: int) -> int:
    there = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(terms.cut_off_zone))
    return int(there.timestamp()) * SECOND_US
