"""Time as integers: microseconds since 1970-01-01T00:00:00Z, and its one spelling in the journal.

The ledger never reads this machine's clock: entries are timed by PostgreSQL's clock, read under the shard's lock.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
SECONDS_CACHED = 1_000
"""What is spelled together is of the same few seconds."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_NAIVE = datetime(1970, 1, 1)  # noqa: DTZ001 - twice as fast as an aware one
_TIME = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d\.\d{6}Z", re.ASCII)
TIME_MAX_US = 253_402_300_799_999_999
"""9999-12-31T23:59:59.999999Z, the last instant that the journal can spell."""
_source: Callable[[], int] = time.time_ns


def now_us() -> int:
    """This machine's clock, for clients that stamp requests and for timeouts; never for the ledger."""
    return _source() // 1_000


@contextmanager
def told_by(source_ns: Callable[[], int]) -> Iterator[None]:
    """Takes the time from another clock than this machine's: in a simulation it is virtual."""
    global _source
    before, _source = _source, source_ns
    try:
        yield
    finally:
        _source = before


def format_time(time_us: int) -> str:
    """`2026-11-21T17:00:00.000007Z`: UTC with exactly six decimals (RFC 3339)."""
    second, micros = divmod(time_us, SECOND_US)
    return f"{_spelled_second(second)}.{micros:06d}Z"


@lru_cache(maxsize=SECONDS_CACHED)
def _spelled_second(second: int) -> str:
    return (_EPOCH_NAIVE + timedelta(seconds=second)).isoformat()


def parse_time(text: str) -> int:
    """The inverse of `format_time`; ValueError for any other spelling."""
    if not _TIME.fullmatch(text):
        raise ValueError(f"time {text!r} is not YYYY-MM-DDTHH:MM:SS.ffffffZ")
    since = datetime.fromisoformat(text[:-1]) - _EPOCH_NAIVE
    return (since.days * 86_400 + since.seconds) * SECOND_US + since.microseconds


def to_us(moment: datetime) -> int:
    """Microseconds since the epoch of an aware datetime."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def from_us(time_us: int) -> datetime:
    """The aware UTC datetime of microseconds since the epoch."""
    return _EPOCH + timedelta(microseconds=time_us)
