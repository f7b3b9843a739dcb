"""Transfers that go or arrive otherwise than the rules say: each is found and named."""

from collections.abc import Callable
from pathlib import Path

import pytest

from coalition.audit.checks import Check
from coalition.audit.verify import verify_bundle
from settlement.journal.leaf import Entry, format_leaf, parse_leaf
from tests.coalition.audit.conftest import Evidence
from tests.coalition.audit.forgery import Forgery

HERE, THERE = 1, 2
"""The shard of all senders, and the other one."""


def _sent(forgery: Forgery, *, arrived: bool) -> Entry:
    """A transfer to the other shard that has arrived there, or has not."""
    arrivals = [parse_leaf(leaf) for leaf, _ in forgery.shards[THERE]]
    done = {entry.one("original") for entry in arrivals if entry.kind == "arrive"}
    return parse_leaf(
        forgery.shards[HERE][forgery.find(HERE, lambda entry: _is_sent(entry, done, arrived))][0]
    )


def _is_sent(entry: Entry, done: set[str], arrived: bool) -> bool:
    leaves = any(value.startswith("send ") for value in entry.all("lot"))
    return entry.kind == "transfer" and leaves and (f"{HERE}:{entry.index}" in done) is arrived


def _arrival(forgery: Forgery, transfer: Entry, shard: int = THERE) -> int:
    """The arrival of a transfer at the end of a shard."""
    last = parse_leaf(forgery.shards[shard][-1][0])
    member, points = transfer.one("recipient"), transfer.one("amount").split(" ")[1]
    news = [("lot", f"new {value[5:]}") for value in transfer.all("lot") if value.startswith("send ")]
    about = (("member", member), ("original", f"{HERE}:{transfer.index}"), ("request", "none"))
    post = ("post", f"transit:{HERE}:{THERE} wallet:{member} PTS {points}")
    lines = (*about, post, *news)
    time_us = max(last.time_us, transfer.time_us) + 1
    arrival = Entry(shard, last.index + 1, max(last.house, transfer.house), time_us, "arrive", lines)
    forgery.shards[shard].append((format_leaf(arrival), b""))
    return arrival.index


def _a_transfer_that_arrives_twice(forgery: Forgery) -> tuple[int, int]:
    return THERE, _arrival(forgery, _sent(forgery, arrived=True))


def _a_transfer_that_arrives_in_its_own_shard(forgery: Forgery) -> tuple[int, int]:
    return HERE, _arrival(forgery, _sent(forgery, arrived=False), HERE)


def _a_transfer_that_arrives_with_too_few_points(forgery: Forgery) -> tuple[int, int]:
    place = _arrival(forgery, _sent(forgery, arrived=False))
    post = parse_leaf(forgery.shards[THERE][place][0]).one("post").rpartition(" ")[0]
    forgery.edit(THERE, place, post=f"{post} 1")
    return THERE, place


def _a_transfer_to_somebody_else(forgery: Forgery) -> tuple[int, int]:
    transfer = _sent(forgery, arrived=False)
    forgery.edit(HERE, transfer.index, recipient=transfer.one("member"))
    return HERE, transfer.index


FORGERIES: dict[Callable[[Forgery], tuple[int, int]], Check] = {
    _a_transfer_that_arrives_twice: Check.ENGINE,
    _a_transfer_that_arrives_in_its_own_shard: Check.ENGINE,
    _a_transfer_that_arrives_with_too_few_points: Check.ENGINE,
    _a_transfer_to_somebody_else: Check.DECIDED_AGAIN,
}


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__.strip("_"))
def test_a_forged_entry_is_named_by_its_check(
    evidence: Evidence, tmp_path: Path, forge: Callable[[Forgery], tuple[int, int]]
) -> None:
    forgery = evidence.forgery()
    shard, place = forge(forgery)
    report = verify_bundle(forgery.redo_journal().write(tmp_path / "b.zip"))
    found = {(finding.check, finding.where) for finding in report.findings}
    assert (FORGERIES[forge], f"{shard}:{place}") in found, report.findings


def test_what_was_sent_and_arrives_is_no_forgery(evidence: Evidence, tmp_path: Path) -> None:
    forgery = evidence.forgery()
    _arrival(forgery, _sent(forgery, arrived=False))
    report = verify_bundle(forgery.redo_journal().write(tmp_path / "b.zip"))
    assert report.findings == []
