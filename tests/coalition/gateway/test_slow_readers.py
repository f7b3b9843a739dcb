"""What a stream of obligations keeps for a reader that is slow: names of sums, and the end of one cycle. Pure."""

from hypothesis import given
from hypothesis import strategies as st

from coalition.gateway.following_debts import Stream
from coalition.gateway.growing_debts import Debts, Sum

PARTNERS = ("a", "b", "c")
grown = st.lists(st.tuples(st.sampled_from(PARTNERS), st.sampled_from(PARTNERS), st.integers(1, 9)))


@given(grown, st.sets(st.integers(0, 20)))
def test_a_reader_that_is_slow_is_told_each_sum_once_as_it_stands(
    postings: list[tuple[str, str, int]], reads: set[int]
) -> None:
    """Whenever it reads, it knows what the books say; what it was not told is kept as names of sums, never as messages."""
    books, stream = Debts("a", 1), Stream("a", "a")
    stream.debts = books
    known: dict[tuple[str, str], Sum] = {}
    for number, (debtor, creditor, micros) in enumerate([*postings, ("a", "b", 1)]):
        if debtor != creditor and "a" in (debtor, creditor):
            pair = (debtor, creditor)
            had = books.sums.get(pair, Sum(0, 0))
            assert books.take(pair, Sum(had.micros + micros, had.postings + 1))
            assert not books.take(pair, books.sums[pair])
            stream.changed.add(pair)
        if number in reads or number == len(postings):
            told = stream.next()
            assert told is not None
            assert told.whole == (known == {} and not any(read < number for read in reads))
            known |= dict(told.sums)
            assert known == books.sums
            assert told.net_micros == sum(
                each.micros if pair[0] == "a" else -each.micros for pair, each in known.items()
            )
    assert not stream.waits


def test_a_reader_that_sleeps_through_two_closes_is_told_the_end_of_the_first() -> None:
    stream = Stream("a", "a")
    stream.debts = Debts("a", 1, {("a", "b"): Sum(5, 1)}, 5)
    stream.next()
    stream.close()
    stream.debts = Debts("a", 2, {("a", "b"): Sum(7, 1)}, 7)
    stream.close()
    stream.debts = Debts("a", 3)
    ends, begins = stream.next(), stream.next()
    assert ends is not None
    assert begins is not None
    assert (ends.cycle, ends.closed, ends.sums) == (1, True, [])
    assert (begins.cycle, begins.whole, begins.closed) == (3, True, False)
