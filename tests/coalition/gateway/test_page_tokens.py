"""A page token is the one that was given; every other text is a field that is named."""

import base64
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.api.v1.exchange_pb2 import IssueRequest, ListEntriesRequest, ListEntriesResponse
from tests.support.door import Door
from tests.support.small_network import points


def test_a_page_token_is_the_one_that_was_given_or_invalid(door: Door) -> None:
    for _ in range(3):
        door.ask("bakery", IssueRequest(**points(door.member, 5)))
    page = door.ask("bakery", ListEntriesRequest(page_size=2)).body
    good = ListEntriesResponse.FromString(page).next_page_token
    numbers = struct.unpack(f">{len(base64.urlsafe_b64decode(good)) // 8}q", base64.urlsafe_b64decode(good))
    assert door.ask("bakery", ListEntriesRequest(page_token=good)).code == "OK"

    def token(*values: int) -> str:
        return base64.urlsafe_b64encode(struct.pack(f">{len(values)}q", *values)).decode()

    wrong = [
        "x",
        "=",
        good[:-4],
        good + "AAAA",
        token(1),
        token(0, 0),
        token(7, *numbers[1:]),
        "é",
        "\0",
        " ",
        good + " ",
    ]
    wrong += [token(numbers[0], start, *numbers[2:]) for start in (-1, 2**62, -(2**63))]
    wrong += [token(*numbers[:-1], size) for size in (-1, 2**62)]
    wrong += [token(*numbers, 2, 5), token(*numbers[:-2]), token(*numbers[:2], *numbers[4:], *numbers[4:])]
    for text in wrong:
        answer = door.ask("bakery", ListEntriesRequest(page_token=text))
        answer.is_error("FIELD_INVALID")
        assert answer.field == "page_token"


@pytest.mark.hypothesis
def test_no_page_token_is_an_internal_error(door: Door) -> None:
    packed = st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-1, 3), max_size=8).map(
        lambda numbers: base64.urlsafe_b64encode(struct.pack(f">{len(numbers)}q", *numbers)).decode()
    )

    @given(st.text(min_size=1, max_size=60) | packed, st.integers(0, 1_000))
    def send(token: str, page_size: int) -> None:
        answer = door.ask("bakery", ListEntriesRequest(page_token=token, page_size=page_size))
        assert answer.code == "OK" or answer.reason == "FIELD_INVALID"

    send()
