"""Nearly everything goes the short way: ordinary entries, and quiet members' acts by the whole, walked once."""

import asyncio
from collections import Counter
from collections.abc import Callable
from functools import partialmethod
from pathlib import Path

import psycopg
import pytest

from coalition.api.v1 import exchange_pb2
from coalition.audit import ordinary_shard, swift
from coalition.audit.checks import Check, Report
from coalition.audit.fsck import fsck
from tests.coalition.audit.conftest import Evidence
from tests.support.postgres import drop_database, new_books
from tests.support.small_network import SmallNetwork, points


def test_most_entries_go_the_short_way(evidence: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    short: list[int] = []

    def counted(feed: Callable[..., int], *fed: object) -> int:
        short.append(feed(*fed))
        return short[-1]

    for name in ("feed_run", "feed_enrolments"):
        feed = getattr(swift.SwiftReplay, name)
        monkeypatch.setattr(swift.SwiftReplay, name, partialmethod(_through, counted, feed))
    report = Report()
    assert list(fsck(evidence.dsn, report=report)) == []
    kinds, odd = _kinds(evidence.dsn), _odd(evidence.dsn)
    first_named = kinds["issue"] + kinds["redeem"] + kinds["enrol"] - odd - sum(short)
    assert odd > 0
    assert 0 <= first_named <= _joined(evidence.dsn)
    assert report.tried[Check.LEAF_TEXT].count == sum(kinds.values())


def _through(
    replay: swift.SwiftReplay, counted: Callable[..., int], feed: Callable[..., int], *fed: object
) -> int:
    return counted(feed, replay, *fed)


def test_acts_of_quiet_members_are_decided_by_the_whole_and_once(
    server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ordinary_shard, "SHORT", 0)
    lots: list[int] = []
    settle = swift.SwiftReplay.settle

    def counted(replay: swift.SwiftReplay) -> None:
        settle(replay)
        lots.append(sum([len(each.index) for each in replay.quiet_lots]))

    monkeypatch.setattr(swift.SwiftReplay, "settle", counted)
    dsn = new_books()
    try:
        asyncio.run(_quiet_life(dsn, tmp_path))
        assert list(fsck(dsn)) == []
        assert lots == [2]
    finally:
        drop_database(dsn)


async def _quiet_life(dsn: str, log: Path) -> None:
    async with SmallNetwork.found(dsn, log) as network:
        for partner in ("bakery", "cinema"):
            await network.take_in(partner)
        member = await network.enrol("bakery", 1, bytes(32))
        for partner, amount in (("bakery", 30), ("cinema", 40)):
            await network.ask(1, partner, exchange_pb2.IssueRequest(**points(member, amount)))
        await network.ask(1, "cinema", exchange_pb2.RedeemRequest(**points(member, 35)))


def _odd(dsn: str) -> int:
    """What was refused; issues that repay arrears, are pending or co-funded; redemptions for which members showed a proof."""
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            r"""SELECT count(*) FROM entries WHERE kind IN ('issue', 'redeem', 'enrol')
            AND (refusal IS NOT NULL OR leaf ~ E'\n(arrear|pending|campaign|consent) ')"""
        ).fetchone()
    return int(found[0]) if found else 0


def _joined(dsn: str) -> int:
    """Members of openings: the first act that names one by its alias goes the long way, as the alias stands in the file only."""
    with psycopg.connect(dsn) as connection:
        found = connection.execute(r"SELECT sum(regexp_count(leaf, E'\njoined ')) FROM entries").fetchone()
    return int(found[0]) if found else 0


def _kinds(dsn: str) -> Counter[str]:
    with psycopg.connect(dsn) as connection:
        return Counter(dict(connection.execute("SELECT kind, count(*) FROM entries GROUP BY 1").fetchall()))
