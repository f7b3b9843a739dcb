"""What the payloads of ordinary acts ask for, by the field rules of the door: read plainly if that can be, else as messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from coalition.audit.askers import ASKED_BY
from coalition.audit.claims import what_is_wrong_with_life
from coalition.audit.plain_payload import Asked, Beginnings, beginning_of, read_plain
from coalition.wire.methods import METHODS_BY_TYPE, payload_type_of
from coalition.wire.requests import aliases_to_enrol
from coalition.wire.strict import read_amount, read_asset, read_time, read_token
from settlement.ids import is_uuid
from settlement.money import VALUE
from settlement.signing import PublicKey

PAYLOAD_TYPES = {kind: payload_type_of(ASKED_BY[kind][0]) for kind in ("issue", "redeem", "enrol")}
"""By kinds of entries."""
_METHODS = {kind: METHODS_BY_TYPE[payload_type] for kind, payload_type in PAYLOAD_TYPES.items()}
_LENGTHS = {kind: len(beginning_of("", method, "", sha256().digest())) for kind, method in _METHODS.items()}
"""Of the beginnings of payloads, without the names of network and partner."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What must be known to read an entry by itself: the network's name, and all keys that the house ever named, by key id.

    `signatures`: whether they are verified. `beginnings`: those that were read so far.
    """

    audience: str
    keys: Mapping[bytes, PublicKey]
    signatures: bool
    beginnings: Beginnings = field(default_factory=dict)


def read_asked(
    signed_by: tuple[str, str], payload: bytes, member: str, time_us: int, circumstances: Circumstances
) -> Asked | None:
    """What a payload asks for an entry of this kind and partner, this member and time; None or an error if it is not ordinary."""
    kind, partner = signed_by
    length = _LENGTHS[kind] + len(circumstances.audience) + len(partner)
    asked = read_plain(signed_by, payload, length, circumstances.beginnings, member, time_us)
    return asked or read_message(signed_by, payload, member, time_us, circumstances)


def read_message(
    signed_by: tuple[str, str], payload: bytes, member: str, time_us: int, circumstances: Circumstances
) -> Asked | None:
    """The same, whatever way it is written. The header must fit the network, the kind, the partner and the time."""
    kind, partner = signed_by
    method = _METHODS[kind]
    request: Any = method.payload.FromString(payload)
    request.DiscardUnknownFields()
    header = request.header
    fits = (
        request.ByteSize() == len(payload)
        and header.audience == circumstances.audience
        and header.method == method.path
        and header.partner_id == partner
        and is_uuid(header.request_id)
        and what_is_wrong_with_life(header, method, time_us) is None
    )
    key = circumstances.keys.get(header.key_id) if fits else None
    if key is None:
        return None
    known = (kind, partner, key.keyid), key
    circumstances.beginnings[beginning_of(circumstances.audience, method, partner, header.key_id)] = known
    return *known, header.request_id, *_body(kind, request, member)


def _body(kind: str, request: Any, member: str) -> tuple[tuple[bytes, ...], int, int]:
    """Aliases, amount and time that are asked, by the field rules of the door."""
    if kind == "enrol":
        return aliases_to_enrol(request), 0, 0
    if kind == "issue" and (request.campaign or request.WhichOneof("spendable") is not None):
        raise ValueError("points that are pending at first, or co-funded, are rare: the long way")
    if kind == "redeem" and request.HasField("member_proof"):
        raise ValueError("proofs are verified by the rules: the long way")
    if read_asset(request.asset) == VALUE:
        raise ValueError("value is rare: the long way")
    amount, occurred_us = read_amount(request.amount), read_time(request.occurred_at, "occurred_at")
    if request.member_id == member:  # the row's, which is well-formed
        return (), amount, occurred_us
    return (read_token(request.alias_token, "alias_token"),), amount, occurred_us
