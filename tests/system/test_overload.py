"""More calls than a server can take: every one is answered, memory stays bounded, and no log follows the flood."""

import asyncio
import json
import signal
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import grpc
import psutil
import psycopg

from coalition.audit.fsck import fsck
from coalition.client import BlockingClient, Identity
from coalition.client.sending import read_failure
from coalition.client.writing import RequestWriter
from coalition.exchange.lane import BATCH_ACTS_MAX, QUEUE_ACTS_MAX
from coalition.gateway.door_log import read_door_log
from coalition.gateway.server import CALLS_MAX
from coalition.wire.methods import METHODS
from settlement.clock import now_us
from settlement.ids import new_act_id
from tests.support.network import new_site
from tests.support.serving import ServerProcess, served

ISSUE = next(method for method in METHODS.values() if method.path.endswith("/Issue"))
CALLS_PER_CONNECTION = 800
WAVE = 5_000
WAVES_MAX = 4
RSS_GROWTH_MAX = 96 << 20
FLOOD = 2_400
SLOW = "BOOKS_UNAVAILABLE, again"
"""On a machine so slow that the batch that waits for the shard meets its time limit."""
ALONE = (("grpc.use_local_subchannel_pool", 1),)


def issues(identity: Identity, member: str, count: int) -> list[bytes]:
    """So many acts, signed."""
    writer = RequestWriter(identity)
    envelopes = []
    for _ in range(count):
        request: Any = ISSUE.payload(member_id=member, amount=1)
        request.occurred_at.FromMicroseconds(now_us())
        envelopes.append(writer.seal(request, request_id=new_act_id()))
    return envelopes


async def sent(address: str, envelopes: Sequence[bytes], answers: Counter[str]) -> None:
    """Sends all at once over several connections, and counts the answers as they come."""

    async def one(method: Any, envelope: bytes) -> None:
        try:
            await method(envelope, timeout=60)
        except grpc.aio.AioRpcError as error:
            failure = read_failure(error)
            answers[
                f"{failure.reason or failure.code}{'' if failure.pause_seconds is None else ', again'}"
            ] += 1
        else:
            answers["OK"] += 1

    async def connection(some: Sequence[bytes]) -> None:
        async with grpc.aio.insecure_channel(address, options=ALONE) as channel:
            method = channel.unary_unary(ISSUE.path, None, None)
            await asyncio.gather(*[one(method, envelope) for envelope in some])

    starts = range(0, len(envelopes), CALLS_PER_CONNECTION)
    await asyncio.gather(*[connection(envelopes[start : start + CALLS_PER_CONNECTION]) for start in starts])


async def crowded(server: ServerProcess, dsn: str, envelopes: Sequence[bytes]) -> Counter[str]:
    """Sends all at once while the shard is held, so that nothing is posted until the queue has turned calls away."""
    answers: Counter[str] = Counter()
    async with await psycopg.AsyncConnection.connect(dsn) as holder:
        await holder.execute("SELECT FROM shards WHERE shard = 1 FOR UPDATE")
        sending = asyncio.create_task(sent(server.address, envelopes, answers))
        while answers.total() < len(envelopes) - QUEUE_ACTS_MAX - BATCH_ACTS_MAX:  # noqa: ASYNC110 - other processes
            await asyncio.sleep(0.05)
    await sending
    return answers


async def test_a_full_queue_turns_calls_away_and_memory_stays_bounded(
    tmp_path: Path, database_url: str
) -> None:
    assert QUEUE_ACTS_MAX + BATCH_ACTS_MAX < WAVE < CALLS_MAX
    with served(new_site(tmp_path / "site", database_url), "--calls-per-second", "0") as server:
        bakery = await asyncio.to_thread(server.take_in, "bakery")
        with BlockingClient(bakery) as client:
            member = await asyncio.to_thread(client.enrol)
        assert server.process is not None
        process = psutil.Process(server.process.pid)
        envelopes = issues(bakery, member.member or "", WAVE)
        grown: list[int] = []
        # A wave may find memory in smaller pieces than it needs; what is never given back grows with every wave.
        while len(grown) < 2 or (grown[-1] >= RSS_GROWTH_MAX // 4 and len(grown) < WAVES_MAX):
            before = process.memory_info().rss
            answers = await crowded(server, database_url, envelopes)
            assert answers.keys() <= {"OK", "QUEUE_FULL, again", SLOW}
            assert answers.total() == WAVE
            assert answers["QUEUE_FULL, again"] > 0
            grown.append(process.memory_info().rss - before)

        assert grown[0] < RSS_GROWTH_MAX
        assert grown[-1] < RSS_GROWTH_MAX // 4, "a later wave needs no more than those before it"
        assert sum(grown) < RSS_GROWTH_MAX + RSS_GROWTH_MAX // 4, "nor do all of them together"
        assert await asyncio.to_thread(server.end, signal.SIGTERM) == 0
    assert list(fsck(database_url)) == []


async def test_a_flood_of_bad_calls_is_counted_and_writes_few_lines(
    tmp_path: Path, database_url: str
) -> None:
    site = new_site(tmp_path / "site", database_url)
    with served(site, "--failures-per-second", "0") as server:
        answers: Counter[str] = Counter()
        await sent(server.address, [b"nonsense"] * FLOOD, answers)
        assert answers == {"PAYLOAD_MALFORMED": FLOOD}
        assert await asyncio.to_thread(server.end, signal.SIGTERM) == 0
    assert sum(count.count for count in read_door_log(site.door)) == FLOOD
    lines = [json.loads(line) for line in (site.data / "serve.log").read_text().splitlines()]
    failed = [line for line in lines if line["event"] == "call_failed"]
    assert 1 <= len(failed) < 40
    assert sum(line.get("left_out", 0) for line in lines) + len(failed) >= FLOOD


async def test_a_flood_from_one_address_is_soon_turned_away_unread(tmp_path: Path, database_url: str) -> None:
    site = new_site(tmp_path / "site", database_url)
    with served(site, "--failures-per-second", "50") as server:
        answers: Counter[str] = Counter()
        await sent(server.address, [b"nonsense"] * FLOOD, answers)
        assert answers.keys() == {"PAYLOAD_MALFORMED", "RATE_LIMITED, again"}
        assert answers["RATE_LIMITED, again"] > FLOOD // 2
        assert await asyncio.to_thread(server.end, signal.SIGTERM) == 0
    limited = {
        count.kind.address for count in read_door_log(site.door) if count.kind.reason == "RATE_LIMITED"
    }
    assert limited == {"127.0.0.1"}
