"""The fuzzer notices what it is there for: an exception, a case that is slow, one that never ends; and its literals are whole."""

import base64
import time
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.wire.methods import METHODS
from tests.fuzz import running
from tests.fuzz.changes import TAPES, Tape, applied
from tests.fuzz.protobuf import fields_of, varint
from tests.fuzz.readers import MESSAGE
from tests.fuzz.requests import Bench
from tests.fuzz.running import HangError, SlowError, peak_bytes, run
from tests.fuzz.target import Packed, Target

BENCH = Bench()


def target(attempt: Callable[[bytes], object]) -> Target:
    def tried(case: bytes) -> None:
        attempt(case)

    return Target("a target", st.binary(min_size=3, max_size=3), tried)


def test_what_a_case_raises_comes_with_the_case_as_a_literal() -> None:
    with pytest.raises(UnicodeDecodeError) as caught:
        run(target(bytes.decode), cases=2_000, first_seed=1)
    [note] = [note for note in caught.value.__notes__ if note.startswith("a target: the case is\n")]
    with pytest.raises(UnicodeDecodeError):
        eval(note.partition("\n")[2]).decode()


def test_a_slow_case_is_tried_again_and_then_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "CASE_SECONDS_MAX", 0.02)
    calls: list[bytes] = []

    def slow(case: bytes) -> None:
        calls.append(case)
        ends = time.process_time() + 0.03
        while time.process_time() < ends:
            pass

    with pytest.raises(SlowError):
        run(target(slow), cases=1, first_seed=1)
    assert calls[0] == calls[1] == calls[2]


def test_a_case_that_waits_for_ever_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "HANG_SECONDS", 0.05)
    with pytest.raises(HangError):
        run(target(lambda case: time.sleep(60)), cases=1, first_seed=1)


def test_the_peak_of_memory_is_seen() -> None:
    before = peak_bytes()
    held = bytearray(before + 50_000_000)
    assert peak_bytes() - before >= 40_000_000 <= len(held)


def test_a_run_tries_as_many_cases_as_are_wanted() -> None:
    assert run(target(len), cases=1_200, first_seed=1).cases >= 1_200


@given(st.binary(max_size=400))
def test_a_short_literal_is_the_same_bytes(data: bytes) -> None:
    assert eval(repr(Packed(data)), {"zlib": zlib, "base64": base64}) == data


@pytest.mark.parametrize("path", sorted(METHODS))
def test_the_fields_of_a_message_are_all_its_bytes(path: str) -> None:
    [request] = [request for each, _, request in BENCH.samples if each == path]
    data = request.SerializeToString()
    fields = fields_of(data)
    assert fields is not None
    assert b"".join(field.spelled() for field in fields) == data


@given(st.integers(0, 2**64 - 1), st.integers(1, 12))
def test_a_number_in_too_many_bytes_is_the_same_number(number: int, least: int) -> None:
    spelled = varint(number, least=least)
    assert len(spelled) >= least
    assert sum((byte & 0x7F) << 7 * at for at, byte in enumerate(spelled)) == number


@given(TAPES)
def test_every_change_fits_every_input(tape: Tape) -> None:
    for data in (b"", b"\x00", b"\x0a\x02\x08\x01", b"a b\nc d\n"):
        assert isinstance(applied(data, tape.changes, MESSAGE), bytes)
