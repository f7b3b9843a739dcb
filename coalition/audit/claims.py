"""What was asked: an act's claim as its leaf states it, the request in its payload, and whether both say the same."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from coalition.audit.askers import APPROVING, ASKED_BY, OPERATOR, PARTNER
from coalition.wire.methods import METHODS_BY_TYPE, Method, payload_type_of
from coalition.wire.requests import BODIES
from coalition.wire.strict import parse_payload, read_time
from settlement.clock import MINUTE_US, SECOND_US, parse_time
from settlement.errors import CoalitionError
from settlement.house.records import APPROVER, REQUEST, Key
from settlement.house.state import House
from settlement.journal.acts import Act
from settlement.journal.leaf import Entry
from settlement.ledger.acts import (
    CODE,
    ON_EVENT_US,
    AddMemberProof,
    Authorize,
    Capture,
    Code,
    Consent,
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
from settlement.ledger.batch import SKEW_MAX_US

SWEPT_KINDS = frozenset({"lapse", "expire", "mature", "notice", "arrive"})
"""Entries of the engine about a member: what fell due or arrived by itself."""
ENGINE_KINDS = (
    frozenset(
        {
            "found",
            "heads",
            "cut",
            "tariff-start",
            "forward",
            "statements",
            "opening",
            "auto-close",
            "overdue",
        }
    )
    | SWEPT_KINDS
)
NOBODY = "00000000-0000-0000-0000-000000000000"
"""Stands for a member that an act names and nobody enrolled."""
TAKEN = b"taken"
"""Stands for an alias that was taken, where the payload that named it is erased; no token has five bytes."""
BATCH_TOOK_US = SECOND_US
"""A request is judged when its batch begins, and its entry is timed at most so much later."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The leaf's lines about the request: who asked, for which act, with which bytes and signature."""

    partner: str
    act_id: str
    payload_type: str
    payload_sha256: bytes
    keyid: str
    signature: bytes

    def act(self, body: object, payload: bytes = b"") -> Act[object]:
        """The act, with the times of its request left out: they were judged when it was first seen."""
        return Act(
            self.partner,
            self.act_id,
            self.keyid,
            self.signature,
            self.payload_type,
            payload,
            self.payload_sha256,
            0,
            0,
            body,
        )


def read_claim(entry: Entry) -> Claim | None:
    """The claim in a leaf, or None if it carries no request or a signature that is not base64."""
    request = entry.one("request")
    if request == "none":
        return None
    payload_type, digest = request.split(" ")
    keyid, signature = entry.one("sig").split(" ")
    try:
        decoded = base64.b64decode(signature, validate=True)
    except binascii.Error:
        return None
    return Claim(entry.one("partner"), entry.one("act"), payload_type, bytes.fromhex(digest), keyid, decoded)


def role_of(house: House, key: Key) -> str | None:
    """What a key may speak as: a request key for its company, an approver key for a person of the operator."""
    if key.owner == house.operator:
        return {REQUEST: OPERATOR, APPROVER: APPROVING}.get(key.purpose)
    return PARTNER if key.purpose == REQUEST else None


def what_is_wrong_with_key(house: House, kind: str, *, at: int, keyid: str, partner: str) -> str | None:
    """Why the key may not sign the partner's entry of this kind, or None. Clocks play no part, only house entries below `at`."""
    key = house.keys.get(keyid)
    if key is None or key.added_at >= at:
        return f"key {keyid} was not added below house size {at}"
    if key.revoked_at is not None and key.revoked_at < at:
        return f"key {keyid} was revoked by house entry {key.revoked_at}"
    if key.owner != partner:
        return f"the key belongs to {key.owner}, the entry names {partner}"
    role = role_of(house, key)
    if role not in ASKED_BY[kind][1]:
        return f"a {key.purpose} key of {key.owner} may not ask for {kind}"
    return None


def read_request(claim: Claim, payload: bytes, *, kind: str) -> Any:
    """The message in the payload. CoalitionError if it is not the one message that asks for this kind of entry."""
    name = ASKED_BY[kind][0]
    if claim.payload_type != payload_type_of(name):
        raise CoalitionError("PAYLOAD_TYPE_MISMATCH", f"an entry of kind {kind} is asked for by a {name}")
    return parse_payload(payload, METHODS_BY_TYPE[claim.payload_type].payload)


def what_header_contradicts(claim: Claim, request: Any, *, house: House, entry: Entry) -> list[str]:
    """Each part of the request's header that is not what the leaf says.

    Requests are timed by the right time: a practice network's entries by how far `house` is ahead of it.
    """
    header, method = request.header, METHODS_BY_TYPE[claim.payload_type]
    pairs = (
        ("audience", header.audience, house.founded.origin),
        ("method", header.method, method.path),
        ("partner_id", header.partner_id, claim.partner),
        ("key_id", header.key_id.hex(), claim.keyid),
        ("request_id", header.request_id, claim.act_id),
    )
    wrong = [f"header.{name} is {said!r}, not {leaf!r}" for name, said, leaf in pairs if said != leaf]
    life = what_is_wrong_with_life(header, method, entry.time_us - house.ahead_us)
    return wrong if life is None else [*wrong, life]


def what_is_wrong_with_life(header: Any, method: Method, time_us: int) -> str | None:
    """Why a request with this header could not be recorded at this time, or None."""
    try:
        issued_us = read_time(header.issued_at, "issued_at")
        expires_us = read_time(header.expires_at, "expires_at")
    except CoalitionError as error:
        return error.message
    lives = 0 < expires_us - issued_us <= method.life_max_us
    timely = issued_us <= time_us + SKEW_MAX_US and time_us - BATCH_TOOK_US < expires_us
    if lives and timely:
        return None
    wrong = [] if lives else ["the request lives too long or not at all"]
    if not timely:
        wrong.append("the entry was recorded before the request was issued or after it expired")
    return "; ".join(wrong)


def body_of_request(request: Any, entry: Entry) -> object:
    """The act's body. The member id of an enrolment was drawn by the engine: it stands in the leaf. Raises CoalitionError."""
    body = BODIES[request.DESCRIPTOR.name](request)
    return replace(body, member=entry.get("member") or NOBODY) if isinstance(body, Enrol) else body


def body_of_leaf(entry: Entry, *, original_act_id: str) -> object | None:
    """The body of an act on a member whose payload is erased, from the leaf's own lines; None for other kinds.

    Aliases are erased with the payload: members stand for them, and made-up tokens for what was linked.
    """
    read = _FROM_LEAF.get(entry.kind)
    return None if read is None else read(entry, original_act_id)


def _amount(entry: Entry) -> int:
    return int(entry.one("amount").split(" ")[1])


def _asset(entry: Entry) -> str:
    return entry.one("amount").split(" ")[0]


def _name(entry: Entry) -> MemberName:
    return MemberName(member=entry.get("member"))


def _minutes(entry: Entry) -> int:
    """How long a hold was to last: what was asked for, or the tariff's where that is shorter."""
    until = entry.get("until")
    return 0 if until is None else (parse_time(until) - entry.time_us) // MINUTE_US


def _pending_until(entry: Entry) -> int | None:
    pending = entry.get("pending")
    if pending is None:
        return None
    return ON_EVENT_US if pending == "event" else parse_time(pending)


def _consent(entry: Entry) -> Consent | None:
    """What the member showed; where it was not genuine, the leaf does not say it, and no bytes at all stand for it."""
    value = entry.get("consent")
    if value is None:
        return Code(b"") if entry.refusal == "PROOF_INVALID" else None
    kind, *facts = value.split(" ")
    if kind == "code":
        return Code(bytes.fromhex(facts[0]))
    return DeviceSignature(facts[0], base64.b64decode(facts[1]))


def read_proof(value: str) -> tuple[str, bytes]:
    """Name and public part of the proof in a `proof` line."""
    kind, *facts = value.split(" ")
    return (CODE, bytes.fromhex(facts[0])) if kind == "code" else (facts[0], base64.b64decode(facts[1]))


def _token(entry: Entry) -> bytes:
    return TAKEN if entry.refusal == "ALIAS_TAKEN" else f"erased {entry.shard}:{entry.index}".encode()


_FROM_LEAF: dict[str, Callable[[Entry, str], object]] = {
    "issue": lambda entry, _: Issue(
        _name(entry),
        _amount(entry),
        parse_time(entry.one("occurred")),
        _pending_until(entry),
        entry.get("campaign"),
        _asset(entry),
    ),
    "redeem": lambda entry, _: Redeem(
        _name(entry), _amount(entry), parse_time(entry.one("occurred")), _consent(entry), _asset(entry)
    ),
    "transfer": lambda entry, _: TransferPoints(
        _name(entry),
        MemberName(member=entry.get("recipient")),
        _amount(entry),
        parse_time(entry.one("occurred")),
        _asset(entry),
    ),
    "authorize": lambda entry, _: Authorize(
        _name(entry),
        _amount(entry),
        parse_time(entry.one("occurred")),
        _minutes(entry),
        _consent(entry),
        _asset(entry),
    ),
    "capture": lambda entry, hold: Capture(
        hold, _amount(entry), parse_time(entry.one("occurred")), _asset(entry)
    ),
    "void": lambda entry, hold: Void(hold, parse_time(entry.one("occurred"))),
    "reverse": lambda entry, original: Reverse(
        original,
        parse_time(entry.one("occurred")),
        *((_amount(entry), _asset(entry)) if original else ()),
    ),
    "release": lambda entry, original: Release(original, parse_time(entry.one("occurred"))),
    "proof-add": lambda entry, _: AddMemberProof(
        entry.get("member") or NOBODY, *read_proof(entry.one("proof")), _consent(entry)
    ),
    "proof-remove": lambda entry, _: RemoveMemberProof(
        entry.get("member") or NOBODY, entry.one("proof-name"), _consent(entry)
    ),
    "enrol": lambda entry, _: Enrol(entry.get("member") or NOBODY, (_token(entry),)),
    "link": lambda entry, _: LinkAlias(entry.get("member") or NOBODY, _token(entry)),
}
