"""A lane: what arrived while the last batch committed is the next batch, a full queue says so, and every act is answered."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo

from coalition.api.v1.exchange_pb2 import IssueRequest
from coalition.audit.fsck import fsck
from coalition.exchange import lane as lanes
from coalition.exchange.lane import Lane
from coalition.gateway.status import status_of
from settlement.clearing.closing import CycleNotClosedError
from settlement.database import GATEWAY, connect_async
from settlement.errors import BooksError, CoalitionError
from settlement.journal.acts import Act, Draft
from settlement.ledger.members import MemberRules
from settlement.ledger.memory import HouseMemory
from tests.support.postgres import drop_database, new_books
from tests.support.small_network import SmallNetwork, points


@pytest.fixture
async def network(tmp_path: Path) -> AsyncIterator[SmallNetwork]:
    dsn = new_books()
    async with SmallNetwork.found(dsn, tmp_path / "log", shards=1) as network:
        await network.take_in("bakery")
        await network.enrol("bakery", 1)
        yield network
    drop_database(dsn)


def issue(network: SmallNetwork, amount: int = 5) -> Act[object]:
    return network.act("bakery", IssueRequest(**points(network.members[0][1], amount)))


def lane_of(network: SmallNetwork, dsn: str | None = None) -> Lane:
    return Lane(1, lambda: connect_async(dsn or network.dsn, GATEWAY), HouseMemory(), MemberRules)


async def test_acts_that_wait_together_are_one_batch_in_order_of_arrival(network: SmallNetwork) -> None:
    lane = lane_of(network)
    futures = [lane.submit(issue(network)) for _ in range(700)]
    lane.close()
    await lane.run()
    outcomes = [future.result() for future in futures]
    assert [outcome.index for outcome in outcomes] == list(range(1, 701))
    commits = "SELECT count(DISTINCT xmin::text) FROM entries WHERE shard = 1 AND kind = 'issue'"
    assert await (await network.gateway.execute(commits)).fetchone() == (2,), "512 acts, then the rest"


async def test_a_full_queue_takes_nothing_and_says_when_to_come_again(
    network: SmallNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "QUEUE_ACTS_MAX", 3)
    lane = lane_of(network)
    taken = [lane.submit(issue(network)) for _ in range(3)]
    refused = issue(network)
    with pytest.raises(CoalitionError) as caught:
        lane.submit(refused)
    assert caught.value.reason == "QUEUE_FULL"
    running = asyncio.create_task(lane.run())
    assert [(await future).refusal for future in taken] == [None] * 3
    assert (await lane.submit(refused)).balance_after == 20
    lane.close()
    await running


def test_queue_full_travels_with_retry_info() -> None:
    status = status_of(CoalitionError("QUEUE_FULL", "too many acts are waiting"))
    info, retry = ErrorInfo(), RetryInfo()
    assert status.code == 8
    assert status.details[0].Unpack(info)
    assert status.details[1].Unpack(retry)
    assert (info.reason, retry.retry_delay.seconds) == ("QUEUE_FULL", 1)


def test_a_cycle_that_is_being_cut_says_when_to_ask_again_and_an_open_one_does_not() -> None:
    soon, never = (
        status_of(CycleNotClosedError("cycle 1 has no figures", soon=soon)) for soon in (True, False)
    )
    retry = RetryInfo()
    assert soon.details[1].Unpack(retry)
    assert 0 < retry.retry_delay.ToTimedelta().total_seconds() < 1
    assert len(never.details) == 1


async def test_a_closed_lane_answers_what_it_took_and_takes_no_more(network: SmallNetwork) -> None:
    lane = lane_of(network)
    future = lane.submit(issue(network))
    lane.close()
    with pytest.raises(CoalitionError) as caught:
        lane.submit(issue(network))
    assert caught.value.reason == "SHUTTING_DOWN"
    await lane.run()
    assert future.result().refusal is None


async def test_a_caller_who_goes_away_stops_nothing(network: SmallNetwork) -> None:
    lane = lane_of(network)
    running = asyncio.create_task(lane.run())
    futures = [lane.submit(issue(network)) for _ in range(20)]
    for future in futures[::2]:
        future.cancel()
    assert (await futures[-1]).balance_after == 100
    lane.close()
    await running


async def terminate_others(network: SmallNetwork) -> None:
    """Ends every connection to the books but the test's own."""
    with psycopg.connect(network.dsn, autocommit=True) as connection:
        mine = [
            network.gateway.info.backend_pid,
            network.worker.info.backend_pid,
            connection.info.backend_pid,
        ]
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> ALL(%s)",
            (mine,),
        )


async def test_a_lost_connection_is_unavailable_and_sending_again_doubles_nothing(
    network: SmallNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "RECONNECT_SECONDS", 0.01)
    lane = lane_of(network)
    running = asyncio.create_task(lane.run())
    acts = [issue(network) for _ in range(200)]
    answers: dict[str, Any] = {}
    lost = 0
    for turn in range(50):
        missing = [act for act in acts if act.act_id not in answers]
        if not missing:
            break
        tried = asyncio.gather(*[lane.submit(act) for act in missing[:40]], return_exceptions=True)
        if turn % 2 == 0:
            await asyncio.sleep(0.002 * (turn % 8))
            await terminate_others(network)
        for act, answer in zip(missing, await tried, strict=False):
            if isinstance(answer, CoalitionError):
                assert answer.reason == "BOOKS_UNAVAILABLE"
                lost += 1
            else:
                answers[act.act_id] = answer
    lane.close()
    await running
    assert lost
    assert len(answers) == len(acts)
    replies = [await network.post(1, [act]) for act in acts]
    assert [reply[0] for reply in replies] == [answers[act.act_id] for act in acts]
    assert list(fsck(network.dsn)) == []


async def test_only_the_act_that_meets_a_bug_goes_unanswered(network: SmallNetwork) -> None:
    class BuggyRules(MemberRules):
        def decide(self, act: Act[object], index: int, now_us: int) -> Draft:
            if act is poison:
                raise RuntimeError("a bug")
            return super().decide(act, index, now_us)

    poison, *sound = [issue(network) for _ in range(5)]
    lane = Lane(1, lambda: connect_async(network.dsn, GATEWAY), HouseMemory(), BuggyRules)
    futures = {act.act_id: lane.submit(act) for act in [*sound[:2], poison, *sound[2:]]}
    lane.close()
    await lane.run()
    with pytest.raises(BooksError, match="its operator must look"):
        await futures[poison.act_id]
    assert [(await futures[act.act_id]).refusal for act in sound] == [None] * 4
    assert list(fsck(network.dsn)) == []


async def test_while_the_books_are_away_every_act_is_answered_unavailable(
    network: SmallNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "RECONNECT_SECONDS", 0.01)
    lane = lane_of(network, network.dsn + " port=1")
    running = asyncio.create_task(lane.run())
    for _ in range(3):
        with pytest.raises(CoalitionError) as caught:
            await lane.submit(issue(network))
        assert caught.value.reason == "BOOKS_UNAVAILABLE"
    lane.close()
    await running
