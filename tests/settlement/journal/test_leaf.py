"""A leaf has one spelling: what is read is written back byte for byte, and all else is refused."""

import base64
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settlement.clock import TIME_MAX_US
from settlement.journal.grammar import KINDS
from settlement.journal.leaf import (
    LEAF_BYTES_MAX,
    Entry,
    LeafError,
    Transfer,
    format_leaf,
    format_post,
    parse_leaf,
)

NUMBERS = st.integers(0, 10**19 - 1).map(str)
HASHES = st.binary(min_size=32, max_size=32).map(bytes.hex)
NAMES = st.from_regex(r"[a-z0-9][a-z0-9-]{0,38}[a-z0-9]", fullmatch=True)
UUIDS = st.uuids().map(str)
TIMES = st.sampled_from(
    ["2026-11-21T17:00:00.000007Z", "1970-01-01T00:00:00.000001Z", "9999-12-31T23:59:59.999999Z"]
)
EXPIRIES = st.sampled_from(["never", "activity-1", "activity-600"]) | TIMES
TEXTS = st.from_regex(r"[\x21-\x7e](?:[\x20-\x7e]{0,78}[\x21-\x7e])?", fullmatch=True)
BASE64 = st.binary(max_size=72).map(lambda data: base64.b64encode(data).decode())
ACCOUNTS = st.sampled_from(
    ["issued:bakery", "wallet:8f3a-1", "position:acme", "bank", "settling:7:acme", "fee-income"]
)


def joined(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(" ".join)


PROOFS = st.just(f"code {'0f' * 16}") | joined(st.just("device"), HASHES, BASE64)
VALUES: dict[str, st.SearchStrategy[str]] = {
    "partner": NAMES,
    "act": UUIDS,
    "member": UUIDS,
    "amount": joined(st.just("PTS"), NUMBERS),
    "occurred": TIMES,
    "original": st.tuples(NUMBERS, NUMBERS).map(":".join),
    "request": st.just("none")
    | joined(st.just("application/vnd.coalition.v1.IssueRequest+protobuf"), HASHES),
    "sig": joined(HASHES, BASE64),
    "post": joined(ACCOUNTS, ACCOUNTS, st.just("EUR"), NUMBERS),
    "until": TIMES,
    "pending": st.just("event") | TIMES,
    "campaign": st.sampled_from(["spring", "-", "2026-11-advent"]),
    "share": NUMBERS,
    "lot": st.sampled_from(["take 3:55.0 1200", "give 64:0.12 1", "spend 1:7.0 30", "free 2:1.1 5"])
    | joined(st.just("renew 1:7.0 30"), TIMES)
    | joined(st.just("new"), NAMES, st.just("PTS"), NUMBERS, EXPIRIES, NUMBERS),
    "tariff": NUMBERS,
    "account": st.sampled_from(
        [
            "DE89370400440532013000 DE - - Bakery GmbH",
            "NO9386011117947 AT COBADEFFXXX 213800KUD8LAJWSQ9D15 X",
        ]
    ),
    "statement": HASHES,
    "bank-line": joined(
        HASHES,
        st.sampled_from(
            [
                "5 2026-11-30 paid 1 bakery",
                "-5 2026-11-30 break unknown",
                "7 2026-11-30 break amount 1 bakery",
            ]
        ),
    ),
    "file": joined(st.sampled_from(["csv", "pain.001.001.09"]), HASHES),
    "totals": joined(NUMBERS, NUMBERS, NUMBERS, NUMBERS),
    "part": NUMBERS,
    "joined": UUIDS,
    "recipient": UUIDS,
    "expiring": joined(NAMES, st.just("PTS"), NUMBERS, TIMES),
    "arrear": st.sampled_from(["new bakery PTS 5 12", "take 1:7.0 5"]),
    "term": st.sampled_from(
        ["rate-micros 10000", "hold-minutes 10080", "expiry month-end-12", "cut-off-zone Etc/GMT+5"]
    ),
    "proof": PROOFS,
    "proof-name": st.just("code") | HASHES,
    "consent": PROOFS,
    "result": st.sampled_from(["ok", "refused INSUFFICIENT_POINTS"]),
    "network": st.sampled_from(["clearing.example/coalition-1", "ab"]),
    "currency": joined(st.just("EUR"), st.integers(0, 6).map(str)),
    "shards": NUMBERS,
    "operator": NAMES,
    "from": TIMES,
    "model": st.sampled_from(["bilateral", "pool"]),
    "practice": st.just("yes"),
    "days": st.integers(1, 99_999).map(str),
    "key": joined(
        HASHES, st.just("ed25519"), st.sampled_from(["request", "log"]), NAMES, st.just("-") | NAMES, BASE64
    ),
    "subject": NAMES,
    "name": TEXTS,
    "keyid": HASHES,
    "reason": st.sampled_from(["retired", "superseded", "compromised"]),
    "suspect-from": TIMES,
    "cycle": NUMBERS,
    "label": TEXTS,
    "due": TIMES,
    "range": joined(NUMBERS, NUMBERS),
    "settlement": NUMBERS,
    "proposal": HASHES,
    "net": joined(NAMES, st.integers(-(10**18), 10**18).map(str)),
    "deferred": NAMES,
    "security": st.sampled_from(["collateral", "guarantee", "prefund", "capital"]),
    "cap": st.just("none") | NUMBERS,
    "cover": joined(st.sampled_from(["unpaid", "collateral", "guarantee", "capital", "shortfall"]), NUMBERS),
    "bear": joined(NAMES, NUMBERS),
    "words": st.from_regex(r"[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?", fullmatch=True),
    "warning": st.just("zero-cycle")
    | st.builds("{}:{}".format, st.sampled_from(["unusual-swing", "cap-exceeded"]), NAMES),
    "answer": st.sampled_from(["accepted", "rejected"]),
    "break": HASHES,
    "person": NAMES,
    "resolution": st.just("write-off")
    | NAMES.map("adjustment {}".format)
    | joined(st.just("match"), NUMBERS, NAMES)
    | joined(st.just("offset"), HASHES),
    "head": joined(NUMBERS, NUMBERS, HASHES),
    "document": joined(NUMBERS, NAMES, HASHES, HASHES),
}


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    kind = draw(st.sampled_from(sorted(KINDS)))
    lines: list[tuple[str, str]] = []
    for rule in KINDS[kind]:
        key, many = rule.rstrip("?*+"), rule[-1]
        least, most = {"?": (0, 1), "*": (0, 3), "+": (1, 3)}.get(many, (1, 1))
        lines += [(key, draw(VALUES[key])) for _ in range(draw(st.integers(least, most)))]
    number = st.integers(0, 10**19 - 1)
    return Entry(
        draw(number), draw(number), draw(number), draw(st.integers(0, TIME_MAX_US)), kind, tuple(lines)
    )


@given(entries())
def test_every_entry_reads_back_from_its_leaf(entry: Entry) -> None:
    leaf = format_leaf(entry)
    assert parse_leaf(leaf) == entry
    assert leaf.endswith(b"\n")
    assert all(byte == 10 or 32 <= byte <= 126 for byte in leaf)


@settings(max_examples=4 * settings().max_examples)
@given(entries(), st.integers(0, 10**6), st.binary(min_size=0, max_size=2), st.integers(0, 2))
def test_spoilt_bytes_are_another_canonical_leaf_or_none(entry: Entry, at: int, put: bytes, cut: int) -> None:
    leaf = format_leaf(entry)
    place = at % (len(leaf) + 1)
    spoilt = leaf[:place] + put + leaf[place + cut :]
    try:
        read = parse_leaf(spoilt)
    except LeafError:
        return
    assert format_leaf(read) == spoilt
    assert (read == entry) == (spoilt == leaf)


@given(entries(), st.data())
def test_lines_have_one_order(entry: Entry, data: st.DataObject) -> None:
    lines = list(entry.lines)
    unlike = [at for at in range(1, len(lines)) if lines[at - 1][0] != lines[at][0]]
    at = data.draw(st.sampled_from(unlike))
    lines[at - 1], lines[at] = lines[at], lines[at - 1]
    with pytest.raises(LeafError, match=r"out of place|lacks its line"):
        parse_leaf(format_leaf(replace(entry, lines=tuple(lines))))


@given(st.binary(max_size=300))
def test_random_bytes_are_no_leaf(data: bytes) -> None:
    with pytest.raises(LeafError):
        parse_leaf(data)


GOOD = format_leaf(
    Entry(1, 7, 41, 1_800_000_000_000_000, "cut", (("cycle", "1"), ("range", "0 7"), ("request", "none")))
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"cycle 1", b"cycle 01"),
        (b"cycle 1", b"cycle +1"),
        (b"cycle 1", b"cycle  1"),
        (b"cycle 1", b"cycle 1 "),
        (b"cycle 1\n", b""),
        (b"cycle 1\n", b"cycle 1\ncycle 1\n"),
        (b"cycle 1\nrange 0 7\n", b"range 0 7\ncycle 1\n"),
        (b"cycle 1\n", b"cycle 1\r\n"),
        (b"cycle 1\n", b"cycle 1\n\n"),
        (b"cycle 1\n", b"cycle 1\x00\n"),
        (b"cycle 1\n", b"cycle 1\x85"),
        (b"request none\n", b"request none"),
        (b"request none\n", b"request none\nresult ok\n"),
        (b"kind cut", b"kind slice"),
        (b"shard 1", b"shard -1"),
        (b"index 7", b"index 07"),
        (b"journal/v1", b"journal/v2"),
        (b".000000Z", b".00000Z"),
        (b"T08:", b"T25:"),
        (b"2027-01-15", b"2027-02-30"),
        (b"2027-01-15", b"0000-01-15"),
        (b"cycle 1", "cycle １".encode()),
        (b"cycle 1", b"Cycle 1"),
        (b"coalition", b"\xef\xbb\xbfcoalition"),
    ],
)
def test_no_second_spelling(old: bytes, new: bytes) -> None:
    assert GOOD.count(old) == 1
    with pytest.raises(LeafError) as caught:
        parse_leaf(GOOD.replace(old, new))
    assert caught.value.reason == "LEAF_MALFORMED"


def test_a_leaf_over_the_limit_is_refused() -> None:
    head = (("head", "1 1 " + "0" * 64),) * 1_000
    with pytest.raises(LeafError, match=str(LEAF_BYTES_MAX)):
        parse_leaf(format_leaf(Entry(0, 1, 1, 1, "heads", (*head, ("request", "none")))))


def test_a_post_and_its_inverse_cancel() -> None:
    post = Transfer("position:acme", "position:bakery", "EUR", 12_000_000)
    assert format_post(post) == "position:acme position:bakery EUR 12000000"
    assert post.inverse().inverse() == post
    assert (post.inverse().debit, post.inverse().amount) == ("position:bakery", 12_000_000)
