from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from coalition.api.v1 import (
    banking_pb2,
    exchange_pb2,
    members_pb2,
    partners_pb2,
    settlement_pb2,
    transparency_pb2,
)
from coalition.client import Client, NoAnswerError, Outbox
from coalition.client.aliases import alias_token
from coalition.client.answers import (
    Balance,
    ConsistencyProof,
    Entry,
    InclusionProof,
    Key,
    Member,
    Partner,
    Position,
)
from coalition.client.bank_answers import Instruction, ParticipantAccount, PaymentFile
from coalition.client.settlement_answers import Cycle, Leg, Objection, Obligation, Settlement, Statement
from coalition.wire.banking import write_account
from settlement.clock import from_us
from settlement.house.bank_account import BankAccount
from tests.coalition.client.peer import ALIAS_KEY, MEMBER, Call, Peer

CARD = ("card", "4000 1234 5678")
PARTNERS = partners_pb2.ListPartnersResponse(
    partners=[
        partners_pb2.Partner(
            partner_id="bakery",
            display_name="Bakery",
            state=partners_pb2.PARTNER_STATE_ACTIVE,
            keys=[
                partners_pb2.Key(
                    keyid="ab",
                    algorithm=partners_pb2.KEY_ALGORITHM_ED25519,
                    purpose=partners_pb2.KEY_PURPOSE_REQUEST,
                    revoked_at_entry=0,
                ),
                partners_pb2.Key(keyid="cd", purpose=99, person="ann"),  # type: ignore[arg-type]
            ],
        )
    ]
)
CYCLES = settlement_pb2.ListCyclesResponse(
    cycles=[
        settlement_pb2.Cycle(
            cycle=1,
            state=settlement_pb2.CYCLE_STATE_IN_SETTLEMENT,
            label="x",
            closed_at_entry=5,
            settlement=1,
        ),
        settlement_pb2.Cycle(cycle=2, state=settlement_pb2.CYCLE_STATE_OPEN),
    ]
)
OBLIGATIONS = settlement_pb2.ListObligationsResponse(
    currency="EUR",
    obligations=[settlement_pb2.Obligation(debtor="a1", creditor="b1", amount_micros="7", count=2)],
)
WHEN = datetime(2026, 11, 21, 17, tzinfo=UTC)
STAMP = Timestamp(seconds=int(WHEN.timestamp()))
SETTLEMENTS = settlement_pb2.ListSettlementsResponse(
    settlements=[
        settlement_pb2.Settlement(
            settlement=1,
            cycle=2,
            state=settlement_pb2.SETTLEMENT_STATE_OBJECTION_PERIOD,
            proposal_sha256=b"p",
            proposer="ann",
            warnings=["zero-cycle"],
            proposed_at=STAMP,
            objections_end=STAMP,
            payment_due=STAMP,
            legs=[
                settlement_pb2.Leg(participant="bakery", net_minor=-5, state=settlement_pb2.LEG_STATE_PAID)
            ],
            objections=[
                settlement_pb2.Objection(participant="bakery", words="no", raised_at=STAMP),
                settlement_pb2.Objection(
                    participant="cinema", words="no", raised_at=STAMP, accepted=False, answer="yes"
                ),
            ],
        )
    ]
)
INCLUSION = transparency_pb2.GetInclusionProofResponse(
    checkpoint="c",
    shard_proof=[b"1"],
    shard_size=4,
    heads_leaf=b"h",
    house_entry_number=9,
    house_proof=[b"2"],
)

ACCOUNT = BankAccount("Bakery GmbH", "DE89370400440532013000", "AT")

CASES: dict[str, tuple[Callable[[Client], Awaitable[object]], Message, object]] = {
    "GetBalance": (
        lambda c: c.balance(member=CARD),
        exchange_pb2.GetBalanceResponse(member_id=MEMBER, balance=0, arrears=7),
        Balance(MEMBER, 0, arrears=7),
    ),
    "GetMember": (
        lambda c: c.member(member=MEMBER),
        members_pb2.GetMemberResponse(member_id=MEMBER, shard=3),
        Member(MEMBER, 3),
    ),
    "ListPartners": (
        lambda c: c.partners(),
        PARTNERS,
        [
            Partner(
                "bakery",
                "Bakery",
                "active",
                (
                    Key("ab", "ed25519", "request", None, 0, 0),
                    Key("cd", "unknown", "unknown", "ann", 0, None),
                ),
            )
        ],
    ),
    "GetPosition": (
        lambda c: c.position(),
        settlement_pb2.GetPositionResponse(currency="EUR", position_micros="-5"),
        Position("EUR", -5),
    ),
    "ListCycles": (
        lambda c: c.cycles(),
        CYCLES,
        [Cycle(1, "in-settlement", "x", 5, 1), Cycle(2, "open", "", None, None)],
    ),
    "ListSettlements": (
        lambda c: c.settlements(settlement=1),
        SETTLEMENTS,
        [
            Settlement(
                1,
                2,
                "objection-period",
                b"p",
                "ann",
                WHEN,
                WHEN,
                (Leg("bakery", -5, "paid", 0),),
                (
                    Objection("bakery", "no", WHEN, None, ""),
                    Objection("cinema", "no", WHEN, accepted=False, answer="yes"),
                ),
                ("zero-cycle",),
                WHEN,
            )
        ],
    ),
    "ListObligations": (
        lambda c: c.obligations(cycle=1),
        OBLIGATIONS,
        [Obligation("a1", "b1", "EUR", 7, 2)],
    ),
    "GetStatement": (
        lambda c: c.statement(cycle=1),
        settlement_pb2.GetStatementResponse(json=b"{}", csv=b"a"),
        Statement(b"{}", b"a"),
    ),
    "Preview": (lambda c: c.preview(cycle=1), settlement_pb2.PreviewResponse(proposal=b"p"), b"p"),
    "ListAccounts": (
        lambda c: c.accounts(),
        banking_pb2.ListAccountsResponse(
            accounts=[
                banking_pb2.ParticipantAccount(participant="bakery", in_force=write_account(ACCOUNT)),
                banking_pb2.ParticipantAccount(
                    participant="cinema",
                    proposed=write_account(ACCOUNT),
                    proposed_sha256=b"h",
                    proposed_at=Timestamp(seconds=1_800_000_000),
                ),
            ]
        ),
        [
            ParticipantAccount("bakery", ACCOUNT, None, b"", None),
            ParticipantAccount("cinema", None, ACCOUNT, b"h", from_us(1_800_000_000_000_000)),
        ],
    ),
    "GetInstruction": (
        lambda c: c.instruction(settlement=1),
        banking_pb2.GetInstructionResponse(
            entry_number=7, files=[banking_pb2.PaymentFile(kind="csv", content=b"a")]
        ),
        Instruction(7, (PaymentFile("csv", b"a"),)),
    ),
    "GetCheckpoint": (
        lambda c: c.checkpoint(),
        transparency_pb2.GetCheckpointResponse(checkpoint="note\n"),
        "note\n",
    ),
    "GetInclusionProof": (
        lambda c: c.inclusion_proof(shard=1, entry_number=2),
        INCLUSION,
        InclusionProof("c", (b"1",), 4, b"h", 9, (b"2",)),
    ),
    "GetConsistencyProof": (
        lambda c: c.consistency_proof(old_size=1),
        transparency_pb2.GetConsistencyProofResponse(checkpoint="c", proof=[b"1"]),
        ConsistencyProof("c", (b"1",)),
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_an_answer_is_read_whole(peer: Peer, client: Client, name: str) -> None:
    ask, reply, expected = CASES[name]
    peer.reads[name] = reply
    assert await ask(client) == expected


async def test_a_read_lives_for_a_minute_and_is_never_kept(
    peer: Peer, client: Client, outbox: Outbox
) -> None:
    peer.reads["GetBalance"] = exchange_pb2.GetBalanceResponse(member_id=MEMBER, balance=7)
    await client.balance(member=CARD)
    await client.balance(member=CARD)
    headers = [call.request.header for call in peer.calls]
    assert {header.expires_at.ToDatetime() - header.issued_at.ToDatetime() for header in headers} == {
        timedelta(minutes=1)
    }
    assert len({header.request_id for header in headers}) == 2
    assert peer.calls[0].request.alias_token == alias_token(ALIAS_KEY, *CARD)
    assert outbox.pending() == []


async def test_a_statement_is_ones_own_unless_said_otherwise(peer: Peer, client: Client) -> None:
    peer.reads["GetStatement"] = settlement_pb2.GetStatementResponse()
    await client.statement(cycle=1)
    await client.statement(cycle=1, partner_id="florist")
    assert [call.request.partner_id for call in peer.calls] == ["bakery", "florist"]


async def test_entries_go_from_page_to_page(peer: Peer, client: Client) -> None:
    async def page(call: Call, context: object) -> bytes:
        start = int(call.request.page_token or "0")
        entries = [
            exchange_pb2.Entry(shard=1, entry_number=n, leaf=b"%d" % n, late=n == 3)
            for n in range(start, start + 2)
        ]
        token = str(start + 2) if start < 4 else ""
        return exchange_pb2.ListEntriesResponse(entries=entries, next_page_token=token).SerializeToString()

    peer.script.extend([page] * 3)
    found = [entry async for entry in client.entries(page_size=2)]
    assert found == [Entry(1, n, b"%d" % n, late=n == 3) for n in range(6)]
    assert {call.request.page_size for call in peer.calls} == {2}


@pytest.mark.parametrize("name", CASES)
async def test_an_answer_that_is_no_message_of_its_method_is_none(
    peer: Peer, client: Client, name: str
) -> None:
    async def nonsense(call: Call, context: object) -> bytes:
        return b"\x0a\xff"

    peer.script.append(nonsense)
    with pytest.raises(NoAnswerError) as caught:
        await CASES[name][0](client)
    assert caught.value.reason == "ANSWER_MALFORMED"


@pytest.mark.parametrize("text", ["", "x", "1.5", "1_0", "-", "9" * 41])
async def test_a_sum_is_an_integer(peer: Peer, client: Client, text: str) -> None:
    peer.reads["GetPosition"] = settlement_pb2.GetPositionResponse(currency="EUR", position_micros=text)
    with pytest.raises(NoAnswerError) as caught:
        await client.position()
    assert caught.value.reason == "ANSWER_MALFORMED"
