"""What is sent again, with which bytes, and what is certain afterwards."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from coalition.client import (
    Client,
    ClientError,
    NoAnswerError,
    Outbox,
    OutcomeUnknownError,
    RequestRejectedError,
    open_channel,
    save_identity,
)
from settlement.ids import new_act_id
from settlement.signing import new_key
from tests.coalition.client.peer import MEMBER, Peer, Step, fails, hangs

CODE = grpc.StatusCode
UNAVAILABLE = fails(CODE.UNAVAILABLE)
EXPIRED = fails(CODE.FAILED_PRECONDITION, "REQUEST_EXPIRED", field="header.expires_at")
REVOKED = fails(CODE.UNAUTHENTICATED, "KEY_REVOKED")


@pytest.mark.parametrize(
    "trouble",
    [
        [UNAVAILABLE, UNAVAILABLE],
        [fails(CODE.UNAVAILABLE, "SHUTTING_DOWN", retry_seconds=0.05)],
        [fails(CODE.RESOURCE_EXHAUSTED, "QUEUE_FULL", retry_seconds=0.05)],
        [fails(CODE.RESOURCE_EXHAUSTED, "RATE_LIMITED", retry_seconds=0.05)],
        [fails(CODE.FAILED_PRECONDITION, "CYCLE_NOT_CLOSED", retry_seconds=0.05)],
        [fails(CODE.CANCELLED), UNAVAILABLE],
    ],
    ids=[
        "unavailable",
        "shutting down",
        "queue full",
        "rate limited",
        "cycle not closed",
        "cancelled by the server",
    ],
)
async def test_trouble_that_passes_is_waited_out_with_the_same_bytes(
    peer: Peer, client: Client, outbox: Outbox, trouble: list[Step]
) -> None:
    peer.script.extend(trouble)
    outcome = await client.issue(member=MEMBER, amount=5)
    assert outcome.refusal is None
    assert len(peer.calls) == len(trouble) + 1
    assert len(peer.envelopes()) == 1
    assert outbox.pending() == []


async def test_an_attempt_that_hangs_is_made_again_with_the_same_bytes(peer: Peer, outbox: Outbox) -> None:
    peer.script.append(hangs)
    async with Client(peer.identity(), outbox=outbox, deadline_seconds=1.5) as client:
        await client.issue(member=MEMBER, amount=5)
    assert len(peer.calls) > 1
    assert len(peer.envelopes()) == 1


async def test_after_the_deadline_the_outcome_is_unknown_and_calling_again_tells(
    peer: Peer, outbox: Outbox
) -> None:
    act_id = new_act_id()
    peer.script.extend([hangs] * 9)
    async with Client(peer.identity(), outbox=outbox, deadline_seconds=0.3) as client:
        with pytest.raises(OutcomeUnknownError, match="same act id is safe") as caught:
            await client.issue(member=MEMBER, amount=5, act_id=act_id)
        assert caught.value.act_id == act_id
        assert act_id in str(caught.value)
        assert [kept.act_id for kept in outbox.pending()] == [act_id]
    peer.script.clear()
    async with Client(peer.identity(), outbox=outbox) as client:
        assert (await client.issue(member=MEMBER, amount=5, act_id=act_id)).act_id == act_id
    assert len(peer.envelopes()) == 1


async def test_without_an_outbox_file_the_client_itself_remembers_the_bytes(peer: Peer) -> None:
    act_id = new_act_id()
    peer.script.append(fails(CODE.INTERNAL))
    async with Client(peer.identity()) as client:
        with pytest.raises(OutcomeUnknownError):
            await client.issue(member=MEMBER, amount=5, act_id=act_id)
        await client.issue(member=MEMBER, amount=5, act_id=act_id)
    assert len(peer.envelopes()) == 1


async def test_nobody_there_ends_at_the_deadline(peer: Peer, outbox: Outbox) -> None:
    with tempfile.TemporaryDirectory() as folder:
        absent = peer.identity(server=f"unix:{folder}/nobody")
        async with Client(absent, outbox=outbox, deadline_seconds=0.3) as client:
            with pytest.raises(OutcomeUnknownError) as caught:
                await client.issue(member=MEMBER, amount=5)
            assert caught.value.reason == "UNAVAILABLE"
            with pytest.raises(NoAnswerError) as read:
                await client.position()
    assert not isinstance(read.value, OutcomeUnknownError)
    assert len(outbox.pending()) == 1


async def test_a_cancelled_call_stays_pending(peer: Peer, client: Client, outbox: Outbox) -> None:
    peer.script.append(hangs)
    call = asyncio.create_task(client.issue(member=MEMBER, amount=5))
    await peer.called.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    (kept,) = outbox.pending()
    await client.resend(act_id=kept.act_id)
    assert peer.envelopes() == {kept.envelope}


async def test_an_answered_act_is_answered_from_the_outbox(peer: Peer, client: Client) -> None:
    act_id = new_act_id()
    first = await client.issue(member=MEMBER, amount=5, act_id=act_id)
    assert await client.issue(member=MEMBER, amount=5, act_id=act_id) == first
    assert await client.resend(act_id=act_id) == first
    assert len(peer.calls) == 1


async def test_calls_at_once_with_one_act_id_send_the_same_bytes(peer: Peer, client: Client) -> None:
    act_id = new_act_id()
    calls = [client.issue(member=MEMBER, amount=5, act_id=act_id) for _ in range(5)]
    outcomes = await asyncio.gather(*calls)
    assert len(set(outcomes)) == len(peer.envelopes()) == 1


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (CODE.INVALID_ARGUMENT, "AMOUNT_NOT_POSITIVE"),
        (CODE.UNAUTHENTICATED, "KEY_UNKNOWN"),
        (CODE.PERMISSION_DENIED, "ROLE_MISSING"),
        (CODE.ALREADY_EXISTS, "ACT_ID_REUSED"),
        (CODE.FAILED_PRECONDITION, "REQUEST_EXPIRED"),
        (CODE.FAILED_PRECONDITION, "REQUEST_FROM_THE_FUTURE"),
        (CODE.FAILED_PRECONDITION, "CYCLE_NOT_CLOSED"),
    ],
)
async def test_a_rejection_is_raised_at_once_and_frees_the_act_id(
    peer: Peer, client: Client, outbox: Outbox, code: grpc.StatusCode, reason: str
) -> None:
    peer.script.append(fails(code, reason, field="amount"))
    act_id = new_act_id()
    with pytest.raises(RequestRejectedError, match=f"because {reason}") as caught:
        await client.issue(member=MEMBER, amount=5, act_id=act_id)
    error = caught.value
    assert (error.reason, error.field, error.code) == (reason, "amount", code.name)
    assert error.nothing_recorded
    assert outbox.pending() == []
    await client.issue(member=MEMBER, amount=6, act_id=act_id)
    assert (len(peer.calls), len(peer.envelopes())) == (2, 2)


async def test_a_rejection_after_a_doubtful_attempt_proves_nothing(
    peer: Peer, client: Client, outbox: Outbox
) -> None:
    """The door looks at keys before it looks for the act, so a key revoked meanwhile hides what the first attempt did."""
    peer.script.extend([UNAVAILABLE, REVOKED, REVOKED])
    act_id = new_act_id()
    for _ in range(2):
        with pytest.raises(RequestRejectedError) as caught:
            await client.issue(member=MEMBER, amount=5, act_id=act_id)
        assert not caught.value.nothing_recorded
    assert [kept.act_id for kept in outbox.pending()] == [act_id]
    assert len(peer.envelopes()) == 1


async def test_an_expiry_proves_that_no_attempt_ran(peer: Peer, client: Client, outbox: Outbox) -> None:
    peer.script.extend([UNAVAILABLE, EXPIRED])
    with pytest.raises(RequestRejectedError) as caught:
        await client.issue(member=MEMBER, amount=5)
    assert caught.value.nothing_recorded
    assert outbox.pending() == []


async def test_a_queue_that_stays_full_recorded_nothing(peer: Peer, outbox: Outbox) -> None:
    peer.script.append(fails(CODE.RESOURCE_EXHAUSTED, "QUEUE_FULL", retry_seconds=16))
    async with Client(peer.identity(), outbox=outbox, deadline_seconds=15) as client:
        with pytest.raises(RequestRejectedError) as caught:
            await client.issue(member=MEMBER, amount=5)
    assert (caught.value.reason, caught.value.nothing_recorded) == ("QUEUE_FULL", True)
    assert outbox.pending() == []


async def test_an_attempt_that_would_be_cut_short_is_not_begun(peer: Peer, outbox: Outbox) -> None:
    """It could only hide what is known: that nothing was recorded."""
    peer.script.extend([fails(CODE.RESOURCE_EXHAUSTED, "QUEUE_FULL", retry_seconds=13.8), hangs])
    async with Client(peer.identity(), outbox=outbox, deadline_seconds=15) as client:
        with pytest.raises(RequestRejectedError) as caught:
            await client.issue(member=MEMBER, amount=5)
    assert (len(peer.calls), caught.value.reason, outbox.pending()) == (1, "QUEUE_FULL", [])


async def test_a_full_queue_after_a_doubtful_attempt_proves_nothing(peer: Peer, outbox: Outbox) -> None:
    peer.script.extend([UNAVAILABLE, fails(CODE.RESOURCE_EXHAUSTED, "QUEUE_FULL", retry_seconds=16)])
    async with Client(peer.identity(), outbox=outbox, deadline_seconds=15) as client:
        with pytest.raises(OutcomeUnknownError):
            await client.issue(member=MEMBER, amount=5)
    assert len(outbox.pending()) == 1


@pytest.mark.parametrize(
    "step",
    [fails(CODE.INTERNAL, "BOOKS_INCONSISTENT"), fails(CODE.UNIMPLEMENTED), fails(CODE.PERMISSION_DENIED)],
    ids=["internal", "unimplemented", "somebody in between"],
)
async def test_an_error_that_is_not_the_networks_no_leaves_the_act_pending(
    peer: Peer, client: Client, outbox: Outbox, step: Step
) -> None:
    peer.script.append(step)
    with pytest.raises(OutcomeUnknownError):
        await client.issue(member=MEMBER, amount=5)
    assert (len(peer.calls), len(outbox.pending())) == (1, 1)


async def test_resending_what_was_never_kept_is_an_error(client: Client) -> None:
    with pytest.raises(ClientError) as caught:
        await client.resend(act_id=new_act_id())
    assert caught.value.reason == "ACT_NOT_KEPT"


async def test_partners_share_a_channel_and_an_outbox(peer: Peer, outbox: Outbox) -> None:
    act_id = new_act_id()
    channel = open_channel(peer.address)
    for partner_id in ("bakery", "florist"):
        identity = peer.identity(partner_id=partner_id, signer=new_key())
        async with Client(identity, outbox=outbox, channel=channel) as client:
            await client.issue(member=MEMBER, amount=5, act_id=act_id)
    assert [call.request.header.partner_id for call in peer.calls] == ["bakery", "florist"]
    assert channel.get_state() == grpc.ChannelConnectivity.READY
    await channel.close(None)


@pytest.fixture
def socket() -> Iterator[str]:
    # Short: a Unix socket's path has at most 107 bytes.
    with tempfile.TemporaryDirectory() as folder:
        yield f"unix:{folder}/s"


async def test_a_process_killed_before_the_answer_leaves_the_bytes_for_the_next(
    tmp_path: Path, socket: str
) -> None:
    peer = Peer(socket)
    save_identity(peer.identity(), tmp_path / "me.json")
    # Nobody listens yet: the process keeps its request, and is killed before it could be sent.
    kept = await asyncio.to_thread(killed_once_kept, tmp_path / "me.json", tmp_path / "outbox")
    with Outbox(tmp_path / "outbox") as outbox:
        async with peer, Client(peer.identity(), outbox=outbox) as client:
            outcomes = [await client.resend(act_id=one.act_id) for one in outbox.pending()]
        assert [outcome.refusal for outcome in outcomes] == [None]
        assert peer.envelopes() == {kept}
        assert [envelope for envelope, _ in outbox.receipts()] == [kept]


ISSUE_ONCE = """
import sys
from coalition.client import BlockingClient, Outbox, load_identity
with BlockingClient(load_identity(sys.argv[1]), outbox=Outbox(sys.argv[2]), deadline_seconds=60) as client:
    client.issue(member=sys.argv[3], amount=5)
"""


def killed_once_kept(identity: Path, outbox: Path) -> bytes:
    """Runs a process that issues points, kills it once its request is kept, and returns that request."""
    arguments = [sys.executable, "-c", ISSUE_ONCE, str(identity), str(outbox), MEMBER]
    process = subprocess.Popen(arguments, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
    try:
        return first_kept(outbox, process)
    finally:
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL


def first_kept(path: Path, process: subprocess.Popen[bytes]) -> bytes:
    """Waits until the process has kept its request."""
    while process.poll() is None:
        if path.exists() and path.stat().st_size:
            with Outbox(path) as outbox:
                for kept in outbox.pending():
                    return kept.envelope
        time.sleep(0.02)
    raise AssertionError("the process ended too early")
