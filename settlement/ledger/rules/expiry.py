"""When points expire: pure arithmetic on dates, in UTC.

A tariff's term `expiry` is `never`, or a kind and a count: `months-12`, `month-end-12`, `year-end-1`, `activity-12`. The first
three give points a date when they are issued. Points by activity have none: theirs is so many months after whatever their member
did last, so that an act moves it without touching a lot.
"""

from calendar import monthrange
from collections.abc import Iterable
from datetime import MAXYEAR, datetime, timedelta

from settlement.clock import HOUR_US, from_us, to_us
from settlement.ledger.book import IDLE_US, NEVER_US, Lot, Wallet

DAY_US = 24 * HOUR_US
_MONTHS = 12
_LAST_YEAR = MAXYEAR - 1


def expiry_of(term: str, now_us: int) -> tuple[int, int | None]:
    """What a lot issued now has as `expires_at_us` and `idle_months`, under a tariff with this term."""
    if term == "never":
        return NEVER_US, None
    kind, _, count = term.rpartition("-")
    if kind == "activity":
        return IDLE_US, int(count)
    now = from_us(now_us)
    match kind:
        case "months":
            return months_after(now_us, int(count)), None
        case "month-end":
            return _end_of_month(_later(now, int(count))), None
        case _:
            return _end_of_month(_later(now.replace(month=_MONTHS), _MONTHS * int(count))), None


def notice_of(expires_at_us: int, notice_days: int, now_us: int) -> int | None:
    """When the funder of a lot made now is told of its expiry; None if it is not: the lot has no date, or it is too late."""
    notice_us = expires_at_us - notice_days * DAY_US
    return notice_us if notice_days and expires_at_us < IDLE_US and notice_us > now_us else None


def months_after(time_us: int, months: int) -> int:
    """The same day and time so many months later; the month's last day if it has no such day."""
    return to_us(_later(from_us(time_us), months))


def idle_since(now_us: int, months: int) -> int:
    """Whoever did nothing after this has been idle for so many months; the last day of a month forgets some until it is over."""
    now = from_us(now_us)
    then = _later(now, -months)
    return _end_of_month(then) if then.day < now.day else to_us(then)


def months_idle(active_at_us: int, now_us: int) -> int:
    """For how many whole months nothing was done."""
    then, now = from_us(active_at_us), from_us(now_us)
    months = (now.year - then.year) * _MONTHS + now.month - then.month
    return months if months_after(active_at_us, months) <= now_us else months - 1


def months_of_idleness(terms: Iterable[str]) -> list[int]:
    """After how many months without an act points expire, under tariffs with these terms."""
    return sorted({int(term.removeprefix("activity-")) for term in terms if term.startswith("activity-")})


def moment_of(lot: Lot, wallet: Wallet) -> int:
    """When the lot expires, as far as is known now: microseconds, or NEVER_US."""
    if lot.idle_months is None:
        return lot.expires_at_us
    return months_after(wallet.active_at_us or 0, lot.idle_months)


def has_expired(lot: Lot, wallet: Wallet, now_us: int) -> bool:
    """Whether the lot's moment has come, seen to or not."""
    return moment_of(lot, wallet) <= now_us


def _later(moment: datetime, months: int) -> datetime:
    years, month = divmod(moment.month - 1 + months, _MONTHS)
    year = min(moment.year + years, _LAST_YEAR)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


def _end_of_month(moment: datetime) -> int:
    """The month's last microsecond."""
    last = monthrange(moment.year, moment.month)[1]
    midnight = moment.replace(day=last, hour=0, minute=0, second=0, microsecond=0)
    return to_us(midnight + timedelta(days=1, microseconds=-1))
