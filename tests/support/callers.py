"""Everybody who may call a network, and requests in their names: complete, well signed, for every method."""

import uuid
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from google.protobuf.message import Message

from coalition.api.v1 import partners_pb2, settlement_pb2
from coalition.api.v1.banking_pb2 import BankLine
from coalition.api.v1.envelope_pb2 import ASSET_VALUE, DeviceProof, MemberProof
from coalition.wire.banking import write_account
from coalition.wire.envelope import seal
from coalition.wire.methods import METHODS, Method
from coalition.wire.resolutions import spell_resolution
from coalition.wire.securities import KINDS, spell_default, spell_withdrawal
from coalition.wire.strict import write_time
from coalition.wire.tariffs import spell_tariff_proposal
from settlement.clock import SECOND_US, now_us
from settlement.house.bank_account import BankAccount
from settlement.house.breaks import WRITE_OFF, Resolution
from settlement.house.security import Waterfall
from settlement.house.tariff import Tariff
from settlement.signing import KeySigner, new_key, possession_message
from tests.support.network import ORIGIN

PEOPLE = ("ann", "bob")


@dataclass(kw_only=True)
class Callers:
    """`signers`: who (a partner, the operator or a person; "-old" for a revoked key) to the key it signs with.

    `member`: one whom all know.
    """

    signers: dict[str, KeySigner] = field(default_factory=dict)
    member: str = ""

    def partner_of(self, who: str) -> str:
        """Whose key it is."""
        return "operator" if who in (*PEOPLE, "receipt") else who.removesuffix("-old")

    def complete(self, who: str, request: Any, *, act_id: str | None = None, **header: Any) -> Any:
        """Fills in the header as it must be; `header` then changes single fields, None clears them."""
        method, now = method_of(request), now_us()
        facts = request.header
        facts.audience, facts.method, facts.partner_id = ORIGIN, method.path, self.partner_of(who)
        facts.key_id = bytes.fromhex(self.signers[who].keyid)
        facts.request_id = act_id or str(uuid.uuid4())
        write_time(facts.issued_at, now)
        write_time(facts.expires_at, now + min(method.life_max_us, 3_600 * SECOND_US))
        for name, value in header.items():
            facts.ClearField(name)
            if value is not None and name.endswith("_at"):
                getattr(facts, name).CopyFrom(value)
            elif value is not None:
                setattr(facts, name, value)
        return request

    def sealed(
        self, who: str, request: Any, *, payload: bytes | None = None, method: Method | None = None
    ) -> bytes:
        """The envelope of a request, or of other payload bytes, as of another method."""
        method = method or method_of(request)
        return seal(
            self.signers[who],
            method.payload_type,
            request.SerializeToString() if payload is None else payload,
        )

    def sample(self, method: Method) -> tuple[str, Any]:
        """A caller who may call a method, and a request that its field rules accept, completed; most would be refused."""
        request: Any = method.payload()
        for name, value in self._fields(method.payload.DESCRIPTOR.name).items():
            if name.endswith(("_at", "_until")):
                write_time(getattr(request, name), value)
            elif isinstance(value, list):
                getattr(request, name).extend(value)
            elif isinstance(value, Message):
                getattr(request, name).CopyFrom(value)
            else:
                setattr(request, name, value)
        who = caller_for(method)
        return who, self.complete(who, request)

    def _fields(self, message: str) -> dict[str, Any]:
        key, now = new_key(), now_us()
        proof = possession_message(audience=ORIGIN, partner_id="bakery", keyid=key.keyid)
        proposal = settlement_pb2.Proposal(audience=ORIGIN, cycle=1_000, currency="EUR")
        proposal.nets.add(participant="bakery", net_minor=5)
        totals = {"rows": 3, "members": 2, "points": 60, "value": 5}
        fields: dict[str, dict[str, Any]] = {
            "GetReceiptRequest": {"act_id": str(uuid.uuid4())},
            "GetBalanceRequest": {"member_id": self.member},
            "ListEntriesRequest": {"page_size": 2},
            "FollowEntriesRequest": {"only_new": True},
            "EnrolRequest": {"alias_tokens": [sha256(key.spki).digest()]},
            "LinkAliasRequest": {"member_id": str(uuid.uuid4()), "alias_token": sha256(key.spki).digest()},
            "GetMemberRequest": {"member_id": self.member},
            "RegisterRequest": {"partner_id": "bakery", "display_name": "Bakery"},
            "ActivateRequest": {"partner_id": "bakery"},
            "SuspendRequest": {"partner_id": "nobody-there"},
            "AddKeyRequest": {
                "partner_id": "bakery",
                "public_key": key.spki,
                "purpose": partners_pb2.KEY_PURPOSE_REQUEST,
                "possession": key.sign(proof),
            },
            "RevokeKeyRequest": {"keyid": key.keyid, "reason": partners_pb2.REVOCATION_REASON_RETIRED},
            "ProposeTariffRequest": {"proposal": spell_tariff_proposal(ORIGIN, Tariff(10_000), now)},
            "ApproveTariffRequest": {"proposal_sha256": bytes(32)},
            "ListObligationsRequest": {"cycle": 1},
            "FollowObligationsRequest": {"partner_id": "bakery"},
            "GetStatementRequest": {"cycle": 1, "partner_id": "bakery"},
            "CloseCycleRequest": {"cycle": 1_000, "label": "2026-11"},
            "PreviewRequest": {"cycle": 1},
            "ProposeRequest": {"proposal": proposal.SerializeToString()},
            "ProposeOpeningRequest": {"file_sha256": bytes(32), **totals},
            "ApproveOpeningRequest": {"partner_id": "bakery", "file_sha256": bytes(32)},
            "GetInclusionProofRequest": {"shard": 0, "entry_number": 0},
            "GetConsistencyProofRequest": {"old_size": 1},
        }
        others = _fields_of_points(now) | _OF_SETTLEMENTS | _of_security() | _fields_of_banking()
        return fields.get(message) or others.get(message, {})


def _fields_of_banking() -> dict[str, dict[str, Any]]:
    """Fields of requests about money out."""
    account = write_account(BankAccount("A", "NO9386011117947", "NO"))
    return {
        "ProposeAccountRequest": {"account": account},
        "ApproveAccountRequest": {"partner_id": "bakery", "account_sha256": bytes(32)},
        "InstructRequest": {"settlement": 1},
        "ImportBankStatementRequest": {
            "iban": "NO9386011117947",
            "statement_id": "1",
            "lines": [BankLine(entry="A", amount_minor=5, booked_on="2026-11-30")],
        },
        "GetInstructionRequest": {"settlement": 1},
        "AssignBreakRequest": {"line_sha256": bytes(32), "person": "bob"},
        "ProposeResolutionRequest": {
            "proposal": spell_resolution(ORIGIN, "00" * 32, Resolution(WRITE_OFF), "nobody knows")
        },
        "ApproveResolutionRequest": {"proposal_sha256": bytes(32)},
    }


def _fields_of_points(now: int) -> dict[str, dict[str, Any]]:
    """Fields of requests that move points, or say who funds them."""
    points = {"member_id": str(uuid.uuid4()), "amount": 5, "occurred_at": now}
    campaign = {"partner_id": "grocer", "campaign": "spring"}
    share = {"share_basis_points": 2_500, "valid_until": now + 3_600 * SECOND_US}
    hold = {"hold_act_id": str(uuid.uuid4()), "occurred_at": now}
    return {
        "AgreeToFundRequest": campaign | share,
        "EndFundingRequest": campaign,
        "IssueRequest": points,
        "TransferPointsRequest": {**points, "recipient_id": str(uuid.uuid4()), "asset": ASSET_VALUE},
        "RedeemRequest": {**points, "member_proof": MemberProof(code=bytes(16))},
        "AuthorizeRequest": {
            **points,
            "member_proof": MemberProof(device=DeviceProof(key_id=bytes(32), signature=bytes(64))),
        },
        "CaptureRequest": {**hold, "amount": 5, "asset": ASSET_VALUE},
        "VoidRequest": hold,
        "AddMemberProofRequest": {"member_id": str(uuid.uuid4()), "code_anchor": bytes(16)},
        "RemoveMemberProofRequest": {
            "member_id": str(uuid.uuid4()),
            "codes": True,
            "member_proof": MemberProof(code=bytes(16)),
        },
        "ReleaseRequest": {"original_act_id": str(uuid.uuid4()), "occurred_at": now},
        "ReverseRequest": {"original_act_id": str(uuid.uuid4()), "occurred_at": now},
    }


def _of_security() -> dict[str, dict[str, Any]]:
    """Fields of requests about securities, caps and defaults."""
    withdrawal = spell_withdrawal(ORIGIN, "bakery", "collateral", "EUR", 5)
    default = spell_default(ORIGIN, 1_000, "bakery", "EUR", Waterfall(5, 1, 1, 1, {"grocer": 1}, 1))
    return {
        "DepositRequest": {"participant": "nobody-there", "kind": KINDS["collateral"], "amount_minor": 5},
        "ProposeWithdrawalRequest": {"proposal": withdrawal},
        "ApproveWithdrawalRequest": {"proposal_sha256": bytes(32)},
        "SetCapRequest": {"participant": "nobody-there", "cap_minor": 5},
        "PreviewDefaultRequest": {"settlement": 1_000, "participant": "bakery"},
        "ProposeDefaultRequest": {"proposal": default},
        "ApproveDefaultRequest": {"proposal_sha256": bytes(32)},
    }


def method_of(request: Any) -> Method:
    """The method that takes a message."""
    return next(method for method in METHODS.values() if method.payload.DESCRIPTOR is request.DESCRIPTOR)


CALLERS = {1: "bakery", 2: "operator", 3: "ann"}
"""One caller for each role of the proto."""


def caller_for(method: Method) -> str:
    """A caller with the first of the method's roles."""
    return CALLERS[min(method.roles)]


_OF_SETTLEMENTS: dict[str, dict[str, Any]] = {
    "ApproveRequest": {"proposal_sha256": bytes(32)},
    "ObjectRequest": {"settlement": 1, "words": "a redemption is missing"},
    "AnswerObjectionRequest": {"settlement": 1, "participant": "bakery", "words": "it is not ours"},
    "CancelSettlementRequest": {"settlement": 1_000},
    "AbortSettlementRequest": {"settlement": 1_000},
    "GetEntryRequest": {"shard": 0, "entry_number": 0},
    "ListPostingsRequest": {"cycle": 1, "partner_id": "bakery", "counterparty": "grocer"},
    "ConfirmRequest": {"settlement": 1, "participant": "bakery", "amount_minor": 5},
}
"""Fields of requests about a settlement that is proposed, and about what its figures come from."""
