"""Two months in the life of a small network, with every kind of entry: for tests that read a whole history."""

import uuid
from dataclasses import replace
from hashlib import sha256
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from coalition.api.v1 import exchange_pb2, members_pb2, partners_pb2, settlement_pb2
from coalition.api.v1.envelope_pb2 import MemberProof
from coalition.client.member_proofs import new_chain, prove_device
from coalition.wire.tariffs import spell_tariff_proposal
from settlement.clock import HOUR_US, now_us
from settlement.house.records import POOL
from settlement.house.tariff import Tariff
from settlement.journal.acts import Outcome
from settlement.journal.leaf import HOUSE
from settlement.ledger.book import NEVER_US
from settlement.ledger.opening_file import Row, member_name
from settlement.ledger.sweeping import sweep
from settlement.signing import ECDSA_P256, ED25519, new_key
from tests.support.opening import approve, load, prepared, token_row, value_row
from tests.support.small_network import (
    ANN,
    BOB,
    OPERATOR,
    ORIGIN,
    SmallNetwork,
    exchange_key,
    just_now,
    points,
)

LATER = Timestamp(seconds=4_000_000_000)
PARTNERS = ("bakery", "grocer", "cinema")


async def _settle(network: SmallNetwork, cycle: int, settlement: int) -> None:
    proposal = await network.proposal(cycle)
    await network.ask(HOUSE, ANN, settlement_pb2.ProposeRequest(proposal=proposal))
    house = await network.memory.refresh(network.gateway)
    digest = bytes.fromhex(house.settlements[settlement].proposal_sha256)
    refused = await network.ask(HOUSE, ANN, settlement_pb2.ApproveRequest(proposal_sha256=digest))
    assert refused.refusal == "SAME_PERSON"
    await network.ask(HOUSE, BOB, settlement_pb2.ApproveRequest(proposal_sha256=digest))


async def _confirm(network: SmallNetwork, settlement: int, *, legs: int | None = None) -> None:
    house = await network.memory.refresh(network.gateway)
    for participant, amount in list(house.settlements[settlement].legs.items())[:legs]:
        confirmed = settlement_pb2.ConfirmRequest(
            settlement=settlement, participant=participant, amount_minor=abs(amount)
        )
        await network.ask(HOUSE, OPERATOR, confirmed)


async def _trade(network: SmallNetwork, rounds: int) -> None:
    """Every partner issues to every member, another redeems: many lots, every obligation."""
    for shard in range(1, network.shards + 1):
        members = [member for place, member in network.members if place == shard]
        acts = []
        for turn in range(rounds):
            for at, member in enumerate(members):
                issuer, redeemer = PARTNERS[(turn + at) % 3], PARTNERS[(turn * 2 + at + 1) % 3]
                acts.append(network.act(issuer, exchange_pb2.IssueRequest(**points(member, 100 + turn))))
                acts.append(network.act(redeemer, exchange_pb2.RedeemRequest(**points(member, 63 + turn))))
        assert all(isinstance(verdict, Outcome) for verdict in await network.post(shard, acts))


async def _exceptions(network: SmallNetwork) -> None:
    """Refusals, reversals, arrears repaid in part, aliases, a suspended partner, a key that is exchanged, another tariff."""
    shard, member = network.members[0]
    issued = await network.ask(shard, "bakery", exchange_pb2.IssueRequest(**points(member, 5_000)))
    spent = await network.ask(shard, "cinema", exchange_pb2.RedeemRequest(**points(member, 40)))
    for original, who in ((issued, "bakery"), (spent, "cinema"), (spent, "cinema")):
        reversing = exchange_pb2.ReverseRequest(original_act_id=original.act_id, occurred_at=just_now())
        await network.ask(shard, who, reversing)
    assert (await network.ask(shard, "grocer", exchange_pb2.RedeemRequest(**points(member, 10**6)))).refusal
    assert (
        await network.ask(shard, "grocer", exchange_pb2.IssueRequest(**points(str(uuid.uuid4()), 5)))
    ).refusal
    given = await network.ask(shard, "bakery", exchange_pb2.IssueRequest(**points(member, 900)))
    everything = points(member, given.balance_after or 0)
    await network.ask(shard, "cinema", exchange_pb2.RedeemRequest(**everything))
    for amount in (300, 0):
        back = exchange_pb2.ReverseRequest(
            original_act_id=given.act_id, amount=amount, occurred_at=just_now()
        )
        assert (await network.ask(shard, "bakery", back)).refusal is None
    unknown = exchange_pb2.ReverseRequest(original_act_id=str(uuid.uuid4()), occurred_at=just_now())
    assert (await network.ask(shard, "grocer", unknown)).refusal == "ORIGINAL_UNKNOWN"
    by_alias = exchange_pb2.IssueRequest(alias_token=b"a" * 32, amount=700, occurred_at=just_now())
    assert (await network.ask(shard, "grocer", by_alias)).member == member
    linking = members_pb2.LinkAliasRequest(member_id=member, alias_token=b"z" * 32)
    await network.ask(shard, "cinema", linking)
    taken = await network.ask(shard, "cinema", members_pb2.EnrolRequest(alias_tokens=[b"z" * 32]))
    assert taken.refusal == "ALIAS_TAKEN"
    await network.ask(HOUSE, OPERATOR, partners_pb2.SuspendRequest(partner_id="cinema"))
    assert (await network.ask(shard, "cinema", exchange_pb2.IssueRequest(**points(member, 5)))).refusal
    await network.ask(HOUSE, OPERATOR, partners_pb2.ActivateRequest(partner_id="cinema"))
    await _holds(network)
    await _pending(network)
    await _campaign(network)
    await _transfers(network)
    await change_tariff(network, Tariff(12_345, expiry="month-end-12", fee_micros=50, interchange_micros=700))


async def _transfers(network: SmallNetwork) -> None:
    """One within a shard, to a member that owes points; one that arrives in another shard, one that has yet to; one too many."""
    tariff = Tariff(10_000, transfer_points_max=60, transfer_daily_max=100, transfer_fee_micros=30)
    await change_tariff(network, tariff)
    shard, member = network.members[2]
    await network.ask(shard, "bakery", exchange_pb2.IssueRequest(**points(member, 200)))
    said = []
    for to, amount in ((0, 40), (1, 35), (3, 20), (3, 6)):
        facts = points(member, amount)
        request = exchange_pb2.TransferPointsRequest(recipient_id=network.members[to][1], **facts)
        said.append((await network.ask(shard, "cinema", request)).refusal)
        if to == 1:
            await sweep(network.worker, network.memory)
    assert said == [None, None, None, "LIMIT_EXCEEDED"]


async def change_tariff(network: SmallNetwork, tariff: Tariff) -> None:
    """In a pool a point comes to cost what a redeemer is paid for it."""
    if (await network.memory.refresh(network.gateway)).founded.model == POOL:
        tariff = replace(tariff, price_micros=tariff.rate_micros)
    proposal = spell_tariff_proposal(ORIGIN, tariff, None)
    await network.ask(HOUSE, ANN, partners_pb2.ProposeTariffRequest(proposal=proposal))
    approving = partners_pb2.ApproveTariffRequest(proposal_sha256=sha256(proposal).digest())
    assert (await network.ask(HOUSE, BOB, approving)).refusal is None


async def _pending(network: SmallNetwork) -> None:
    """Points by activity that wait for an event: some are released, some taken back, some wait on."""
    await change_tariff(network, Tariff(10_000, expiry="activity-3"))
    shard, member = network.members[0]
    waiting = [
        await network.ask(shard, "bakery", exchange_pb2.IssueRequest(**points(member, 70), on_event=True))
        for _ in range(3)
    ]
    moment = just_now()
    asked = (
        exchange_pb2.ReleaseRequest(original_act_id=waiting[0].act_id, occurred_at=moment),
        exchange_pb2.ReleaseRequest(original_act_id=waiting[0].act_id, occurred_at=moment),
        exchange_pb2.ReverseRequest(original_act_id=waiting[1].act_id, occurred_at=moment),
    )
    said = [(await network.ask(shard, "bakery", each)).refusal for each in asked]
    assert said == [None, "ALREADY_RELEASED", None]


async def _campaign(network: SmallNetwork) -> None:
    """Two partners issue together until one of them ends it; the points are spent in part, and go back in part."""
    funding = partners_pb2.AgreeToFundRequest(
        partner_id="bakery", campaign="spring", share_basis_points=3_333, valid_until=LATER
    )
    await network.ask(HOUSE, "grocer", funding)
    shard, member = network.members[0]
    asked = exchange_pb2.IssueRequest(**points(member, 100), campaign="spring")
    issued = await network.ask(shard, "bakery", asked)
    await network.ask(
        shard, "cinema", exchange_pb2.RedeemRequest(**points(member, issued.balance_after or 0))
    )
    for amount in (10, 7):
        back = exchange_pb2.ReverseRequest(
            original_act_id=issued.act_id, amount=amount, occurred_at=just_now()
        )
        assert (await network.ask(shard, "bakery", back)).refusal is None
    ending = partners_pb2.EndFundingRequest(partner_id="bakery", campaign="spring")
    await network.ask(HOUSE, "grocer", ending)
    assert (await network.ask(shard, "bakery", asked)).refusal == "CAMPAIGN_UNKNOWN"


async def _holds(network: SmallNetwork) -> None:
    """One that is captured in part, one that is voided, one that stays open; and one that is not there."""
    shard, member = network.members[0]
    await network.ask(shard, "bakery", exchange_pb2.IssueRequest(**points(member, 900)))
    held = [
        await network.ask(shard, "cinema", exchange_pb2.AuthorizeRequest(**points(member, amount)))
        for amount in (300, 200, 100)
    ]
    assert [hold.refusal for hold in held] == [None] * 3
    moment = just_now()
    ends = (
        exchange_pb2.CaptureRequest(hold_act_id=held[0].act_id, amount=120, occurred_at=moment),
        exchange_pb2.VoidRequest(hold_act_id=held[1].act_id, occurred_at=moment),
        exchange_pb2.VoidRequest(hold_act_id=held[1].act_id, occurred_at=moment),
    )
    said = [(await network.ask(shard, "cinema", end)).refusal for end in ends]
    assert said == [None, None, "HOLD_CLOSED"]


async def _bring_along(network: SmallNetwork) -> None:
    """Points and value of a running programme, some for members who are known; then two newcomers spend some by card, twice."""
    cards = [b"n%031d" % at for at in range(450)]
    next_year_us = now_us() + 365 * 24 * HOUR_US
    rows = [token_row(card, 100 + at, next_year_us + at) for at, card in enumerate(cards)]
    rows += [token_row(b"a" * 32, 70), Row(member_name(network.members[1][1]), 80, NEVER_US)]
    rows += [value_row(cards[0], 2_500), value_row(b"v" * 32, 700, next_year_us)]
    file = prepared(network.log / "opening", rows, partner="grocer")
    await approve(network, file)
    await load(network, file)
    for card in (cards[0], cards[1], cards[0], cards[1]):
        spent = exchange_pb2.RedeemRequest(alias_token=card, amount=40, occurred_at=just_now())
        assert (await network.ask(1, "cinema", spent)).refusal is None


async def _proofs(network: SmallNetwork) -> None:
    """A member shows codes, good and used up, and a device that is lost afterwards."""
    (shard, member), device, chain = network.members[1], new_key(ECDSA_P256), new_chain(10)

    async def said(who: str, request: Any) -> str | None:
        return (await network.ask(shard, who, request)).refusal

    def spending(number: int) -> Any:
        code = MemberProof(code=chain.code(number))
        return exchange_pb2.RedeemRequest(**points(member, 3), member_proof=code)

    adding = members_pb2.AddMemberProofRequest(member_id=member, code_anchor=chain.anchor)
    assert await said("bakery", adding) is None
    codes = [await said("grocer", spending(number)) for number in (1, 3, 2)]
    assert codes == [None, None, "PROOF_INVALID"]
    new = prove_device(device, network=ORIGIN, partner_id="bakery", member_id=member)
    adding = members_pb2.AddMemberProofRequest(
        member_id=member,
        device=members_pb2.Device(public_key=new.public_key, possession=new.possession),
        member_proof=MemberProof(code=chain.code(4)),
    )
    assert await said("bakery", adding) is None
    lost = members_pb2.RemoveMemberProofRequest(member_id=member, device_key_id=bytes.fromhex(device.keyid))
    assert await said("bakery", lost) == "PROOF_REQUIRED"
    assert await said(OPERATOR, lost) is None


async def grown(network: SmallNetwork, *, rounds: int = 40) -> None:
    """Two closed cycles, the first settled and paid, the second approved and half paid, and an open third; published."""
    for partner in PARTNERS:
        await network.take_in(partner, algorithm=ECDSA_P256 if partner == "cinema" else ED25519)
    for at in range(4):
        await network.enrol(PARTNERS[at % 3], 1 + at % network.shards, b"%c" % (ord("a") + at) * 32)
    await network.publisher().publish()
    await _trade(network, rounds)
    await _exceptions(network)
    await network.close_cycle(1, "2026-01")
    await _settle(network, 1, 1)
    await _confirm(network, 1)
    await network.publisher().publish()
    await exchange_key(network, "bakery")
    await _trade(network, 3)
    await network.close_cycle(2, "2026-02")
    await _settle(network, 2, 2)
    await _confirm(network, 2, legs=1)
    await _trade(network, 2)
    await _bring_along(network)
    await _proofs(network)
    await network.publisher().publish()
