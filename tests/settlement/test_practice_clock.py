"""A practice network's clock is set ahead on a real PostgreSQL, beside whoever posts."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from coalition.api.v1.exchange_pb2 import IssueRequest
from coalition.audit.fsck import fsck
from settlement.clock import MINUTE_US, now_us
from settlement.database import WORKER, connect_async
from settlement.errors import CoalitionError
from settlement.house.practice import DAY_US
from settlement.house.state import House
from settlement.journal.acts import Act, Outcome
from settlement.ledger.batch import ShardHead, Verdict, post
from settlement.ledger.members import MemberRules
from settlement.worker.practice import set_ahead
from tests.support.postgres import drop_database, new_books
from tests.support.small_network import SmallNetwork, points


@pytest.fixture
async def network(tmp_path: Path) -> AsyncIterator[SmallNetwork]:
    """A practice network with one partner and its member."""
    dsn = new_books()
    async with SmallNetwork.found(dsn, tmp_path / "log", shards=1, practice=True) as network:
        await network.take_in("bakery")
        await network.enrol("bakery", 1)
        yield network
    drop_database(dsn)


def issue(network: SmallNetwork, amount: int) -> Act[object]:
    [(_, member)] = network.members
    return network.act("bakery", IssueRequest(**points(member, amount)))


def days_ahead(verdict: Verdict) -> int:
    """By how many days an accepted act is recorded ahead of this machine's clock, which is PostgreSQL's too."""
    assert isinstance(verdict, Outcome), verdict
    days, rest_us = divmod(verdict.recorded_at_us - now_us() + MINUTE_US, DAY_US)
    assert (verdict.refusal, rest_us < 2 * MINUTE_US) == (None, True)
    return days


async def test_requests_stay_good_and_entries_go_on_ahead(network: SmallNetwork) -> None:
    signed_before = issue(network, 5)
    assert (await set_ahead(network.worker, 30)).ahead_us == 30 * DAY_US
    assert list(map(days_ahead, await network.post(1, [signed_before, issue(network, 6)]))) == [30, 30]
    await set_ahead(network.worker, 1)
    assert list(map(days_ahead, await network.post(1, [issue(network, 7)]))) == [31]
    assert list(fsck(network.dsn)) == []


async def test_an_old_request_has_expired_and_one_of_tomorrow_is_too_early(network: SmallNetwork) -> None:
    early = replace(issue(network, 5), issued_at_us=now_us() + 2 * MINUTE_US)
    old = replace(issue(network, 6), expires_at_us=now_us() - MINUTE_US)
    await set_ahead(network.worker, 30)
    verdicts = await network.post(1, [early, old])
    reasons = [verdict.reason for verdict in verdicts if isinstance(verdict, CoalitionError)]
    assert reasons == ["REQUEST_FROM_THE_FUTURE", "REQUEST_EXPIRED"]


async def test_a_batch_that_was_loaded_before_begins_again(network: SmallNetwork) -> None:
    """What it had read was true of another day."""
    begun: list[int] = []

    class Overtaken(MemberRules):
        async def load(
            self,
            connection: AsyncConnection[TupleRow],
            head: ShardHead,
            house: House,
            acts: Sequence[Act[object]],
        ) -> bool:
            shared = await super().load(connection, head, house, acts)
            begun.append(head.now_us)
            if len(begun) == 1:
                async with await connect_async(network.dsn, WORKER) as another:
                    await set_ahead(another, 3)
                await network.memory.refresh(network.worker)
            return shared

    verdicts = await post(network.gateway, network.memory, Overtaken, 1, [issue(network, 5)])
    assert list(map(days_ahead, verdicts)) == [3]
    assert len(begun) == 2
    assert list(fsck(network.dsn)) == []


async def test_a_refused_setting_leaves_no_trace(network: SmallNetwork) -> None:
    with psycopg.connect(network.dsn) as connection:
        count = "SELECT count(*) FROM entries"
        before = connection.execute(count).fetchone()
        with pytest.raises(CoalitionError) as caught:
            await set_ahead(network.worker, -1)
        assert (caught.value.reason, connection.execute(count).fetchone()) == ("FIELD_INVALID", before)
