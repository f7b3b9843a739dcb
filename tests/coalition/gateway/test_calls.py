"""Calls that are cut short, cancelled, crowded or caught by the end of the server: an act is still one act."""

import asyncio
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from coalition.api.v1.exchange_pb2 import GetReceiptRequest, IssueRequest
from coalition.audit.fsck import fsck
from coalition.exchange import lane
from coalition.wire.methods import METHODS
from settlement.clock import now_us
from tests.support.door import Door

PASSING = {"OK", "UNAVAILABLE", "CANCELLED"}
"""What gRPC itself says of calls that no handler has seen: the client library sends them again."""
ISSUE = "/coalition.api.v1.ExchangeService/Issue"


def issues(door: Door, count: int) -> list[bytes]:
    """Envelopes of so many different acts."""
    envelopes = []
    for _ in range(count):
        request = IssueRequest(member_id=door.member, amount=1)
        request.occurred_at.FromMicroseconds(now_us())
        envelopes.append(door.sealed("bakery", door.complete("bakery", request)))
    return envelopes


async def call_all(
    door: Door, envelopes: list[bytes], *, within: float | None, cancel_after: float | None = None
) -> list[str]:
    """Sends all at once; returns the codes."""
    async with grpc.aio.insecure_channel(door.server.address) as channel:
        method: Any = channel.unary_unary(ISSUE, None, None)
        calls = [method(envelope, timeout=within) for envelope in envelopes]
        if cancel_after is not None:
            await asyncio.sleep(cancel_after)
            for call in calls[::2]:
                call.cancel()
        return [(await call.code()).name for call in calls]


def replayed_once(door: Door, envelopes: list[bytes]) -> None:
    """Sent again, every act has an outcome, and each is one entry."""
    outcomes = [door.outcome(door.call(ISSUE, envelope)) for envelope in envelopes]
    assert len({outcome.index for outcome in outcomes}) == len(envelopes)
    assert [door.outcome(door.call(ISSUE, envelope)) for envelope in envelopes] == outcomes


async def test_a_cancelled_call_leaves_an_act_that_is_recorded_once_or_not_at_all(door: Door) -> None:
    before = door.recorded()["acts"]
    for pause in (0.0, 0.001, 0.004, 0.016):
        envelopes = issues(door, 40)
        codes = Counter(await call_all(door, envelopes, within=20, cancel_after=pause))
        assert codes.keys() <= {"OK", "CANCELLED"}
        assert codes["OK"] >= 20
        replayed_once(door, envelopes)
    assert door.recorded()["acts"] == before + 160


async def test_a_deadline_that_passes_means_unknown_and_asking_again_tells(door: Door) -> None:
    envelopes = issues(door, 60)
    codes = await call_all(door, envelopes, within=0.004)
    assert set(codes) <= {"OK", "DEADLINE_EXCEEDED"}
    replayed_once(door, envelopes)


async def test_calls_without_a_deadline_and_a_crowd_of_them_are_all_answered(door: Door) -> None:
    envelopes = issues(door, 900)
    assert Counter(await call_all(door, envelopes, within=None)) == {"OK": 900}


async def test_a_crowd_over_the_limit_of_streams_is_turned_away_and_may_come_again(door: Door) -> None:
    envelopes = issues(door, 1_500)
    before = door.recorded()["acts"]
    codes = Counter(await call_all(door, envelopes, within=None))
    assert codes.keys() <= PASSING
    assert codes["OK"] == door.recorded()["acts"] - before
    again = envelopes[-600:]
    assert Counter(await call_all(door, again, within=None)) == {"OK": 600}
    replayed_once(door, again[::20])


def test_a_full_queue_answers_with_retry_info_and_records_nothing(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    [envelope] = issues(door, 1)
    with door.records_nothing():
        monkeypatch.setattr(lane, "QUEUE_ACTS_MAX", 0)
        answer = door.call(ISSUE, envelope)
        answer.is_error("QUEUE_FULL")
        assert answer.retry_seconds == 1
        monkeypatch.undo()
    assert door.outcome(door.call(ISSUE, envelope)).refusal is None


def test_health_and_reflection_name_every_service(door: Door) -> None:
    services = sorted({path.split("/")[1] for path in METHODS})
    stub = health_pb2_grpc.HealthStub(door.channel)
    for service in ("", *services):
        answer = stub.Check(health_pb2.HealthCheckRequest(service=service))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    asked = iter([reflection_pb2.ServerReflectionRequest(list_services="")])
    [listed] = reflection_pb2_grpc.ServerReflectionStub(door.channel).ServerReflectionInfo(asked)
    assert {service.name for service in listed.list_services_response.service} >= set(services)


async def test_a_server_that_stops_answers_what_it_took_and_turns_the_rest_away(
    tmp_path: Path, database_url: str
) -> None:
    with Door.opened(tmp_path, database_url) as door:
        before = door.recorded()["acts"]
        envelopes = issues(door, 400)
        calling = asyncio.create_task(call_all(door, envelopes, within=30))
        while door.recorded()["acts"] == before:  # noqa: ASYNC110 - only the database knows
            await asyncio.sleep(0.005)
        await asyncio.to_thread(door.server.stop)
        codes = Counter(await calling)
        assert codes["OK"]
        assert codes.keys() <= PASSING
        assert codes["OK"] == door.recorded()["acts"] - before, "who got no answer left no act"
    assert list(fsck(database_url)) == []


def test_a_lost_receipt_is_signed_anew_with_the_same_facts(door: Door) -> None:
    [envelope] = issues(door, 1)
    first = door.outcome(door.call(ISSUE, envelope))
    assert door.outcome(door.ask("bakery", GetReceiptRequest(act_id=first.act_id))) == first
    door.ask("grocer", GetReceiptRequest(act_id=first.act_id)).is_error("ACT_UNKNOWN")
    door.ask("bakery", GetReceiptRequest(act_id=str(uuid.uuid4()))).is_error("ACT_UNKNOWN")
