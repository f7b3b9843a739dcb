"""What leaves post is read the same of one leaf and of many, whatever stands in them."""

from hypothesis import given
from hypothesis import strategies as st

from coalition.audit.examiner import posts_of, posts_of_each
from coalition.audit.stored import texts_of

parts = st.sampled_from(
    [b"\n", b"post ", b"\npost ", b"\nposted ", b" ", b"a b PTS 5", b"result ok\n", b"p", b"\0"]
)
leaves = st.lists(st.lists(parts, max_size=8).map(b"".join), max_size=6)


@given(leaves)
def test_many_leaves_post_what_each_of_them_does(drawn: list[bytes]) -> None:
    drawn = [b"line" + leaf for leaf in drawn]  # as every leaf, none begins with a post
    posts, counts = posts_of_each(texts_of(drawn))
    expected = [posts_of(leaf) for leaf in drawn]
    assert counts.tolist() == [len(each) for each in expected]
    told = iter(posts)
    assert [
        [f"{place} {next(told).decode()}" for place in range(count)] for count in counts.tolist()
    ] == expected
