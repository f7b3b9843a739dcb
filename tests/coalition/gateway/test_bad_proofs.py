"""What members show, where it breaks a rule of its fields or proves nothing."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from coalition.api.v1.envelope_pb2 import DeviceProof, MemberProof
from coalition.api.v1.exchange_pb2 import AuthorizeRequest, IssueRequest, RedeemRequest
from coalition.api.v1.members_pb2 import AddMemberProofRequest, Device, EnrolRequest, RemoveMemberProofRequest
from coalition.client.member_proofs import agree, new_chain, prove_device
from settlement.signing import new_key
from tests.support.door import Door
from tests.support.network import ORIGIN
from tests.support.small_network import points

MEMBER = str(uuid.uuid4())
KEY = new_key()
ELSEWHERE = prove_device(KEY, network=ORIGIN, partner_id="grocer", member_id=MEMBER)


def redeeming(**proof: Any) -> RedeemRequest:
    return RedeemRequest(**points(MEMBER, 5), member_proof=MemberProof(**proof))


def adding(**added: Any) -> AddMemberProofRequest:
    return AddMemberProofRequest(member_id=MEMBER, **added)


FIELDS: dict[str, tuple[Callable[[], Any], str]] = {
    "a proof of nothing": (redeeming, "member_proof"),
    "a short code": (lambda: redeeming(code=bytes(15)), "member_proof.code"),
    "a long code": (lambda: redeeming(code=bytes(17)), "member_proof.code"),
    "a device without a name": (
        lambda: redeeming(device=DeviceProof(signature=bytes(64))),
        "member_proof.device.key_id",
    ),
    "a device that does not sign": (
        lambda: redeeming(device=DeviceProof(key_id=bytes(32))),
        "member_proof.device.signature",
    ),
    "held with half a code": (
        lambda: AuthorizeRequest(**points(MEMBER, 5), member_proof=MemberProof(code=b"x")),
        "member_proof.code",
    ),
    "nothing added": (adding, "added"),
    "added to nobody": (lambda: AddMemberProofRequest(code_anchor=bytes(16)), "member_id"),
    "an anchor of another size": (lambda: adding(code_anchor=bytes(32)), "code_anchor"),
    "a device without a key": (lambda: adding(device=Device()), "public_key"),
    "a device that was to be another partner's to add": (
        lambda: adding(device=Device(public_key=KEY.spki, possession=ELSEWHERE.possession)),
        "device.possession",
    ),
    "added with half a code": (
        lambda: adding(code_anchor=bytes(16), member_proof=MemberProof(code=b"x")),
        "member_proof.code",
    ),
    "nothing removed": (lambda: RemoveMemberProofRequest(member_id=MEMBER), "removed"),
    "no codes removed": (lambda: RemoveMemberProofRequest(member_id=MEMBER, codes=False), "removed"),
    "half a key removed": (
        lambda: RemoveMemberProofRequest(member_id=MEMBER, device_key_id=bytes(16)),
        "device_key_id",
    ),
}


@pytest.mark.parametrize("case", FIELDS)
def test_a_field_that_breaks_its_rule_is_named(door: Door, case: str) -> None:
    make, field = FIELDS[case]
    door.names_field("bakery", make(), field)


def test_a_device_signs_for_one_act_at_one_partner(door: Door) -> None:
    member = door.outcome(door.ask("bakery", EnrolRequest())).member or ""
    assert door.outcome(door.ask("bakery", IssueRequest(**points(member, 50)))).refusal is None
    device, act_id = new_key(), str(uuid.uuid4())
    new = prove_device(device, network=ORIGIN, partner_id="bakery", member_id=member)
    added = Device(public_key=new.public_key, possession=new.possession)
    assert (
        door.outcome(door.ask("bakery", AddMemberProofRequest(member_id=member, device=added))).refusal
        is None
    )
    signed = agree(device, network=ORIGIN, partner_id="bakery", act_id=act_id, kind="redeem", what="PTS 20")
    shown = MemberProof(device=DeviceProof(key_id=bytes.fromhex(signed.keyid), signature=signed.signature))
    told = []
    for who, amount, asked in (("grocer", 20, act_id), ("bakery", 21, None), ("bakery", 20, act_id)):
        request = RedeemRequest(**points(member, amount), member_proof=shown)
        data = door.sealed(who, door.complete(who, request, act_id=asked))
        told.append(door.outcome(door.call(request.header.method, data)).refusal)
    assert told == ["PROOF_INVALID", "PROOF_INVALID", None]


def test_the_operator_removes_what_a_partner_may_not(door: Door) -> None:
    member = door.outcome(door.ask("bakery", EnrolRequest())).member or ""
    chain = AddMemberProofRequest(member_id=member, code_anchor=new_chain(9).anchor)
    assert door.outcome(door.ask("bakery", chain)).refusal is None
    lost = RemoveMemberProofRequest(member_id=member, codes=True)
    assert [door.outcome(door.ask(who, lost)).refusal for who in ("grocer", "operator")] == [
        "PROOF_REQUIRED",
        None,
    ]
