"""A time has one spelling, and reads back from it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.clock import TIME_MAX_US, format_time, from_us, parse_time, to_us


@given(st.integers(0, TIME_MAX_US))
def test_a_time_is_spelled_as_rfc_3339_says_and_reads_back(time_us: int) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_us)
    assert format_time(time_us) == moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert parse_time(format_time(time_us)) == to_us(moment) == time_us
    assert from_us(time_us) == moment


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T17:00:00Z",
        "2026-11-22T17:00:00.000Z",
        "2026-11-22T17:00:00.000000",
        "2026-11-22T17:00:00.000000+00:00",
        "2026-11-22 17:00:00.000000Z",
        "2026-11-22T24:00:00.000000Z",
        "2026-02-30T17:00:00.000000Z",
        "2026-11-22T17:00:60.000000Z",
        "2026-11-22T17:00:00.00000１Z",
    ],
)
def test_another_spelling_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"time|day|second"):
        parse_time(text)
