"""Nearly everything goes the short way: ordinary entries, and quiet members' acts by the whole, walked once."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from coalition.audit import stretches, swift
from coalition.audit.checks import Check, Report
from coalition.audit.fsck import fsck
from coalition.audit.stretches import Odd, Stretch
from tests.coalition.audit.conftest import Evidence
from tests.coalition.audit.quiet_life import quiet_life
from tests.support.postgres import drop_database, new_books
from tests.support.small_network import SmallNetwork


def test_most_entries_go_the_short_way(evidence: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    short: list[int] = []
    feed = swift.SwiftReplay.feed_stretch

    def counted(replay: swift.SwiftReplay, shard: int, stretch: Stretch) -> Iterator[Odd | int]:
        short.append(len(stretch))
        for each in feed(replay, shard, stretch):
            short.append(-1)
            yield each

    monkeypatch.setattr(swift.SwiftReplay, "feed_stretch", counted)
    monkeypatch.setattr(stretches, "FEW", 0)
    report = Report()
    assert list(fsck(evidence.dsn, report=report)) == []
    kinds, odd = _kinds(evidence.dsn), _odd(evidence.dsn)
    first_named = kinds["issue"] + kinds["redeem"] + kinds["enrol"] - odd - sum(short)
    assert odd > 0
    assert 0 <= first_named <= _joined(evidence.dsn)
    assert report.tried[Check.LEAF_TEXT].count == sum(kinds.values())


def test_acts_of_quiet_members_are_decided_by_the_whole_and_once(
    server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lots: list[int] = []
    settle = swift.SwiftReplay.settle

    def counted(replay: swift.SwiftReplay) -> None:
        settle(replay)
        lots.append(sum([len(each.index) for each in replay.quiet_lots]))

    async def live(dsn: str) -> int:
        async with SmallNetwork.found(dsn, tmp_path) as network:
            return await quiet_life(network)

    monkeypatch.setattr(swift.SwiftReplay, "settle", counted)
    monkeypatch.setattr(stretches, "FEW", 0)
    dsn = new_books()
    try:
        made = asyncio.run(live(dsn))
        assert list(fsck(dsn)) == []
        assert lots == [made]
    finally:
        drop_database(dsn)


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
