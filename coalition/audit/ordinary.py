"""Ordinary entries: issues, redemptions and enrolments that were accepted, and in which all that can be seen is as it must be.

Nearly all entries of a journal are ordinary, and one comparison proves it: what the signed payload asks for, spelled as a leaf
spells it, is how the leaf begins. Then leaf, payload, columns and signature are right at once. What is left is what only the
history can say: whether the entry follows those before it, whether the key was good, and whether the rules give the leaf's end.
`swift` asks that. Whatever is not ordinary goes the long way through `replay`, which says what is wrong, if anything.
"""

from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final, TypeAlias

from google.protobuf.message import DecodeError

from coalition.audit.asked import ASKED_BY
from coalition.audit.claims import what_is_wrong_with_life
from coalition.audit.stored import Row
from coalition.wire.methods import METHODS_BY_TYPE, Method, payload_type_of
from coalition.wire.requests import aliases_to_enrol
from coalition.wire.strict import read_amount, read_asset, read_time, read_token
from settlement.clock import SECOND_US, format_time
from settlement.errors import CoalitionError
from settlement.ids import is_uuid
from settlement.journal.leaf import HOUSE, LEAF_BYTES_MAX, VERSION_LINE
from settlement.money import POINTS, VALUE
from settlement.signing import SIGNATURE_BYTES, PublicKey, pae
from settlement.transparency.merkle import leaf_hash

_SIG_CHARACTERS = 88
"""64 bytes in base64."""
_NOT_ORDINARY = (CoalitionError, DecodeError, ValueError, ArithmeticError)

Signer: TypeAlias = tuple[str, str, str]
"""Kind of entry, partner, keyid."""
Ordinary: TypeAlias = tuple[
    Signer, int, int, int, str, str, tuple[bytes, ...], int, str, int | None, bytes, str
]
"""Signer, house, entry number, time, act id, member, aliases by which it is named or enrolled, amount, the leaf's end (its lines
after `sig`), the balance after it by its row, the leaf's hash, its row of `act_rows`. A plain tuple, as millions go between
processes.
"""
HOUSE_SIZE: Final = 1
INDEX: Final = 2
TIME_US: Final = 3
END: Final = 8
DIGEST: Final = 10
ACT_ROW: Final = 11
"""Places in it."""
UnverifiedSignature: TypeAlias = tuple[PublicKey, bytes, str, bytes]
"""By whose key, the signature, payload type and payload."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What must be known to read an entry by itself: the network's name, and all keys that the house ever named, by key id.

    `signatures`: whether they are verified.
    """

    audience: str
    keys: Mapping[bytes, PublicKey]
    signatures: bool


_METHODS: dict[str, Method] = {
    kind: METHODS_BY_TYPE[payload_type_of(ASKED_BY[kind][0])] for kind in ("issue", "redeem", "enrol")
}


def read_ordinary(
    shard: int, row: Row, payload: bytes | None, circumstances: Circumstances
) -> tuple[Ordinary, UnverifiedSignature] | None:
    """The entry if it is ordinary, should its signature be genuine; None says nothing but that it must go the long way."""
    method = _METHODS.get(row[3])
    if method is None or payload is None or shard == HOUSE:
        return None
    try:
        return _read(shard, row, method, payload, circumstances)
    except _NOT_ORDINARY:
        return None


def _read(
    shard: int, row: Row, method: Method, payload: bytes, circumstances: Circumstances
) -> tuple[Ordinary, UnverifiedSignature] | None:
    index, house, time_us, kind, partner, member, refusal, balance_after, stored_hash, leaf = row
    request: Any = method.payload.FromString(payload)
    request.DiscardUnknownFields()
    header = request.header
    key = _signer(header, method, time_us, circumstances)
    if (
        key is None
        or partner is None
        or member is None
        or refusal is not None
        or header.partner_id != partner
        or request.ByteSize() != len(payload)
    ):
        return None
    aliases, amount, about = _asked(kind, request, member)
    act_id, payload_sha256 = header.request_id, sha256(payload).hexdigest()
    beginning = (
        f"{VERSION_LINE}\nshard {shard}\nindex {index}\nhouse {house}\ntime {spell_time(time_us)}\nkind {kind}\n"
        f"partner {partner}\nact {act_id}\nmember {member}\n{about}"
        f"request {method.payload_type} {payload_sha256}\nsig {key.keyid} "
    )
    text = leaf.encode("ascii")
    digest = leaf_hash(text)
    if digest != stored_hash or not leaf.startswith(beginning) or len(text) > LEAF_BYTES_MAX:
        return None
    stop = len(beginning) + _SIG_CHARACTERS
    signature = _signature(text[len(beginning) : stop])
    if signature is None or leaf[stop : stop + 1] != "\n":
        return None
    if "\narrear " in leaf:
        return None  # points repay what the member owes: the rules know how
    signer, act_row = (kind, partner, key.keyid), f"{partner} {act_id} {shard} {index} {payload_sha256}"
    facts = (act_id, member, aliases, amount, leaf[stop + 1 :], balance_after, digest, act_row)
    return (signer, house, index, time_us, *facts), (key, signature, method.payload_type, payload)


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
    return circumstances.keys.get(header.key_id) if fits else None


def _signature(spelled: bytes) -> bytes | None:
    """The signature that is spelled in base64, if it has 64 bytes and this is their one spelling."""
    signature = a2b_base64(spelled)
    is_one = len(signature) == SIGNATURE_BYTES and b2a_base64(signature, newline=False) == spelled
    return signature if is_one else None


def _asked(kind: str, request: Any, member: str) -> tuple[tuple[bytes, ...], int, str]:
    """Aliases and amount that are asked, by the field rules of the door, and the lines between `member` and `request`."""
    if kind == "enrol":
        return aliases_to_enrol(request), 0, ""
    if kind == "issue" and (request.campaign or request.WhichOneof("spendable") is not None):
        raise ValueError("points that are pending at first, or co-funded, are rare: the long way")
    if kind == "redeem" and request.HasField("member_proof"):
        raise ValueError("proofs are verified by the rules: the long way")
    if read_asset(request.asset) == VALUE:
        raise ValueError("value is rare: the long way")
    amount, occurred_us = read_amount(request.amount), read_time(request.occurred_at, "occurred_at")
    lines = f"amount {POINTS} {amount}\noccurred {spell_time(occurred_us)}\n"
    if request.member_id == member:  # the row's, which is well-formed
        return (), amount, lines
    return (read_token(request.alias_token, "alias_token"),), amount, lines


def posts_of(text: str) -> list[str]:
    """The transfers that a leaf, or the end of one, posts: position, then as in the `post` line."""
    lines = text.split("\n")
    if text[:5] == "post " and lines[1:2] and lines[1][:5] != "post ":
        return [f"0 {lines[0][5:]}"]  # an issue that costs nothing: the most frequent end
    posts = [line[5:] for line in lines if line[:5] == "post "]
    return [f"{place} {post}" for place, post in enumerate(posts)]


def spell_time(time_us: int) -> str:
    """As `clock.format_time`, quicker for times that lie close together."""
    seconds, micros = divmod(time_us, SECOND_US)
    return f"{_second(seconds)}{micros:06d}Z"


@lru_cache(maxsize=10_000)
def _second(seconds: int) -> str:
    return format_time(seconds * SECOND_US)[:-7]
