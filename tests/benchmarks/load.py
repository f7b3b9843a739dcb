"""The one client that drives every row: coroutines on one channel, raw bytes in and out, as cheap as it can be."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import NamedTuple

import grpc.aio


class Call(NamedTuple):
    """One unary call that is ready to leave: the full method name and the exact bytes."""

    method: str
    request: bytes


@dataclass(frozen=True)
class Burst:
    """What a run of calls gave; `replies[i]` and `latencies_s[i]` belong to call i, calls past the last were not sent."""

    seconds: float
    replies: list[bytes]
    latencies_s: list[float]

    @property
    def per_second(self) -> float:
        """Answered calls per second of wall clock, from the first call's start to the last reply."""
        return len(self.replies) / self.seconds

    def percentile_ms(self, percent: float) -> float:
        """The nearest-rank percentile of the latencies, in milliseconds."""
        ranked = sorted(self.latencies_s)
        return ranked[min(len(ranked) - 1, int(len(ranked) * percent / 100))] * 1_000


def run_burst(target: str, calls: Sequence[Call], *, in_flight: int, seconds: float) -> Burst:
    """Send `calls` in order, `in_flight` at a time, until they run out or `seconds` have passed; await all replies.

    Raises an ExceptionGroup of `grpc.aio.AioRpcError` if any call fails: a row that answers errors has no speed.
    """
    return asyncio.run(_burst(target, calls, in_flight=in_flight, seconds=seconds))


async def _burst(target: str, calls: Sequence[Call], *, in_flight: int, seconds: float) -> Burst:
    replies: list[bytes] = [b""] * len(calls)
    latencies_s: list[float] = [0.0] * len(calls)
    sent = 0

    async with grpc.aio.insecure_channel(target) as channel:
        await channel.channel_ready()
        # No serializers: grpc passes bytes through untouched.
        stubs = {
            method: channel.unary_unary(method, None, None) for method in {call.method for call in calls}
        }

        async def keep_one_in_flight() -> None:
            nonlocal sent
            while sent < len(calls) and (started := perf_counter()) < deadline:
                place = sent
                sent += 1
                method, request = calls[place]
                replies[place] = await stubs[method](request)
                latencies_s[place] = perf_counter() - started

        began = perf_counter()
        deadline = began + seconds
        async with asyncio.TaskGroup() as tasks:
            for _ in range(in_flight):
                tasks.create_task(keep_one_in_flight())
        elapsed = perf_counter() - began
    return Burst(elapsed, replies[:sent], latencies_s[:sent])
