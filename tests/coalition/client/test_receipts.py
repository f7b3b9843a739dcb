"""A receipt that does not hold is never believed, never asked for again silently, and leaves the act pending."""

from typing import Any

import grpc
import pytest

from coalition.api.v1.envelope_pb2 import Envelope, Receipt
from coalition.client import Client, Outbox, ReceiptInvalidError, RequestRejectedError
from coalition.wire.envelope import seal
from coalition.wire.methods import RECEIPT_TYPE
from settlement.ids import new_act_id
from settlement.signing import new_key
from tests.coalition.client.peer import MEMBER, Call, Peer, Step, fails

WRONG: dict[str, dict[str, Any]] = {
    "signed by another key": {"signer": new_key()},
    "for another payload": {"payload": b"other"},
    "for another network": {"audience": "clearing.example/other"},
    "for another act": {"act_id": new_act_id()},
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_wrong_receipt_is_refused(peer: Peer, client: Client, outbox: Outbox, name: str) -> None:
    peer.script.append(peer.answers(**WRONG[name]))
    await expect_refused(peer, client, outbox)


def flipped(peer: Peer) -> Step:
    async def step(call: Call, context: Any) -> bytes:
        envelope = Envelope.FromString(peer.receipt(call))
        envelope.payload = envelope.payload[:-1] + bytes([envelope.payload[-1] ^ 1])
        return envelope.SerializeToString()

    return step


def replied(reply: bytes) -> Step:
    async def step(call: Call, context: Any) -> bytes:
        return reply

    return step


async def test_a_receipt_with_a_flipped_bit_is_refused(peer: Peer, client: Client, outbox: Outbox) -> None:
    peer.script.append(flipped(peer))
    await expect_refused(peer, client, outbox)


@pytest.mark.parametrize("reply", [b"", b"\xff\xff", b"\x0a\x00"])
async def test_what_is_no_receipt_is_refused(
    peer: Peer, client: Client, outbox: Outbox, reply: bytes
) -> None:
    peer.script.append(replied(reply))
    await expect_refused(peer, client, outbox)


async def test_a_refusal_of_a_later_version_is_not_taken_for_a_yes(
    peer: Peer, client: Client, outbox: Outbox
) -> None:
    async def step(call: Call, context: Any) -> bytes:
        receipt = Receipt.FromString(Envelope.FromString(peer.receipt(call)).payload)
        receipt.outcomes[0].refusal = 9_999  # type: ignore[assignment]
        return seal(peer.receipt_signer, RECEIPT_TYPE, receipt.SerializeToString())

    peer.script.append(step)
    await expect_refused(peer, client, outbox)


async def expect_refused(peer: Peer, client: Client, outbox: Outbox) -> None:
    """The next answer is refused without a second call; the one after it, a true one, is believed."""
    act_id = new_act_id()
    with pytest.raises(ReceiptInvalidError, match=act_id) as caught:
        await client.issue(member=MEMBER, amount=5, act_id=act_id)
    assert caught.value.act_id == act_id
    assert len(peer.calls) == 1
    assert [kept.act_id for kept in outbox.pending()] == [act_id]
    await client.issue(member=MEMBER, amount=5, act_id=act_id)
    assert (len(peer.envelopes()), outbox.pending()) == (1, [])


async def test_kept_receipts_prove_what_was_promised(peer: Peer, client: Client, outbox: Outbox) -> None:
    await client.issue(member=MEMBER, amount=5)
    (call,) = peer.calls
    assert list(outbox.receipts()) == [(call.envelope, peer.receipt(call))]


async def test_a_lost_receipt_is_asked_for_and_verified(peer: Peer, client: Client, outbox: Outbox) -> None:
    act_id = new_act_id()
    peer.script.append(peer.answers(act_id=act_id, payload=b"the act's", refusal="MEMBER_UNKNOWN"))
    outcome = await client.receipt(act_id=act_id)
    assert (outcome.act_id, outcome.refusal) == (act_id, "MEMBER_UNKNOWN")
    assert outbox.pending() == []


@pytest.mark.parametrize("wrong", [{"signer": new_key()}, {"act_id": new_act_id()}], ids=["key", "act"])
async def test_a_wrong_receipt_for_a_lost_one_is_refused(
    peer: Peer, client: Client, wrong: dict[str, Any]
) -> None:
    act_id = new_act_id()
    peer.script.append(peer.answers(**({"act_id": act_id} | wrong)))
    with pytest.raises(ReceiptInvalidError):
        await client.receipt(act_id=act_id)


async def test_an_act_never_recorded_has_no_receipt(peer: Peer, client: Client) -> None:
    peer.script.append(fails(grpc.StatusCode.NOT_FOUND, "ACT_UNKNOWN", field="act_id"))
    with pytest.raises(RequestRejectedError) as caught:
        await client.receipt(act_id=new_act_id())
    assert caught.value.reason == "ACT_UNKNOWN"
