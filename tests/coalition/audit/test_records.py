"""The merged order: what an entry was decided under comes before it, and shards keep their own order."""

from hypothesis import given
from hypothesis import strategies as st

from coalition.audit.records import Record, in_order
from settlement.journal.leaf import HOUSE, Entry, format_leaf

HOUSE_SIZE = 6
SIZES_SEEN = st.lists(st.integers(1, HOUSE_SIZE), max_size=8).map(sorted)


def _record(shard: int, index: int, house: int, time_us: int) -> Record:
    lines = (("cycle", "1"), ("range", "0 0"), ("request", "none"))
    return Record(shard, index, format_leaf(Entry(shard, index, house, time_us, "cut", lines)), None)


@given(SIZES_SEEN, SIZES_SEEN)
def test_house_entries_below_h_come_before_and_others_after(first: list[int], second: list[int]) -> None:
    shards = {HOUSE: [_record(HOUSE, index, index, index) for index in range(HOUSE_SIZE)]}
    for shard, houses in ((1, first), (2, second)):
        shards[shard] = [_record(shard, index, house, index) for index, house in enumerate(houses)]
    size = 0
    seen: dict[int, list[int]] = {1: [], 2: [], HOUSE: []}
    for read in in_order(shards):
        assert read.entry is not None
        seen[read.record.shard].append(read.record.index)
        if read.record.shard == HOUSE:
            size += 1
        else:
            assert read.entry.house == size
    assert seen == {shard: list(range(len(records))) for shard, records in shards.items()}


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_leaves_that_cannot_be_read_keep_their_place(leaves: list[bytes]) -> None:
    records = [Record(1, index, leaf, None) for index, leaf in enumerate(leaves)]
    reads = list(in_order({1: records}))
    assert [read.record for read in reads] == records
    assert all(read.entry is None and read.error for read in reads)
