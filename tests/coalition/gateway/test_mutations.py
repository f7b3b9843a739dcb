"""Requests signed well whose every field may be anything: always a receipt, an answer or a documented error, and sound books."""

from dataclasses import dataclass
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.audit.fsck import fsck
from coalition.errors import CODES
from coalition.gateway.server import MESSAGE_BYTES_MAX
from coalition.wire.methods import METHODS
from tests.support.door import Door

INTEGERS = st.sampled_from(
    [
        0,
        1,
        2,
        -1,
        5,
        127,
        128,
        1_000,
        10**6,
        10**12,
        10**12 + 1,
        10**14,
        10**14 + 1,
        2**31 - 1,
        -(2**31),
        2**63 - 1,
        -(2**63),
    ]
)
TEXTS = st.sampled_from(
    [
        "",
        " ",
        "a",
        "aa",
        "operator",
        "bakery",
        "grocer",
        "x" * 40,
        "x" * 41,
        "x" * 5_000,
        "é",
        "\0",
        "a\nb",
        "A",
        "-a-",
    ]
) | st.text(max_size=45)
BYTES = st.sampled_from(
    [b"", b"\0", bytes(31), bytes(32), bytes(33), b"\xff" * 64, b"x" * 5_000]
) | st.binary(max_size=70)
NEVER = ("BOOKS_INCONSISTENT", "BOOKS_UNAVAILABLE", "QUEUE_FULL", "SHUTTING_DOWN")


@dataclass(frozen=True)
class Change:
    """Which field of a message gets which value, chosen by numbers so that one strategy fits every message."""

    place: int
    integer: int
    text: str
    data: bytes
    times: int

    def apply(self, message: Any) -> None:
        """Changes one field, somewhere inside."""
        fields = list(message.DESCRIPTOR.fields)
        if not fields:
            return
        field = fields[self.place % len(fields)]
        if field.message_type is not None and not field.is_repeated:
            Change(self.place // len(fields), self.integer, self.text, self.data, self.times).apply(
                getattr(message, field.name)
            )
        elif field.is_repeated:
            self._repeat(getattr(message, field.name), field)
        else:
            setattr(message, field.name, self._value(field))

    def _repeat(self, values: Any, field: FieldDescriptor) -> None:
        for _ in range(self.times):
            if field.message_type is not None:
                self.apply(values.add())
            else:
                values.append(self._value(field))

    def _value(self, field: FieldDescriptor) -> Any:
        if field.type == FieldDescriptor.TYPE_STRING:
            return self.text
        if field.type == FieldDescriptor.TYPE_BYTES:
            return self.data
        if field.type == FieldDescriptor.TYPE_INT64:
            return self.integer
        if field.type == FieldDescriptor.TYPE_UINT32:
            return self.integer % 2**32
        return (self.integer + 2**31) % 2**32 - 2**31


CHANGES = st.lists(
    st.builds(Change, st.integers(0, 300), INTEGERS, TEXTS, BYTES, st.integers(0, 20)), min_size=1, max_size=4
)


@pytest.mark.hypothesis
def test_whatever_a_good_key_signs_has_a_documented_answer_and_leaves_the_books_sound(door: Door) -> None:
    @settings(max_examples=9 * settings().max_examples)
    @given(st.sampled_from(sorted(METHODS)), CHANGES, st.booleans())
    def send(path: str, changes: list[Change], keep_header: bool) -> None:
        method = METHODS[path]
        who, request = door.sample(method)
        for change in changes:
            change.apply(request)
        if keep_header:
            door.complete(who, request)
        data = door.sealed(who, request)
        answer = door.call(path, data)
        if len(data) > MESSAGE_BYTES_MAX:
            assert answer.code == "RESOURCE_EXHAUSTED"
        elif answer.code != "OK":
            assert answer.reason not in NEVER
            answer.is_error(*CODES)
        elif not method.read:
            door.outcome(answer)

    send()
    assert door.recorded()["entries"] > 0
    assert list(fsck(door.dsn)) == []
