"""Whatever UUIDs are chosen, each has its own number."""

from hypothesis import given
from hypothesis import strategies as st

from coalition.audit.arrays import UUID_BYTES, table_of
from coalition.audit.codes import UNKNOWN, Codes

# Few halves, so that many are alike.
uuids = st.tuples(st.sampled_from([bytes(8), b"\xff" * 8, b"a half: "]), st.integers(0, 9)).map(
    lambda drawn: drawn[0] + drawn[1].to_bytes(8)
) | st.uuids().map(lambda each: each.bytes)


@given(st.lists(st.lists(uuids, max_size=8), max_size=5), st.lists(uuids, max_size=8))
def test_each_has_the_number_that_it_was_given(chapters: list[list[bytes]], others: list[bytes]) -> None:
    codes, known = Codes(), dict[bytes, int]()
    for chapter in chapters:
        for uuid in chapter:
            if uuid not in known:
                known[uuid] = len(known)
                codes.add(uuid, known[uuid])
        asked = [*known, *others]
        expected = [known.get(uuid, UNKNOWN) for uuid in asked]
        assert codes.of(table_of(asked, UUID_BYTES)).tolist() == expected
