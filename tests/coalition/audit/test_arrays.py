"""Columns of bytes say what each value says by itself."""

from base64 import b64encode
from binascii import Error, a2b_base64, b2a_base64
from uuid import UUID

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.audit.arrays import (
    UUID_BYTES,
    UUID_CHARACTERS,
    gather,
    read_64_bytes,
    rows_of,
    side_by_side,
    spelled_hex,
    spelled_numbers,
    spelled_times,
    spelled_uuids,
    spells_64_bytes,
    table_of,
    uuids_of,
    widths_of,
)
from coalition.audit.growing import Growing
from settlement.clock import TIME_MAX_US, format_time
from settlement.ids import is_uuid

SPELLED_BYTES = 88
uuids = st.uuids().map(lambda each: each.bytes)


def _with(text: bytes, at: int, byte: int) -> bytes:
    return text[:at] + bytes([byte]) + text[at + 1 :]


@given(st.lists(st.integers(0, TIME_MAX_US)))
def test_times_are_spelled_as_leaves_spell_them(times_us: list[int]) -> None:
    spelled = rows_of(spelled_times(np.array(times_us, np.int64)))
    assert spelled == [format_time(time_us).encode() for time_us in times_us]


def test_the_first_and_the_last_time_are_spelled() -> None:
    first, last = rows_of(spelled_times(np.array([0, TIME_MAX_US])))
    assert (first, last) == (b"1970-01-01T00:00:00.000000Z", b"9999-12-31T23:59:59.999999Z")


@given(st.lists(uuids))
def test_uuids_are_read_as_they_are_spelled(drawn: list[bytes]) -> None:
    spelled = spelled_uuids(table_of(drawn, UUID_BYTES))
    assert rows_of(spelled) == [str(UUID(bytes=each)).encode() for each in drawn]
    read, well = uuids_of(spelled)
    assert rows_of(read) == drawn
    assert well.all()


@given(st.uuids().map(str), st.sampled_from(b"09afAFgG-:/ \n") | st.integers(0, 255))
def test_uuids_have_one_spelling(spelled: str, byte: int) -> None:
    """Another byte stands at each place."""
    texts = [spelled.encode(), spelled.upper().encode()]
    texts += [_with(texts[0], at, byte) for at in range(UUID_CHARACTERS)]
    read, well = uuids_of(table_of(texts, UUID_CHARACTERS))
    assert well.tolist() == [is_uuid(text.decode("latin-1")) for text in texts]
    for text, value, is_well in zip(texts, rows_of(read), well.tolist(), strict=True):
        assert not is_well or UUID(text.decode()).bytes == value


@settings(max_examples=30)
@given(
    st.binary(min_size=64, max_size=64).map(b64encode), st.sampled_from(b"A9+/=-_\n ") | st.integers(0, 255)
)
def test_64_bytes_have_one_spelling(spelled: bytes, byte: int) -> None:
    """Another byte stands at each place, and any at the last few."""
    texts = [spelled, *[_with(spelled, at, byte) for at in range(SPELLED_BYTES)]]
    texts += [_with(spelled, at, each) for at in range(84, SPELLED_BYTES) for each in range(256)]
    found = spells_64_bytes(table_of(texts, SPELLED_BYTES))
    assert found.tolist() == [_is_the_one_spelling(text) for text in texts]


@given(st.lists(st.binary(min_size=64, max_size=64)))
def test_64_bytes_are_read_as_they_are_spelled(values: list[bytes]) -> None:
    assert read_64_bytes(table_of([b64encode(each) for each in values], SPELLED_BYTES)) == values


def _is_the_one_spelling(text: bytes) -> bool:
    try:
        value = a2b_base64(text)
    except Error:
        return False
    return len(value) == 64 and b2a_base64(value, newline=False) == text


@given(st.lists(st.integers(0, 2**63 - 1)), st.integers(0, 18))
def test_numbers_are_as_wide_as_they_are_spelled(drawn: list[int], power: int) -> None:
    numbers = [*drawn, 10**power, 10**power - 1]
    assert widths_of(np.array(numbers)).tolist() == [len(str(number)) for number in numbers]


@given(st.integers(1, 19).flatmap(lambda width: st.lists(_of_width(width), min_size=1)))
def test_numbers_of_one_width_are_spelled(numbers: list[int]) -> None:
    width = int(widths_of(np.array(numbers[:1]))[0])
    assert rows_of(spelled_numbers(np.array(numbers), width)) == [str(number).encode() for number in numbers]


def _of_width(width: int) -> st.SearchStrategy[int]:
    return st.integers(10 ** (width - 1) if width > 1 else 0, min(10**width, 2**63) - 1)


@given(st.lists(st.binary(min_size=3, max_size=3)), st.binary(max_size=4))
def test_rows_are_taken_apart_and_put_side_by_side(rows: list[bytes], between: bytes) -> None:
    table = table_of(rows, 3)
    assert rows_of(side_by_side(len(rows), [table, between, table])) == [row + between + row for row in rows]
    assert rows_of(spelled_hex(table)) == [row.hex().encode() for row in rows]
    text = np.frombuffer(b"".join(rows) + b"and on", np.uint8)
    assert rows_of(gather(text, np.arange(len(rows)) * 3, 3)) == rows


@given(st.lists(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=30), max_size=30), st.integers(0, 5_000))
def test_what_was_added_is_kept(parts: list[list[int]], more: int) -> None:
    column, table, kept = Growing(np.int64), Growing(np.int64, 2), list[int]()
    for part in [*parts, list(range(more)), *parts]:
        column.extend(np.array(part, np.int64))
        table.extend(np.array([part, part], np.int64).T)
        kept += part
    assert len(column) == len(table) == len(kept)
    assert column.values.tolist() == kept
    assert table.values.tolist() == [[number, number] for number in kept]
