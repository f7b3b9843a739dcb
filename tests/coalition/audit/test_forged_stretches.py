"""What only shows between the entries of a stretch, or behind it, is found though each of them is as it must be."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest

from coalition.api.v1 import exchange_pb2
from coalition.audit import stretches
from coalition.audit.checks import Check
from coalition.audit.fsck import fsck
from settlement.clock import SECOND_US, format_time
from settlement.house.tariff import Tariff
from tests.coalition.audit.quiet_life import quiet_life
from tests.support.postgres import drop_database, new_books
from tests.support.small_history import change_tariff
from tests.support.small_network import SmallNetwork, points, spoil

REHASH: LiteralString = (
    r"UPDATE entries SET leaf_hash = sha256('\x00'::bytea || convert_to(leaf, 'UTF8')) WHERE shard > 0"
)


@pytest.fixture
def books(server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A closed cycle; since then two issues in the first shard, and a transfer to a member who is new in the second."""

    async def live(dsn: str) -> None:
        async with SmallNetwork.found(dsn, tmp_path) as network:
            await quiet_life(network)
            members = {shard: await network.enrol("bakery", shard) for shard in (1, 2)}
            await change_tariff(network, Tariff(10_000, transfer_points_max=10))
            await network.close_cycle(1, "2026-01")
            for shard in (1, 1, 2):
                await network.ask(shard, "bakery", exchange_pb2.IssueRequest(**points(members[shard], 3)))
            newcomer = await network.enrol("bakery", 2)
            moved = exchange_pb2.TransferPointsRequest(recipient_id=newcomer, **points(members[1], 2))
            assert (await network.ask(1, "bakery", moved)).refusal is None

    monkeypatch.setattr(stretches, "FEW", 0)
    dsn = new_books()
    asyncio.run(live(dsn))
    assert list(fsck(dsn)) == []
    yield dsn
    drop_database(dsn)


def _last(dsn: str, shard: int, kind: str) -> tuple[int, int]:
    """Number and time of the last of a kind."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "SELECT index, recorded_at_us FROM entries WHERE (shard, kind) = (%s, %s) ORDER BY 1 DESC",
            (shard, kind),
        ).fetchone()
    assert row is not None
    return row[0], row[1]


def _found(dsn: str, check: Check) -> list[str]:
    return [finding.where for finding in fsck(dsn) if finding.check == check]


def test_the_house_never_had_so_many_entries(books: str) -> None:
    last, _ = _last(books, 2, "enrol")
    spoil(
        books,
        rf"""UPDATE entries SET (house, leaf) = (90, regexp_replace(leaf, 'house \d+', 'house 90'))
        WHERE (shard, index) = (2, {last})""",
    )
    spoil(books, "UPDATE shards SET house = 90 WHERE shard = 2")
    spoil(books, REHASH)
    assert _found(books, Check.HOUSE_ORDER) == [f"2:{last}"]


def test_a_shard_goes_on_without_a_cut(books: str) -> None:
    cut, _ = _last(books, 1, "cut")
    last, _ = _last(books, 1, "transfer")
    spoil(books, f"DELETE FROM entries WHERE (shard, index) = (1, {cut})")
    for table in ("entries", "payloads", "transfers", "lots", "acts"):
        spoil(books, f"UPDATE {table} SET index = index - 1 WHERE shard = 1 AND index > {cut}")
    spoil(
        books,
        r"UPDATE entries SET leaf = regexp_replace(leaf, 'index \d+', 'index ' || index) WHERE shard = 1",
    )
    spoil(books, REHASH)
    assert _found(books, Check.CUTS) == [f"1:{index}" for index in range(cut, last)]


def test_points_go_to_a_member_who_is_enrolled_later(books: str) -> None:
    transfer, moved_us = _last(books, 1, "transfer")
    enrolment, _ = _last(books, 2, "enrol")
    later_us = moved_us + SECOND_US
    spoil(
        books,
        rf"""UPDATE entries SET (recorded_at_us, leaf)
            = ({later_us}, regexp_replace(leaf, 'time [^\n]+', 'time {format_time(later_us)}'))
        WHERE (shard, index) = (2, {enrolment})""",
    )
    spoil(books, f"UPDATE shards SET recorded_at_us = {later_us} WHERE shard = 2")
    spoil(books, REHASH)
    assert _found(books, Check.DECIDED_AGAIN) == [f"1:{transfer}"]


@pytest.mark.parametrize("few", [0, 1_000])
def test_the_network_was_founded_without_a_tariff(
    books: str, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stretches, "FEW", few)
    spoil(books, "UPDATE entries SET leaf = replace(leaf, 'term ', 'term x') WHERE (shard, index) = (0, 0)")
    assert "0:0" in _found(books, Check.ENGINE) + _found(books, Check.DECIDED_AGAIN)
