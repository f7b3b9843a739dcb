"""Laws of the sweep on a real PostgreSQL whose clock is set: what is due happens once, by its own time, and at no other cost."""

from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
import pytest

from coalition.api.v1.exchange_pb2 import AuthorizeRequest, IssueRequest, ReverseRequest, VoidRequest
from coalition.audit.checks import Check
from coalition.audit.fsck import fsck
from settlement.clock import MINUTE_US, now_us
from settlement.house.tariff import Tariff
from settlement.journal.acts import Outcome
from settlement.ledger import sweeping
from settlement.ledger.memory import HouseMemory
from settlement.ledger.sweeping import sweep
from tests.support.own_clock import give_own_clock, set_own_clock
from tests.support.postgres import drop_database, new_books
from tests.support.small_history import change_tariff
from tests.support.small_network import SmallNetwork, just_now, points

MINUTE, YEAR = 60, 365 * 86_400


@pytest.fixture
async def network(tmp_path: Path) -> AsyncIterator[SmallNetwork]:
    """Two member shards, a partner, and a member with 500 points in each; the database has a clock of its own."""
    dsn = new_books()
    give_own_clock(dsn)
    async with SmallNetwork.found(dsn, tmp_path / "log", shards=2) as network:
        await network.take_in("bakery")
        for shard in (1, 2):
            member = await network.enrol("bakery", shard)
            await network.ask(shard, "bakery", IssueRequest(**points(member, 500)))
        yield network
    drop_database(dsn)


async def hold(network: SmallNetwork, shard: int, count: int, *, minutes: int = 1) -> list[Outcome]:
    """So many holds of a point each."""
    member = next(member for place, member in network.members if place == shard)
    acts = [
        network.act("bakery", AuthorizeRequest(**points(member, 1), hold_minutes=minutes))
        for _ in range(count)
    ]
    held = [verdict for verdict in await network.post(shard, acts) if isinstance(verdict, Outcome)]
    assert [one.refusal for one in held] == [None] * count
    return held


async def swept(network: SmallNetwork) -> int:
    """How often something was due."""
    times, memory = 0, HouseMemory()
    while await sweep(network.worker, memory):
        times += 1
    return times


async def rows(network: SmallNetwork, query: str) -> list[Any]:
    return await (await network.gateway.execute(query.encode())).fetchall()


async def lapses(network: SmallNetwork) -> list[Any]:
    return await rows(
        network, "SELECT shard, index, recorded_at_us FROM entries WHERE kind = 'lapse' ORDER BY shard, index"
    )


async def test_nothing_lapses_before_its_time_and_nothing_twice(network: SmallNetwork) -> None:
    await hold(network, 1, 2)
    await hold(network, 2, 1, minutes=3)
    assert await swept(network) == 0
    set_own_clock(network.dsn, 2 * MINUTE)
    assert await swept(network) == 1
    assert [shard for shard, _, _ in await lapses(network)] == [1, 1]
    assert await swept(network) == 0
    set_own_clock(network.dsn, 3 * MINUTE)
    assert await swept(network) == 1
    assert await rows(network, "SELECT count(*) FROM holds WHERE closed_by IS NULL") == [(0,)]
    assert list(fsck(network.dsn)) == []


async def test_a_batch_sees_to_so_many_and_the_next_to_the_rest(
    network: SmallNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "LAPSES_MAX", 4)
    await hold(network, 1, 9)
    set_own_clock(network.dsn, 2 * MINUTE)
    sizes = [(await rows(network, "SELECT size FROM shards WHERE shard = 1"))[0][0]]
    memory = HouseMemory()
    while await sweep(network.worker, memory):
        sizes += (await rows(network, "SELECT size FROM shards WHERE shard = 1"))[0]
    assert [after - before for before, after in pairwise(sizes)] == [4, 4, 1]
    assert list(fsck(network.dsn)) == []


async def test_a_clock_far_ahead_moves_the_books_no_further_than_to_what_is_due(
    network: SmallNetwork,
) -> None:
    held = await hold(network, 1, 2, minutes=5)
    set_own_clock(network.dsn, YEAR)
    assert await swept(network) == 1
    times = [time for _, _, time in await lapses(network)]
    due = held[-1].recorded_at_us + 5 * MINUTE_US
    assert times == [due, due + 1]
    set_own_clock(network.dsn, 0)
    assert due > now_us()
    await hold(network, 1, 1)
    assert list(fsck(network.dsn)) == []


async def test_a_void_between_the_moment_and_the_sweep_leaves_nothing_to_sweep(network: SmallNetwork) -> None:
    (held,) = await hold(network, 1, 1)
    set_own_clock(network.dsn, 2 * MINUTE)
    voided = await network.ask(1, "bakery", VoidRequest(hold_act_id=held.act_id, occurred_at=just_now()))
    assert voided.refusal is None
    assert await swept(network) == 0
    assert list(fsck(network.dsn)) == []


async def test_a_partner_learns_that_its_hold_lapsed_and_fsck_that_it_does_not(
    network: SmallNetwork,
) -> None:
    await hold(network, 1, 1)
    set_own_clock(network.dsn, 2 * MINUTE)
    assert await swept(network) == 1
    assert list(fsck(network.dsn)) == []
    ((shard, index, _),) = await lapses(network)
    assert await rows(network, "SELECT partner, shard, index FROM concerns") == [("bakery", shard, index)]
    with psycopg.connect(network.dsn, autocommit=True) as connection:
        connection.execute("DELETE FROM concerns")
    assert [finding.check for finding in fsck(network.dsn)] == [Check.TABLE_CONCERNS]


async def test_points_that_come_free_past_their_date_repay_nothing_however_far_ahead_the_clock_is(
    network: SmallNetwork,
) -> None:
    """What is judged ahead of time is recorded no earlier than the dates by which it was judged."""
    terms = Tariff(10_000, expiry="month-end-0", hold_minutes=2)
    await change_tariff(network, terms)
    shard, member = network.members[0]
    issued = await network.ask(shard, "bakery", IssueRequest(**points(member, 100)))
    await network.ask(shard, "bakery", AuthorizeRequest(**points(member, 600)))
    back = ReverseRequest(original_act_id=issued.act_id, occurred_at=just_now())
    assert (await network.ask(shard, "bakery", back)).refusal is None
    set_own_clock(network.dsn, YEAR)
    assert await swept(network) == 2
    repaid = "SELECT remaining, quantity FROM arrears"
    assert await rows(network, repaid) == [(0, 100)]
    assert list(fsck(network.dsn)) == []
