"""Every act, as the network's own reading of the wire understands it."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from coalition.client import (
    Client,
    ClientError,
    CodeChain,
    Outcome,
    prove_device,
    prove_possession,
    read_code,
    spell_code,
)
from coalition.client.aliases import alias_token
from coalition.wire.envelope import open_envelope
from coalition.wire.methods import METHODS
from coalition.wire.requests import BODIES
from coalition.wire.tariffs import spell_tariff_proposal
from settlement.clock import now_us, to_us
from settlement.house.acts import (
    Activate,
    AddKey,
    ApproveOpening,
    ApproveTariff,
    ProposeOpening,
    ProposeTariff,
    Register,
    RevokeKey,
    Suspend,
)
from settlement.house.tariff import Spent, Tariff
from settlement.ids import is_uuid, new_act_id
from settlement.ledger.acts import (
    ON_EVENT_US,
    AddMemberProof,
    Authorize,
    Capture,
    Code,
    DeviceSignature,
    Enrol,
    Issue,
    LinkAlias,
    MemberName,
    Redeem,
    Release,
    RemoveMemberProof,
    Reverse,
    TransferPoints,
    Void,
)
from settlement.signing import ECDSA_P256, new_key, parse_public_key
from tests.coalition.client.acts_on_settlements import ON_SETTLEMENTS
from tests.coalition.client.peer import ALIAS_KEY, MEMBER, NETWORK, Call, Peer

WHEN = datetime(2026, 11, 21, 17, 0, 0, 7, tzinfo=UTC)
WHEN_US = to_us(WHEN)
CARD = ("card", "4000 1234 5678")
TOKEN = alias_token(ALIAS_KEY, *CARD)
KEY = new_key()
P256 = new_key(ECDSA_P256)
CHAIN = CodeChain(bytes(16), 3)
SIGNED = DeviceSignature(P256.keyid, bytes(64))
PROOF = prove_possession(P256, public_key=P256.spki, network=NETWORK, partner_id="florist")
PRICED = Tariff(10_000, expiry="month-end-12", spent=Spent.BEAR, fee_micros=5)
PROPOSED = hashlib.sha256(spell_tariff_proposal(NETWORK, PRICED, WHEN_US)).hexdigest()

CASES: dict[str, tuple[Callable[[Client], Awaitable[Outcome]], object]] = {
    "issue": (
        lambda c: c.issue(member=MEMBER, amount=5, occurred_at=WHEN),
        Issue(MemberName(member=MEMBER), 5, WHEN_US),
    ),
    "issue by card": (
        lambda c: c.issue(member=CARD, amount=5, occurred_at=WHEN.astimezone()),
        Issue(MemberName(alias=TOKEN), 5, WHEN_US),
    ),
    "redeem": (
        lambda c: c.redeem(member=CARD, amount=10**12, occurred_at=WHEN),
        Redeem(MemberName(alias=TOKEN), 10**12, WHEN_US),
    ),
    "transfer points": (
        lambda c: c.transfer_points(member=CARD, recipient=MEMBER, amount=6, occurred_at=WHEN),
        TransferPoints(MemberName(alias=TOKEN), MemberName(member=MEMBER), 6, WHEN_US),
    ),
    "transfer points to a card": (
        lambda c: c.transfer_points(member=MEMBER, recipient=CARD, amount=6, occurred_at=WHEN),
        TransferPoints(MemberName(member=MEMBER), MemberName(alias=TOKEN), 6, WHEN_US),
    ),
    "authorize": (
        lambda c: c.authorize(member=CARD, amount=7, hold_minutes=90, occurred_at=WHEN),
        Authorize(MemberName(alias=TOKEN), 7, WHEN_US, 90),
    ),
    "authorize as long as the tariff lets": (
        lambda c: c.authorize(member=MEMBER, amount=7, occurred_at=WHEN),
        Authorize(MemberName(member=MEMBER), 7, WHEN_US, 0),
    ),
    "capture": (
        lambda c: c.capture(hold_act_id=MEMBER, amount=6, occurred_at=WHEN),
        Capture(MEMBER, 6, WHEN_US),
    ),
    "void": (lambda c: c.void(hold_act_id=MEMBER, occurred_at=WHEN), Void(MEMBER, WHEN_US)),
    "issue points that are pending until a day": (
        lambda c: c.issue(member=MEMBER, amount=7, spendable_from=WHEN, occurred_at=WHEN),
        Issue(MemberName(member=MEMBER), 7, WHEN_US, WHEN_US),
    ),
    "issue points that wait for an event": (
        lambda c: c.issue(member=MEMBER, amount=7, on_event=True, occurred_at=WHEN),
        Issue(MemberName(member=MEMBER), 7, WHEN_US, ON_EVENT_US),
    ),
    "release": (lambda c: c.release(original_act_id=MEMBER, occurred_at=WHEN), Release(MEMBER, WHEN_US)),
    "redeem with a code": (
        lambda c: c.redeem(member=MEMBER, amount=5, proof=read_code(spell_code(bytes(16))), occurred_at=WHEN),
        Redeem(MemberName(member=MEMBER), 5, WHEN_US, Code(bytes(16))),
    ),
    "authorize with a device": (
        lambda c: c.authorize(member=MEMBER, amount=5, proof=SIGNED, occurred_at=WHEN),
        Authorize(MemberName(member=MEMBER), 5, WHEN_US, 0, SIGNED),
    ),
    "add a chain of codes": (
        lambda c: c.add_member_proof(member_id=MEMBER, added=CHAIN, proof=SIGNED),
        AddMemberProof(MEMBER, "code", CHAIN.anchor, SIGNED),
    ),
    "add a device": (
        lambda c: c.add_member_proof(
            member_id=MEMBER,
            added=prove_device(P256, network=NETWORK, partner_id="bakery", member_id=MEMBER),
        ),
        AddMemberProof(MEMBER, P256.keyid, P256.spki),
    ),
    "remove a device": (
        lambda c: c.remove_member_proof(member_id=MEMBER, device_keyid=P256.keyid),
        RemoveMemberProof(MEMBER, P256.keyid),
    ),
    "remove codes": (
        lambda c: c.remove_member_proof(member_id=MEMBER, proof=Code(CHAIN.code(1))),
        RemoveMemberProof(MEMBER, "code", Code(CHAIN.code(1))),
    ),
    "reverse": (lambda c: c.reverse(original_act_id=MEMBER, occurred_at=WHEN), Reverse(MEMBER, WHEN_US)),
    "reverse in part": (
        lambda c: c.reverse(original_act_id=MEMBER, amount=5, occurred_at=WHEN),
        Reverse(MEMBER, WHEN_US, 5),
    ),
    "link alias": (lambda c: c.link_alias(member_id=MEMBER, alias=CARD), LinkAlias(MEMBER, TOKEN)),
    "register": (lambda c: c.register(partner_id="florist", display_name="A B"), Register("florist", "A B")),
    "activate": (lambda c: c.activate(partner_id="florist"), Activate("florist")),
    "suspend": (lambda c: c.suspend(partner_id="florist"), Suspend("florist")),
    "add own key": (
        lambda c: c.add_key(key=KEY),
        AddKey("bakery", KEY.keyid, "ed25519", "request", None, KEY.spki),
    ),
    "add approver key": (
        lambda c: c.add_key(key=KEY, partner_id="florist", purpose="approver", person="ann"),
        AddKey("florist", KEY.keyid, "ed25519", "approver", "ann", KEY.spki),
    ),
    "add a key by its proof": (
        lambda c: c.add_key(key=PROOF, partner_id="florist"),
        AddKey("florist", P256.keyid, ECDSA_P256, "request", None, P256.spki),
    ),
    "revoke key": (lambda c: c.revoke_key(keyid=KEY.keyid), RevokeKey(KEY.keyid, "retired", None)),
    "revoke compromised key": (
        lambda c: c.revoke_key(keyid=KEY.keyid, reason="compromised", suspect_from=WHEN),
        RevokeKey(KEY.keyid, "compromised", WHEN_US),
    ),
    "propose a tariff": (
        lambda c: c.propose_tariff(PRICED, effective_from=WHEN),
        ProposeTariff(PRICED, WHEN_US, PROPOSED),
    ),
    "approve a tariff": (lambda c: c.approve_tariff(proposal_sha256=bytes(32)), ApproveTariff("00" * 32)),
    **ON_SETTLEMENTS,
    "propose opening": (
        lambda c: c.propose_opening(file_sha256=bytes(32), rows=3, members=2, points=60),
        ProposeOpening("00" * 32, 3, 2, 60),
    ),
    "propose opening of value": (
        lambda c: c.propose_opening(file_sha256=bytes(32), rows=3, members=2, points=0, value=2_500),
        ProposeOpening("00" * 32, 3, 2, 0, 2_500),
    ),
    "approve opening": (
        lambda c: c.approve_opening(partner_id="florist", file_sha256=bytes(32)),
        ApproveOpening("florist", "00" * 32),
    ),
}


def body(call: Call) -> Any:
    """What the network reads in the request, its signature and form checked."""
    method = METHODS[call.path]
    open_envelope(call.envelope, payload_type=method.payload_type)
    return BODIES[method.payload.DESCRIPTOR.name](call.request)


@pytest.mark.parametrize("name", CASES)
async def test_the_network_reads_what_was_meant(peer: Peer, client: Client, name: str) -> None:
    ask, meant = CASES[name]
    outcome = await ask(client)
    (call,) = peer.calls
    assert body(call) == meant
    assert (outcome.act_id, outcome.refusal) == (call.request.header.request_id, None)


async def test_enrol_sends_tokens_only(peer: Peer, client: Client) -> None:
    outcome = await client.enrol(aliases=[CARD, ("email", "ann@example.org")])
    (call,) = peer.calls
    enrol: Enrol = body(call)
    assert enrol.aliases == (TOKEN, alias_token(ALIAS_KEY, "email", "ann@example.org"))
    assert not any(name in call.envelope for name in (b"ann@ex", b"4000 1234", b"40001234"))
    assert outcome.member == MEMBER


async def test_propose_sends_the_exact_bytes(peer: Peer, client: Client) -> None:
    await client.propose(proposal=b"\x10\x01exact")
    assert peer.calls[0].request.proposal == b"\x10\x01exact"


async def test_the_header_says_who_asks_whom_and_for_how_long(peer: Peer, client: Client) -> None:
    before = now_us()
    outcome = await client.issue(member=MEMBER, amount=5)
    header = peer.calls[0].request.header
    assert (header.audience, header.partner_id) == (NETWORK, "bakery")
    assert header.method == peer.calls[0].path == "/coalition.api.v1.ExchangeService/Issue"
    assert header.key_id.hex() == peer.partner_signer.keyid
    assert header.request_id == outcome.act_id
    assert is_uuid(outcome.act_id)
    issued_us = to_us(header.issued_at.ToDatetime(tzinfo=UTC))
    assert before <= issued_us <= now_us()
    assert header.expires_at.ToDatetime() - header.issued_at.ToDatetime() == timedelta(hours=1)
    assert peer.calls[0].request.occurred_at == header.issued_at


@pytest.mark.parametrize("algorithm", ["ed25519", ECDSA_P256])
async def test_requests_are_signed_by_the_identitys_key(peer: Peer, algorithm: str) -> None:
    signer = new_key(algorithm)
    async with Client(peer.identity(signer=signer)) as client:
        await client.issue(member=MEMBER, amount=5)
    call = peer.calls[0]
    sealed = open_envelope(call.envelope, payload_type=METHODS[call.path].payload_type)
    sealed.verify(parse_public_key(signer.spki))
    assert sealed.keyid == signer.keyid


async def test_the_outcome_is_what_the_operator_signed(peer: Peer, client: Client) -> None:
    outcome = await client.issue(member=MEMBER, amount=5)
    digest = hashlib.sha256(peer.calls[0].payload).digest()
    expected = Outcome(outcome.act_id, digest, 1, 7, bytes(32), 1_800_000_000_000_000, None, MEMBER, 120)
    assert outcome == expected


async def test_a_refusal_is_a_value(peer: Peer, client: Client) -> None:
    peer.script.append(peer.answers(refusal="INSUFFICIENT_POINTS"))
    assert (await client.redeem(member=MEMBER, amount=5)).refusal == "INSUFFICIENT_POINTS"


async def test_an_act_id_asks_for_one_thing_only(peer: Peer, client: Client) -> None:
    act_id = new_act_id()
    await client.issue(member=MEMBER, amount=5, act_id=act_id)
    others: list[Awaitable[Outcome]] = [
        client.issue(member=MEMBER, amount=6, act_id=act_id),
        client.issue(member=CARD, amount=5, act_id=act_id),
        client.issue(member=MEMBER, amount=5, occurred_at=WHEN, act_id=act_id),
        client.redeem(member=MEMBER, amount=5, act_id=act_id),
    ]
    for other in others:
        with pytest.raises(ClientError) as caught:
            await other
        assert (caught.value.reason, caught.value.field) == ("ACT_ID_REUSED", "act_id")
    assert len(peer.calls) == 1


async def test_a_key_with_random_signatures_is_added_once_by_one_act_id(peer: Peer, client: Client) -> None:
    act_id = new_act_id()
    first = await client.add_key(key=P256, act_id=act_id)
    assert await client.add_key(key=P256, act_id=act_id) == first


async def test_an_alias_needs_the_alias_key(peer: Peer) -> None:
    async with Client(peer.identity(alias_key=None)) as client:
        with pytest.raises(ClientError) as caught:
            await client.issue(member=CARD, amount=5)
    assert caught.value.reason == "ALIAS_KEY_MISSING"


async def test_a_time_without_a_zone_is_refused(client: Client) -> None:
    with pytest.raises(ValueError, match="zone"):
        await client.issue(member=MEMBER, amount=5, occurred_at=datetime(2026, 1, 1))  # noqa: DTZ001 - the bad input


async def test_a_closed_client_says_so(peer: Peer) -> None:
    client = Client(peer.identity())
    with pytest.raises(ClientError, match="async with"):
        await client.position()
