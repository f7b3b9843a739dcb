"""Ordinary entries: issues, redemptions and enrolments in which everything that can be seen in the entry itself is as it must be.

Nearly all entries of a journal are ordinary, and one comparison proves it: what the signed payload asks for, spelled as a leaf
spells it, is how the leaf begins. Then leaf, payload, columns, transfers and signature are right at once. What is left is what
only the history can say: whether the entry follows those before it, whether the key was good, and whether the rules give the
leaf's end. `swift` asks that. Whatever is not ordinary goes the long way through `replay`, which says what is wrong, if anything.
"""

from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from sys import intern
from typing import Any, TypeAlias

from google.protobuf.message import DecodeError

from coalition.api.v1.envelope_pb2 import ASSET_VALUE
from coalition.audit.claims import ASKED_BY, NOBODY, what_is_wrong_with_life
from coalition.audit.stored import Row
from coalition.wire.methods import METHODS_BY_TYPE, Method, payload_type_of
from coalition.wire.requests import aliases_to_enrol, member_name
from coalition.wire.strict import read_amount, read_time
from settlement.clock import SECOND_US, format_time
from settlement.errors import CoalitionError
from settlement.ids import is_uuid
from settlement.journal.leaf import HOUSE, LEAF_BYTES_MAX, VERSION_LINE
from settlement.ledger.acts import Enrol, Issue, MemberName, Redeem
from settlement.money import POINTS
from settlement.signing import SIGNATURE_BYTES, PublicKey, pae
from settlement.transparency.merkle import leaf_hash

_SIG_CHARACTERS = 88
"""64 bytes in base64."""
_NOT_ORDINARY = (CoalitionError, DecodeError, ValueError, ArithmeticError)


Asked: TypeAlias = tuple[str | None, tuple[bytes, ...], int]
"""What the act asks for, by its payload: member id, aliases, amount."""
Ordinary: TypeAlias = tuple[
    int, int, int, int, str, str, str, str, bytes, Asked, str | None, str, int | None, bytes
]
"""Shard, entry number, house, time, kind, partner, act id, keyid, payload's hash, what is asked, the leaf's member, its end (the
lines after `sig`), the balance after it by its row, the leaf's hash. A plain tuple: millions go between processes."""

UnverifiedSignature: TypeAlias = tuple[PublicKey, bytes, str, bytes]
"""By whose key, the signature, payload type and payload."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What must be known to read an entry by itself: the network's name, and all keys that the house ever named, by keyid.

    `signatures`: whether they are verified.
    """

    audience: str
    keys: Mapping[str, PublicKey]
    signatures: bool


_METHODS: dict[str, Method] = {
    kind: METHODS_BY_TYPE[payload_type_of(ASKED_BY[kind][0])] for kind in ("issue", "redeem", "enrol")
}


def read_ordinary(
    shard: int, row: Row, circumstances: Circumstances
) -> tuple[Ordinary, UnverifiedSignature] | None:
    """The entry if it is ordinary, should its signature be genuine; None says nothing but that it must go the long way."""
    kind, payload = row[3], row[10]
    if shard == HOUSE or kind not in _METHODS or payload is None:
        return None
    try:
        return _read(shard, row, _METHODS[kind], payload, circumstances)
    except _NOT_ORDINARY:
        return None


def _read(
    shard: int, row: Row, method: Method, payload: bytes, circumstances: Circumstances
) -> tuple[Ordinary, UnverifiedSignature] | None:
    index, house, time_us, kind, partner, member, refusal, balance_after, stored_hash, leaf, _, transfers = (
        row
    )
    digest, payload_sha256 = leaf_hash(leaf.encode("ascii")), sha256(payload).digest()
    request: Any = method.payload.FromString(payload)
    request.DiscardUnknownFields()
    header = request.header
    key = _signer(header, method, time_us, circumstances)
    if (
        key is None
        or partner is None
        or header.partner_id != partner
        or digest != stored_hash
        or request.SerializeToString() != payload
        or "\narrear " in leaf
    ):
        return None
    asked, about = _asked(kind, request)
    named = "" if member is None else f"member {member}\n"
    beginning = (
        f"{VERSION_LINE}\nshard {shard}\nindex {index}\nhouse {house}\ntime {spell_time(time_us)}\nkind {kind}\n"
        f"partner {partner}\nact {header.request_id}\n{named}{about}"
        f"request {method.payload_type} {payload_sha256.hex()}\nsig {key.keyid} "
    )
    if not leaf.startswith(beginning) or len(leaf) > LEAF_BYTES_MAX:
        return None
    signature, end = _signature_and_end(leaf, len(beginning))
    result = "result ok\n" if refusal is None else f"result refused {refusal}\n"
    if signature is None or not end.endswith(result) or transfers_of(end) != (transfers or ""):
        return None
    # Names that stand in many entries become one string each, which crosses to the other process once for a range.
    claimed = (shard, index, house, time_us, intern(kind), intern(partner), header.request_id, key.keyid)
    ordinary = (*claimed, payload_sha256, asked, member, end, balance_after, digest)
    return ordinary, (key, signature, method.payload_type, payload)


def is_genuine(unverified: UnverifiedSignature) -> bool:
    """Whether the key signed the payload."""
    key, signature, payload_type, payload = unverified
    try:
        key.verify(signature, pae(payload_type, payload))
    except CoalitionError:
        return False
    return True


def _signer(header: Any, method: Method, time_us: int, circumstances: Circumstances) -> PublicKey | None:
    """The key that the header names, if the header fits the network, the method and the time."""
    fits = (
        header.audience == circumstances.audience
        and header.method == method.path
        and is_uuid(header.request_id)
        and what_is_wrong_with_life(header, method, time_us) is None
    )
    return circumstances.keys.get(header.key_id.hex()) if fits else None


def _signature_and_end(leaf: str, start: int) -> tuple[bytes | None, str]:
    """The signature that is spelled from `start` on, in the one spelling of 64 bytes, and the lines after it."""
    stop = start + _SIG_CHARACTERS
    signature = a2b_base64(leaf[start:stop])
    is_one = len(signature) == SIGNATURE_BYTES and leaf[stop : stop + 1] == "\n"
    is_one = is_one and b2a_base64(signature, newline=False).decode() == leaf[start:stop]
    return signature if is_one else None, leaf[stop + 1 :]


def _asked(kind: str, request: Any) -> tuple[Asked, str]:
    """What is asked, by the field rules of the door, and the lines that say so between `member` and `request`."""
    if kind == "enrol":
        return (None, aliases_to_enrol(request), 0), ""
    if kind == "issue" and (request.campaign or request.WhichOneof("spendable") is not None):
        raise ValueError("points that are pending at first, or co-funded, are rare: the long way")
    if kind == "redeem" and request.HasField("member_proof"):
        raise ValueError("proofs are verified by the rules: the long way")
    if request.asset == ASSET_VALUE:
        raise ValueError("value is rare: the long way")
    member, alias = member_name(request)
    amount, occurred_us = read_amount(request.amount), read_time(request.occurred_at, "occurred_at")
    lines = f"amount {POINTS} {amount}\noccurred {spell_time(occurred_us)}\n"
    return (member, () if alias is None else (alias,), amount), lines


def body_of(kind: str, asked: Asked, drawn: str | None) -> Issue | Redeem | Enrol:
    """The act's body, without when it occurred, which no rule asks. `drawn`: the id that an enrolment was given."""
    member, aliases, amount = asked
    if kind == "enrol":
        return Enrol(drawn or NOBODY, aliases)
    # One string for all entries of a member: what is kept of them names it again and again.
    name = MemberName(member and intern(member), aliases[0] if aliases else None)
    return Issue(name, amount, 0) if kind == "issue" else Redeem(name, amount, 0)


def transfers_of(end: str) -> str:
    """The transfers that a leaf's end posts, as `Row.transfers` spells them."""
    posts: list[str] = []
    at = end.index("\n") + 1 if end.startswith("tariff ") else 0
    while end.startswith("post ", at):
        stop = end.index("\n", at)
        posts.append(f"{len(posts)} {end[at + 5 : stop]}")
        at = stop + 1
    return "\n".join(posts)


def spell_time(time_us: int) -> str:
    """As `clock.format_time`, quicker for times that lie close together."""
    seconds, micros = divmod(time_us, SECOND_US)
    return f"{_second(seconds)}{micros:06d}Z"


@lru_cache(maxsize=10_000)
def _second(seconds: int) -> str:
    return format_time(seconds * SECOND_US)[:-7]
