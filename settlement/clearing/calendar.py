"""Business days, and the moments at which a cycle closes by itself: pure, from the terms of a tariff.

Holidays are those that the library `holidays` knows, and weekends those of the country; `none` and `target2` know Monday to
Friday. A moment is a day's cut-off in its time zone. One that clocks skip comes later by what they skip; of one that they show
twice the first counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from settlement.clock import from_us, to_us
from settlement.errors import CoalitionError
from settlement.house.tariff import NONE, CutOffEvery, Tariff

if TYPE_CHECKING:
    from holidays import HolidayBase

TARGET2 = "target2"
WEEKEND = frozenset({5, 6})
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CloseDue:
    """The moment at which a cycle is to close, and the label that it gets: its day, its week, or its month."""

    due_us: int
    label: str


def check_known(tariff: Tariff) -> None:
    """CoalitionError FIELD_INVALID if nobody knows the tariff's calendar or its time zone."""
    try:
        _holidays(tariff.calendar)
    except NotImplementedError:
        message = f"no holidays of {tariff.calendar} are known: none, target2, or a country's two letters"
        raise CoalitionError("FIELD_INVALID", message, field="tariff.calendar") from None
    try:
        ZoneInfo(tariff.cut_off_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"{tariff.cut_off_zone} is no time zone; name one as Europe/Berlin"
        raise CoalitionError("FIELD_INVALID", message, field="tariff.cut_off_zone") from None


def is_business_day(calendar: str, day: date) -> bool:
    """Whether payments are made on this day: no weekend, no holiday."""
    known = _holidays(calendar)
    if known is None:
        return day.weekday() not in WEEKEND
    return day.weekday() not in known.weekend and day not in known


def business_day_after(calendar: str, day: date, count: int) -> date:
    """The business day that is so many after a day; the day itself for 0."""
    while count:
        day += _DAY
        count -= is_business_day(calendar, day)
    return day


def business_days_since(tariff: Tariff, day: date, now_us: int) -> int:
    """How many business days have begun since that day ended, in the tariff's time zone."""
    today = from_us(now_us).astimezone(_zone(tariff)).date()
    days = [day + _DAY * n for n in range(1, (today - day).days + 1)]
    return sum([is_business_day(tariff.calendar, each) for each in days])


def is_cut_off(tariff: Tariff, due: CloseDue) -> bool:
    """Whether that may be a close of this tariff, whatever days are holidays: its time of day and its label are right."""
    day = from_us(due.due_us).astimezone(_zone(tariff)).date()
    known_weekend = tariff.calendar in (NONE, TARGET2)
    days = [each for each in (day - _DAY, day) if not (known_weekend and each.weekday() in WEEKEND)]
    return tariff.cut_off != NONE and due in [_due_on(tariff, each) for each in days]


def last_close_due(tariff: Tariff, after_us: int, until_us: int) -> CloseDue | None:
    """The last moment after one and not after the other at which a cycle is to close by itself, or None."""
    found = None
    for due in closes_due(tariff, after_us):
        if due.due_us > until_us:
            break
        found = due
    return found


@lru_cache(maxsize=64)
def next_close_due(tariff: Tariff, after_us: int) -> CloseDue | None:
    """The first moment after one at which a cycle is to close by itself; None: it closes by hand only."""
    return next(closes_due(tariff, after_us), None)


def closes_due(tariff: Tariff, after_us: int) -> Iterator[CloseDue]:
    """All moments after one at which cycles are to close by themselves, as long as there are years."""
    if tariff.cut_off == NONE:
        return
    day = from_us(after_us).astimezone(_zone(tariff)).date() - _DAY
    while day.year < date.max.year:
        first, following = _period(tariff.cut_off_every, day)
        closing = _last_business_day(tariff.calendar, first, following)
        due = None if closing is None else _due_on(tariff, closing)
        if due is not None and due.due_us > after_us:
            yield due
        day = following


def payment_due_us(tariff: Tariff, approved_us: int) -> int | None:
    """From when on a leg is overdue that was approved then: the end of its last business day. None: it never is."""
    if not tariff.payment_days:
        return None
    zone = _zone(tariff)
    approved = from_us(approved_us).astimezone(zone).date()
    last = business_day_after(tariff.calendar, approved, tariff.payment_days)
    return to_us(datetime.combine(last + _DAY, time(), zone).astimezone(UTC))


def _due_on(tariff: Tariff, day: date) -> CloseDue:
    moment = datetime.combine(day, time.fromisoformat(tariff.cut_off), _zone(tariff))
    return CloseDue(to_us(moment.astimezone(UTC)), _label(tariff.cut_off_every, day))


def _label(every: CutOffEvery, day: date) -> str:
    if every == CutOffEvery.WEEK:
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02}"
    return day.isoformat() if every == CutOffEvery.DAY else day.isoformat()[:7]


def _period(every: CutOffEvery, day: date) -> tuple[date, date]:
    """The first day of the period that a day is in, and that of the next."""
    if every == CutOffEvery.DAY:
        return day, day + _DAY
    if every == CutOffEvery.WEEK:
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1)


def _last_business_day(calendar: str, first: date, following: date) -> date | None:
    day = following - _DAY
    while day >= first:
        if is_business_day(calendar, day):
            return day
        day -= _DAY
    return None


def _zone(tariff: Tariff) -> ZoneInfo:
    return ZoneInfo(tariff.cut_off_zone)


@cache
def _holidays(calendar: str) -> "HolidayBase | None":
    """The holidays of a calendar; None for `none`. NotImplementedError if it is not known."""
    if calendar == NONE:
        return None
    import holidays  # takes its time, and most processes need none

    if calendar == TARGET2:
        return holidays.financial_holidays("XECB")
    return holidays.country_holidays(calendar)
