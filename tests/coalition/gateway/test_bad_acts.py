"""Acts whose fields or names are wrong, and acts sent twice."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from coalition.api.v1.exchange_pb2 import (
    AuthorizeRequest,
    GetReceiptRequest,
    IssueRequest,
    ListEntriesRequest,
    RedeemRequest,
    ReverseRequest,
)
from coalition.api.v1.members_pb2 import EnrolRequest, GetMemberRequest, LinkAliasRequest
from coalition.api.v1.opening_pb2 import ApproveOpeningRequest
from coalition.api.v1.partners_pb2 import (
    REVOCATION_REASON_RETIRED,
    RegisterRequest,
    RevokeKeyRequest,
)
from coalition.api.v1.settlement_pb2 import (
    AbortSettlementRequest,
    AnswerObjectionRequest,
    ApproveRequest,
    CancelSettlementRequest,
    CloseCycleRequest,
    ConfirmRequest,
    ObjectRequest,
    Proposal,
    ProposeRequest,
)
from settlement.clock import SECOND_US, now_us
from tests.support.door import Door

AMOUNT_FIELD = 4
TOKEN = bytes(range(32))


def now() -> Timestamp:
    moment = Timestamp()
    moment.FromMicroseconds(now_us())
    return moment


def points(kind: Any, member: str, amount: int | None) -> Any:
    return kind(member_id=member, amount=amount, occurred_at=now())


def varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 127:
        encoded.append(number & 127 | 128)
        number >>= 7
    return bytes([*encoded, number])


@pytest.mark.parametrize("kind", [IssueRequest, RedeemRequest, AuthorizeRequest])
@pytest.mark.parametrize(
    ("encoded", "reason"),
    [
        (b"", "AMOUNT_NOT_POSITIVE"),
        (varint(0), "AMOUNT_NOT_POSITIVE"),
        (varint(2**64 - 1), "AMOUNT_NOT_POSITIVE"),
        (varint(2**63), "AMOUNT_NOT_POSITIVE"),
        (varint(10**12 + 1), "AMOUNT_TOO_LARGE"),
        (varint(2**63 - 1), "AMOUNT_TOO_LARGE"),
        (varint(2**64), "AMOUNT_NOT_POSITIVE"),
        (varint(2**70), "PAYLOAD_MALFORMED"),
        (b"\xff" * 11, "PAYLOAD_MALFORMED"),
    ],
    ids=["unset", "0", "-1", "2^63", "10^12+1", "2^63-1", "2^64", "2^70", "endless"],
)
def test_an_amount_is_from_1_to_ten_to_the_twelve(door: Door, kind: Any, encoded: bytes, reason: str) -> None:
    request = door.complete("bakery", points(kind, door.member, None))
    tag = varint(AMOUNT_FIELD << 3) if encoded else b""
    data = door.sealed("bakery", request, payload=request.SerializeToString() + tag + encoded)
    with door.records_nothing():
        path = f"/coalition.api.v1.ExchangeService/{kind.__name__.removesuffix('Request')}"
        answer = door.call(path, data)
        answer.is_error(reason)
        assert answer.field == ("payload" if reason == "PAYLOAD_MALFORMED" else "amount")


def test_the_largest_amount_is_taken(door: Door) -> None:
    assert door.outcome(door.ask("bakery", points(IssueRequest, door.member, 10**12))).refusal is None


FIELDS: dict[str, tuple[str, Callable[[], Any], str]] = {
    "no member": ("bakery", lambda: IssueRequest(amount=5, occurred_at=now()), "member"),
    "member id is no uuid": ("bakery", lambda: points(IssueRequest, "4000 1234", 5), "member_id"),
    "upper-case member id": (
        "bakery",
        lambda: points(IssueRequest, str(uuid.uuid4()).upper(), 5),
        "member_id",
    ),
    "card number as token": (
        "bakery",
        lambda: IssueRequest(alias_token=b"4000 1234 5678", amount=5, occurred_at=now()),
        "alias_token",
    ),
    "empty token": (
        "bakery",
        lambda: IssueRequest(alias_token=b"", amount=5, occurred_at=now()),
        "alias_token",
    ),
    "no occurred_at": ("bakery", lambda: IssueRequest(member_id=str(uuid.uuid4()), amount=5), "occurred_at"),
    "no original": ("bakery", lambda: ReverseRequest(occurred_at=now()), "original_act_id"),
    "receipt of no id": ("bakery", lambda: GetReceiptRequest(act_id="x"), "act_id"),
    "enrol with a short token": ("bakery", lambda: EnrolRequest(alias_tokens=[TOKEN, b"a"]), "alias_tokens"),
    "enrol with a token twice": ("bakery", lambda: EnrolRequest(alias_tokens=[TOKEN, TOKEN]), "alias_tokens"),
    "enrol with 17 tokens": (
        "bakery",
        lambda: EnrolRequest(alias_tokens=[bytes([n]) * 32 for n in range(17)]),
        "alias_tokens",
    ),
    "link to nobody": ("bakery", lambda: LinkAliasRequest(alias_token=TOKEN), "member_id"),
    "link nothing": ("bakery", lambda: LinkAliasRequest(member_id=str(uuid.uuid4())), "alias_token"),
    "find nobody": ("bakery", GetMemberRequest, "member"),
    "page of minus one": ("bakery", lambda: ListEntriesRequest(page_size=-1), "page_size"),
    "page of 1001": ("bakery", lambda: ListEntriesRequest(page_size=1_001), "page_size"),
    "partner id": ("operator", lambda: RegisterRequest(partner_id="A b", display_name="x"), "partner_id"),
    "long partner id": (
        "operator",
        lambda: RegisterRequest(partner_id="a" * 41, display_name="x"),
        "partner_id",
    ),
    "no name": ("operator", lambda: RegisterRequest(partner_id="aa"), "display_name"),
    "name in two lines": (
        "operator",
        lambda: RegisterRequest(partner_id="aa", display_name="a\nb"),
        "display_name",
    ),
    "name in letters": (
        "operator",
        lambda: RegisterRequest(partner_id="aa", display_name="Bäcker"),
        "display_name",
    ),
    "name of blanks": (
        "operator",
        lambda: RegisterRequest(partner_id="aa", display_name=" "),
        "display_name",
    ),
    "keyid": (
        "operator",
        lambda: RevokeKeyRequest(keyid="AB" * 32, reason=REVOCATION_REASON_RETIRED),
        "keyid",
    ),
    "no reason": ("operator", lambda: RevokeKeyRequest(keyid="ab" * 32), "reason"),
    "cycle 0": ("operator", CloseCycleRequest, "cycle"),
    "label in two lines": ("operator", lambda: CloseCycleRequest(cycle=1, label="a\nresult ok"), "label"),
    "settlement 0": ("operator", lambda: ConfirmRequest(participant="bakery", amount_minor=1), "settlement"),
    "objection to 0": ("bakery", lambda: ObjectRequest(words="no"), "settlement"),
    "no words": ("bakery", lambda: ObjectRequest(settlement=1), "words"),
    "words in two lines": ("bakery", lambda: ObjectRequest(settlement=1, words="a\nresult ok"), "words"),
    "too many words": ("bakery", lambda: ObjectRequest(settlement=1, words="a" * 201), "words"),
    "answer without words": (
        "ann",
        lambda: AnswerObjectionRequest(settlement=1, participant="bakery"),
        "words",
    ),
    "answer to nobody": ("ann", lambda: AnswerObjectionRequest(settlement=1, words="no"), "participant"),
    "settlement -1": ("ann", lambda: CancelSettlementRequest(settlement=-1), "settlement"),
    "abort of none": ("ann", AbortSettlementRequest, "settlement"),
    "opening of nobody": ("ann", lambda: ApproveOpeningRequest(file_sha256=bytes(32)), "partner_id"),
    "no opening": ("ann", lambda: ApproveOpeningRequest(partner_id="bakery"), "file_sha256"),
    "short hash": ("ann", lambda: ApproveRequest(proposal_sha256=bytes(31)), "proposal_sha256"),
}


@pytest.mark.parametrize("case", FIELDS)
def test_a_field_that_breaks_its_rule_is_named(door: Door, case: str) -> None:
    who, make, field = FIELDS[case]
    door.names_field(who, make(), field)


def test_a_proposal_for_another_network_is_not_for_this_one(door: Door) -> None:
    proposal = Proposal(audience="clearing.example/other", cycle=1).SerializeToString()
    with door.records_nothing():
        door.ask("ann", ProposeRequest(proposal=proposal)).is_error("AUDIENCE_MISMATCH")


def test_unknown_members_aliases_and_originals_are_refusals_that_repeat(door: Door) -> None:
    unknown = [
        (points(IssueRequest, str(uuid.uuid4()), 5), "MEMBER_UNKNOWN"),
        (points(RedeemRequest, str(uuid.uuid4()), 5), "MEMBER_UNKNOWN"),
        (IssueRequest(alias_token=TOKEN, amount=5, occurred_at=now()), "MEMBER_UNKNOWN"),
        (LinkAliasRequest(member_id=str(uuid.uuid4()), alias_token=TOKEN), "MEMBER_UNKNOWN"),
        (ReverseRequest(original_act_id=str(uuid.uuid4()), occurred_at=now()), "ORIGINAL_UNKNOWN"),
    ]
    for request, refusal in unknown:
        data = door.sealed("bakery", door.complete("bakery", request))
        path = request.header.method
        first, before = door.outcome(door.call(path, data)), door.recorded()
        assert first.refusal == refusal
        assert door.outcome(door.call(path, data)) == first
        assert door.recorded() == before
    door.ask("bakery", GetMemberRequest(alias_token=TOKEN)).is_error("MEMBER_NOT_FOUND")
    door.ask("bakery", GetReceiptRequest(act_id=str(uuid.uuid4()))).is_error("ACT_UNKNOWN")


def test_the_same_act_id_with_other_bytes_is_reused_whatever_the_bytes_ask(door: Door) -> None:
    act_id = str(uuid.uuid4())
    first = door.outcome(door.ask("bakery", points(IssueRequest, door.member, 5), act_id=act_id))
    others = [
        points(IssueRequest, door.member, 5),
        points(IssueRequest, door.member, 6),
        points(RedeemRequest, door.member, 5),
        ReverseRequest(original_act_id=act_id, occurred_at=now()),
        EnrolRequest(),
    ]
    with door.records_nothing():
        for request in others:
            answer = door.ask("bakery", request, act_id=act_id)
            answer.is_error("ACT_ID_REUSED")
    assert door.outcome(door.ask("bakery", GetReceiptRequest(act_id=act_id))) == first
    assert (
        door.outcome(door.ask("grocer", points(IssueRequest, door.member, 5), act_id=act_id)).index
        > first.index
    )


def test_an_outcome_repeats_even_after_the_request_has_expired(door: Door) -> None:
    expires = Timestamp()
    expires.FromMicroseconds(now_us() + SECOND_US // 4)
    request = door.complete("bakery", points(IssueRequest, door.member, 5), expires_at=expires)
    data = door.sealed("bakery", request)
    first = door.outcome(door.call(request.header.method, data))
    while now_us() < expires.ToMicroseconds():
        assert door.outcome(door.call(request.header.method, data)) == first
    with door.records_nothing():
        assert door.outcome(door.call(request.header.method, data)) == first
