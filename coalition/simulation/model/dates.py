"""When points expire: docs/ledger.md, "The life of points". Days are looked for on the calendar, one by one."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND, _DAY = timedelta(microseconds=1), timedelta(days=1)


def date_of_lot(term: str, now_us: int) -> int | None:
    """The moment at which points expire that are issued now under this term; None if no date is fixed by it."""
    words = term.split("-")
    if words[0] in ("never", "activity"):
        return None
    count, now = int(words[-1]), _moment(now_us)
    if words == ["months", words[-1]]:
        return months_later(now_us, count)
    month = now.year * 12 + now.month - 1 + count
    if words[0] == "year":
        month = (now.year + count) * 12 + 11
    return _micros(_first_of(month + 1) - _MICROSECOND)


def notice_before(date_us: int | None, days: int, now_us: int) -> int | None:
    """So many days before the date; None without either, and if that is not ahead."""
    if date_us is None or days == 0:
        return None
    notice_us = date_us - days * (_DAY // _MICROSECOND)
    return notice_us if notice_us > now_us else None


def months_later(time_us: int, months: int) -> int:
    """The same day and time in the month that is so many months later, or on the last day that this month has."""
    then = _moment(time_us)
    month = then.year * 12 + then.month - 1 + months
    midnight = datetime(then.year, then.month, then.day, tzinfo=UTC)
    day = _first_of(month) + (then.day - 1) * _DAY
    while day >= _first_of(month + 1):
        day -= _DAY
    return _micros(day + (then - midnight))


def _first_of(month: int) -> datetime:
    """The beginning of a month, counted from the year 0."""
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)


def _moment(time_us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=time_us)


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
