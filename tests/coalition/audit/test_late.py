"""Acts that occurred before their cycle began are counted in statements and flagged where entries are shown."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coalition.api.v1 import exchange_pb2
from coalition.audit.bundle import export_bundle
from coalition.audit.fsck import fsck
from coalition.wire.strict import write_time
from settlement.clock import now_us
from settlement.database import READER, connect
from settlement.house.lateness import Lateness
from settlement.ledger.memory import load_house
from settlement.statements.build import statement
from settlement.statements.reading import read_cycle_book
from settlement.statements.spelling import to_csv, to_json
from tests.support import postgres
from tests.support.small_network import SmallNetwork, points

HOUR_US = 3_600_000_000


def late(member: str, amount: int) -> dict[str, Any]:
    """As `points`, of an hour ago."""
    facts = points(member, amount)
    write_time(facts["occurred_at"], now_us() - HOUR_US)
    return facts


async def _two_cycles(dsn: str, log: Path) -> None:
    async with SmallNetwork.found(dsn, log) as network:
        for partner in ("bakery", "cinema"):
            await network.take_in(partner)
        member, other = [await network.enrol("bakery", shard, b"%d" % shard * 32) for shard in (1, 2)]
        for shard, whom in ((1, member), (2, other)):
            await network.ask(shard, "bakery", exchange_pb2.IssueRequest(**points(whom, 900)))
        await network.close_cycle(1, "2026-01")
        for amount in (30, 4):
            await network.ask(1, "cinema", exchange_pb2.RedeemRequest(**late(member, amount)))
        await network.ask(2, "cinema", exchange_pb2.RedeemRequest(**late(other, 100)))
        await network.ask(1, "cinema", exchange_pb2.RedeemRequest(**points(member, 500)))
        too_much = exchange_pb2.RedeemRequest(**late(member, 10_000))
        assert (await network.ask(1, "cinema", too_much)).refusal == "INSUFFICIENT_POINTS"
        await network.close_cycle(2, "2026-02")
        await network.publisher().publish()


@pytest.fixture(scope="module")
def dsn(server: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    dsn = postgres.new_books()
    asyncio.run(_two_cycles(dsn, tmp_path_factory.mktemp("late") / "log"))
    yield dsn
    postgres.drop_database(dsn)


@pytest.mark.parametrize(
    ("cycle", "partner", "points", "count"), [(1, "bakery", 0, 0), (2, "bakery", 0, 0), (2, "cinema", 134, 3)]
)
def test_statements_count_accepted_acts(dsn: str, cycle: int, partner: str, points: int, count: int) -> None:
    with connect(dsn, READER) as connection:
        told = statement(read_cycle_book(connection, load_house(connection), cycle), partner)
    document = json.loads(to_json(told))
    assert document["points"]["late"] == {"points": points, "count": count}
    assert document["value"]["late"] == {"amount": "0.00", "count": 0}
    assert f"\r\nlate,,,,,,,,{count},{points},\r\n".encode() in to_csv(told)


def test_entries_are_flagged_refused_ones_too(dsn: str) -> None:
    with connect(dsn, READER) as connection:
        lateness = Lateness(load_house(connection))
        rows = connection.execute("SELECT kind, refusal, leaf FROM entries ORDER BY shard, index").fetchall()
    flagged = [(kind, refusal) for kind, refusal, leaf in rows if lateness.is_late(leaf)]
    assert flagged == [*[("redeem", None)] * 2, ("redeem", "INSUFFICIENT_POINTS"), ("redeem", None)]


def test_the_books_and_the_evidence_agree(dsn: str, tmp_path: Path) -> None:
    assert list(fsck(dsn, processes=0)) == []
    assert export_bundle(dsn, tmp_path / "bundle.zip").ok
