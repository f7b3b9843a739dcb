"""Who calls too often is told when to come again, before a signature is verified, and nobody else pays for it."""

import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from coalition.api.v1.envelope_pb2 import Envelope
from coalition.api.v1.exchange_pb2 import GetBalanceRequest, IssueRequest, RedeemRequest
from coalition.client import BlockingClient
from coalition.gateway.limits import BURST_SECONDS, NAMES_MAX, Meter
from coalition.gateway.visitor import address_of
from settlement.clock import now_us
from settlement.signing import new_key
from tests.support.door import Answer, Door
from tests.support.postgres import drop_database, new_books

RATE = 2.0
BURST = int(RATE * BURST_SECONDS)
TRIES_MAX = 10 * BURST


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    dsn = new_books()
    folder: Path = tmp_path_factory.mktemp("site")
    with Door.opened(folder, dsn, calls_per_second=RATE, failures_per_second=RATE) as door:
        yield door
    drop_database(dsn)


@pytest.fixture
def rested(limited: Door) -> Door:
    """Every bucket is full again."""
    time.sleep(BURST_SECONDS)
    return limited


def redeem(door: Door, amount: int) -> Answer:
    request = RedeemRequest(member_id=door.member, amount=amount)
    request.occurred_at.FromMicroseconds(now_us())
    return door.ask("bakery", request)


def read(door: Door, who: str = "bakery") -> Answer:
    return door.ask(who, GetBalanceRequest(member_id=door.member))


def forged(door: Door) -> Answer:
    """A read with a signature that does not hold."""
    envelope = Envelope.FromString(door.sealed("bakery", door.complete("bakery", GetBalanceRequest())))
    envelope.signatures[0].sig = bytes(64)
    return door.call("/coalition.api.v1.ExchangeService/GetBalance", envelope.SerializeToString())


def until_limited(answers: Iterator[Answer]) -> tuple[int, Answer]:
    """How many calls were let in before one was not, and that one."""
    for count, answer in enumerate(answers):
        if answer.reason == "RATE_LIMITED":
            return count, answer
    raise AssertionError("no call was limited")


def test_a_partner_over_its_rate_is_told_an_honest_delay_and_nobody_else_waits(rested: Door) -> None:
    with rested.records_nothing():
        began = time.monotonic()
        count, answer = until_limited(read(rested) for _ in range(TRIES_MAX))
        redeem(rested, 1).is_error("RATE_LIMITED")
        seconds = time.monotonic() - began
    answer.is_error("RATE_LIMITED")
    assert BURST <= count <= BURST + RATE * seconds + 1
    assert answer.retry_seconds is not None
    assert 0 < answer.retry_seconds <= 1 / RATE
    assert read(rested, "grocer").code == "OK"
    time.sleep(answer.retry_seconds)
    assert read(rested).code == "OK"


def test_the_client_library_waits_as_long_as_it_is_told(rested: Door) -> None:
    began = time.monotonic()
    with BlockingClient(rested.identity("bakery"), deadline_seconds=20) as bakery:
        for _ in range(BURST + 4):
            bakery.balance(member=rested.member)
    assert time.monotonic() - began >= 3 / RATE


def test_a_refused_act_counts_twice(rested: Door) -> None:
    began = time.monotonic()
    count, _ = until_limited(redeem(rested, 10**9) for _ in range(TRIES_MAX))
    seconds = time.monotonic() - began
    assert BURST // 2 <= count <= (BURST + RATE * seconds) / 2 + 1


def test_an_accepted_act_counts_once(rested: Door) -> None:
    request = IssueRequest(member_id=rested.member, amount=1)
    request.occurred_at.FromMicroseconds(now_us())
    for _ in range(BURST):
        assert rested.outcome(rested.ask("bakery", request)).refusal is None


def test_an_address_whose_calls_fail_is_let_in_again_after_a_while(rested: Door) -> None:
    count, answer = until_limited(forged(rested) for _ in range(TRIES_MAX))
    assert count >= BURST
    assert answer.retry_seconds is not None
    assert 0 < answer.retry_seconds <= 1 / RATE
    time.sleep(1.0)
    forged(rested).is_error("SIGNATURE_INVALID")
    assert read(rested, "grocer").code == "OK"


@pytest.mark.parametrize("data", [b"", b"nonsense", Envelope(payload=b"x").SerializeToString()])
def test_every_call_that_fails_before_its_caller_is_known_counts(rested: Door, data: bytes) -> None:
    path = "/coalition.api.v1.ExchangeService/GetBalance"
    count, _ = until_limited(rested.call(path, data) for _ in range(TRIES_MAX))
    assert count >= BURST


def test_what_a_known_partner_does_wrong_is_not_counted_against_its_address(rested: Door) -> None:
    for _ in range(BURST // 2):
        rested.ask("bakery", GetBalanceRequest(member_id="nobody")).is_error("FIELD_INVALID")
        rested.ask("grocer", GetBalanceRequest(member_id="nobody")).is_error("FIELD_INVALID")
    envelope = Envelope.FromString(rested.sealed("bakery", rested.complete("bakery", GetBalanceRequest())))
    envelope.signatures[0].keyid = new_key().keyid
    path = "/coalition.api.v1.ExchangeService/GetBalance"
    rested.call(path, envelope.SerializeToString()).is_error("KEY_UNKNOWN")


def test_a_limited_call_costs_no_signature_and_says_so_with_retry_info(rested: Door) -> None:
    until_limited(read(rested) for _ in range(TRIES_MAX))
    forged(rested).is_error("RATE_LIMITED")


def test_a_meter_lets_a_burst_in_and_then_its_rate() -> None:
    meter = Meter(1_000.0)
    let_in, ends = 0, time.monotonic() + 0.5
    while time.monotonic() < ends:
        if meter.wait_seconds("bakery") == 0.0:
            meter.charge("bakery")
            let_in += 1
    assert 1_000 * BURST_SECONDS <= let_in <= 1_000 * (BURST_SECONDS + 0.6)


def test_a_rate_of_nothing_is_no_limit() -> None:
    meter = Meter(0.0)
    for _ in range(10_000):
        meter.charge("bakery")
    assert meter.wait_seconds("bakery") == 0.0


def test_names_that_nobody_has_heard_of_take_no_memory_for_ever() -> None:
    meter = Meter(0.001)
    for number in range(3 * NAMES_MAX):
        meter.charge(f"stranger {number}")
        assert len(meter._full_at) <= NAMES_MAX


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("ipv4:192.0.2.7:41178", "192.0.2.7"),
        ("ipv6:[2001:db8:1:2:3:4:5:6]:41178", "2001:db8:1:2::/64"),
        ("ipv6:%5B2001:db8:1:2::9%5D:41178", "2001:db8:1:2::/64"),
        ("ipv6:[fe80::1%25eth0]:1", "fe80::/64"),
        ("unix:", "unix"),
        ("unix:/run/coalition.sock", "unix"),
    ],
)
def test_an_address_is_what_a_caller_cannot_change_at_will(peer: str, address: str) -> None:
    assert address_of(peer) == address


async def test_grpc_names_its_peers_in_this_form(limited: Door) -> None:
    seen: list[str] = []

    async def handle(_data: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
        seen.append(context.peer())
        return b""

    server = grpc.aio.server()
    handler = grpc.unary_unary_rpc_method_handler(handle)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("a", {"b": handler}),))
    port = server.add_insecure_port("[::]:0")
    await server.start()
    for host in ("127.0.0.1", "[::1]"):
        async with grpc.aio.insecure_channel(f"{host}:{port}") as channel:
            await channel.unary_unary("/a/b", None, None)(b"")
    await server.stop(None)
    assert [address_of(peer) for peer in seen] == ["127.0.0.1", "::/64"]
