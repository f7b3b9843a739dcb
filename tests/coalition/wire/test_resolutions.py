"""What two people sign to end a break is read as it was meant, and has one spelling."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.api.v1.banking_pb2 import ProposeResolutionRequest
from coalition.api.v1.envelope_pb2 import RequestHeader
from coalition.wire.requests import BODIES
from coalition.wire.resolutions import spell_resolution
from settlement.banking.acts import ProposeResolution
from settlement.errors import CoalitionError
from settlement.house.breaks import ADJUSTMENT, MATCH, OFFSET, WRITE_OFF, Resolution

NETWORK = "clearing.example/test"
HASHES = st.binary(min_size=32, max_size=32).map(bytes.hex)
NAMES = st.from_regex(r"[a-z0-9][a-z0-9-]{0,38}[a-z0-9]", fullmatch=True)
WORDS = st.from_regex(r"[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?", fullmatch=True)
WAYS = st.one_of(
    st.just(Resolution(WRITE_OFF)),
    st.builds(Resolution, st.just(ADJUSTMENT), NAMES),
    st.builds(Resolution, st.just(MATCH), NAMES, st.integers(1, 2**31 - 1)),
    st.builds(Resolution, st.just(OFFSET), line=HASHES),
)


def read(proposal: bytes) -> object:
    request = ProposeResolutionRequest(header=RequestHeader(audience=NETWORK), proposal=proposal)
    return BODIES["ProposeResolutionRequest"](request)


@given(HASHES, WAYS, WORDS)
def test_it_is_read_as_it_was_meant(line: str, how: Resolution, words: str) -> None:
    proposal = spell_resolution(NETWORK, line, how, words)
    assert read(proposal) == ProposeResolution(line, how, words, sha256(proposal).hexdigest())


@given(HASHES, WAYS, WORDS, st.data())
def test_the_same_in_another_spelling_is_no_proposal(
    line: str, how: Resolution, words: str, data: st.DataObject
) -> None:
    """Its fields in another order, or one of them twice, would have another hash."""
    proposal = spell_resolution(NETWORK, line, how, words)
    part = data.draw(st.sampled_from([proposal, proposal[:2] + NETWORK.encode()]))
    with pytest.raises(CoalitionError) as caught:
        read(proposal + part)
    assert (caught.value.reason, caught.value.field) == ("FIELD_INVALID", "proposal")
