"""Payloads of issues and redemptions in their plainest form, read in less time than as messages.

Protobuf lets one message be written in many ways, and every library writes it in the same: fields by number, numbers as short as
they go. What is written so and asks for nothing rare has its parts at known places: its beginning follows from the partner and
its key, and one pattern reads the rest. Whatever does not match is read as a message.
"""

import re
from functools import lru_cache
from typing import TypeAlias

from coalition.audit.claims import BATCH_TOOK_US
from coalition.wire.methods import ACT_LIFE_MAX_US, Method
from settlement.clock import SECOND_US
from settlement.ledger.batch import SKEW_MAX_US
from settlement.signing import PublicKey

Signer: TypeAlias = tuple[str, str, str]
"""Kind of entry, partner, keyid."""
Asked: TypeAlias = tuple[Signer, PublicKey, str, tuple[bytes, ...], int, int]
"""Who asks, by which key; act id, aliases by which the member is named or enrolled, amount, and when it occurred."""
Beginnings: TypeAlias = dict[bytes, tuple[Signer, PublicKey]]
"""Of payloads that were good, and who asks there."""

_UUID = rb"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
_BEFORE_HEADER = 3
"""Bytes: the header's tag, and its length in two, as headers are longer than 127 and shorter than 16,384."""


def _time() -> bytes:
    """A timestamp behind its length: seconds of five bytes, and none or up to five of nanos, all of them below a second."""
    seconds, more, last = rb"\x08[\x80-\xff]{4}[\x01-\x7f]", rb"[\x80-\xff]", rb"[\x01-\x7f]"
    nanos = [more * count + last for count in range(4)]
    nanos.append(more * 4 + rb"[\x01\x02]|" + more * 3 + rb"[\x80-\xdb]\x03")
    ways = [b"\x06" + seconds]
    ways += [
        bytes([7 + size]) + seconds + rb"\x10(?:" + each + b")" for size, each in enumerate(nanos, start=1)
    ]
    return b"(" + b"|".join(reversed(ways)) + b")"


def _rest(asset_tag: bytes) -> re.Pattern[bytes]:
    """What follows the beginning. The asset, if it is named, is points."""
    member, amount = rb"(?:\x12\x24(.{36})|\x1a\x20(.{32}))", rb"\x20([\x80-\xff]{0,4}[\x01-\x7f])"
    parts = (_UUID, rb"\x32", _time(), rb"\x3a", _time(), member, amount, rb"\x2a", _time())
    return re.compile(b"".join(parts) + rb"(?:" + asset_tag + rb"\x01)?\Z", re.DOTALL)


_RESTS = {"issue": _rest(rb"\x48"), "redeem": _rest(rb"\x38")}


def beginning_of(audience: str, method: Method, partner: str, keyid: bytes) -> bytes:
    """How a header begins, up to the act's id."""
    fields = (b"\x0a", audience.encode()), (b"\x12", method.path.encode()), (b"\x1a", partner.encode())
    named = [tag + bytes([len(value)]) + value for tag, value in (*fields, (b"\x22", keyid))]
    return b"".join(named) + b"\x2a\x24"


def read_plain(
    signed_by: tuple[str, str], payload: bytes, length: int, beginnings: Beginnings, member: str, time_us: int
) -> Asked | None:
    """What a payload asks for an entry of this kind, partner, member and time; None says only to read it as a message.

    `length`: of the beginning that it should have, in bytes.
    """
    start = _BEFORE_HEADER + length
    known, rest = beginnings.get(payload[_BEFORE_HEADER:start]), _RESTS.get(signed_by[0])
    if known is None or rest is None or known[0][:2] != signed_by:
        return None
    match = rest.match(payload, start)
    if match is None:
        return None
    act_id, issued, expires, by_id, by_alias, amount, occurred = match.groups()
    header = length + len(act_id) + len(issued) + len(expires) + 2
    if payload[0] != 0x0A or payload[1] != header & 0x7F | 0x80 or payload[2] != header >> 7:
        return None
    if by_alias is None and by_id != member.encode():
        return None
    if not _lives(_known(issued[2:7]), _known(expires[2:7]), time_us):
        return None
    occurred_us = _known(occurred[2:7]) * SECOND_US + _number(occurred[8:]) // 1_000
    return *known, act_id.decode(), () if by_alias is None else (by_alias,), _known(amount), occurred_us


def _lives(issued_s: int, expires_s: int, time_us: int) -> bool:
    """Whether the act could be recorded at this time, whatever the parts of the seconds are."""
    return (
        0 < expires_s - issued_s < ACT_LIFE_MAX_US // SECOND_US
        and (issued_s + 1) * SECOND_US <= time_us + SKEW_MAX_US
        and time_us - BATCH_TOOK_US < expires_s * SECOND_US
    )


def _number(spelled: bytes) -> int:
    """Of up to five bytes with seven bits each, the lowest first."""
    bits = int.from_bytes(spelled, "little")
    return (
        bits & 0x7F
        | bits >> 1 & 0x7F << 7
        | bits >> 2 & 0x7F << 14
        | bits >> 3 & 0x7F << 21
        | bits >> 4 & 0x7F << 28
    )


_known = lru_cache(maxsize=10_000)(_number)
"""Of what recurs: seconds and amounts."""
