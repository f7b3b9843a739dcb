"""Payloads of issues, redemptions and enrolments in their plainest form, many at once.

Protobuf lets one message be written in many ways, and every library writes it in the same: fields by number, numbers as short as
they go. What is written so and asks for nothing rare has its parts one behind the other: a beginning that follows from the
partner and its key, then those that are read here. Whatever is written otherwise goes the long way, as a message.
"""

from dataclasses import dataclass

import numpy as np

from coalition.audit.arrays import UUID_CHARACTERS, Bytes, Numbers, Texts, Truths, gather, uuids_of
from coalition.audit.claims import BATCH_TOOK_US
from coalition.wire.methods import ACT_LIFE_MAX_US, Method
from coalition.wire.requests import ALIASES_MAX
from settlement.clock import SECOND_US
from settlement.ledger.batch import SKEW_MAX_US

BEFORE_HEADER = 3
"""Bytes: the header's tag, and its length in two, as headers are longer than 127 and shorter than 16,384."""
TOKEN_BYTES = 32
_NANOS = 1_000_000_000
_ALIAS = bytes([0x12, TOKEN_BYTES])
_ALIAS_BYTES = len(_ALIAS) + TOKEN_BYTES


@dataclass(frozen=True, slots=True)
class Plain:
    """What payloads ask for. `fits`: of which it can be said; of the others nothing here means anything.

    Members and act ids are the bytes of UUIDs; `by_alias`: where `alias` names the member instead. `begins`: of which it can be
    said up to `body`, where what stands behind the header starts; of an enrolment that is all that is read here.
    """

    begins: Truths
    body: Numbers
    fits: Truths
    act_id: Bytes
    member: Bytes
    by_alias: Truths
    alias: Bytes
    amount: Numbers
    issued_s: Numbers
    expires_s: Numbers
    occurred_us: Numbers

    def lives(self, times_us: Numbers) -> Truths:
        """Which of them could be recorded at these times, whatever the parts of the seconds are."""
        life_s = self.expires_s - self.issued_s
        issued = (self.issued_s + 1) * SECOND_US <= times_us + SKEW_MAX_US
        in_time = times_us - BATCH_TOOK_US < self.expires_s * SECOND_US
        lives: Truths = (life_s > 0) & (life_s < ACT_LIFE_MAX_US // SECOND_US) & issued & in_time
        return lives


def beginning_of(audience: str, method: Method, partner: str, keyid: bytes) -> bytes:
    """How a header begins, up to the act's id."""
    fields = (b"\x0a", audience.encode()), (b"\x12", method.path.encode()), (b"\x1a", partner.encode())
    named = [tag + bytes([len(value)]) + value for tag, value in (*fields, (b"\x22", keyid))]
    return b"".join(named) + b"\x2a\x24"


def read_plain(payloads: Texts, lengths: Numbers, asset_tags: Numbers) -> Plain:
    """Reads payloads. `lengths`: of their headers' beginnings, which are looked at elsewhere; `asset_tags`: how the field of the
    asset begins. It is left out, or says points.
    """
    text, starts, ends = payloads.text, payloads.starts, payloads.ends
    act_id, issued_s, expires_s, body, begins = _header(text, starts, lengths)
    by_id, by_alias = [
        (text[body] == tag) & (text[body + 1] == size)
        for tag, size in ((0x12, UUID_CHARACTERS), (0x1A, TOKEN_BYTES))
    ]
    member, well = uuids_of(gather(text, body + 2, UUID_CHARACTERS))
    alias = gather(text, body + 2, TOKEN_BYTES)
    at = body + 2 + np.where(by_alias, TOKEN_BYTES, UUID_CHARACTERS)
    fits = begins & (by_id & well | by_alias) & (text[at] == 0x20)
    amount, size, well = _varint(text, at + 1)
    at = at + 1 + size
    fits &= well & (amount > 0) & (text[at] == 0x2A)
    occurred_s, nanos, size, well = _time(text, at + 1)
    at = at + 1 + size
    named = (text[at] == asset_tags) & (text[at + 1] == 1)
    fits &= well & ((at == ends) | (at + 2 == ends) & named)
    asked = (fits, act_id, member, by_alias, alias, amount, issued_s, expires_s)
    return Plain(begins, body, *asked, occurred_s * SECOND_US + nanos // 1_000)


def _header(
    text: Bytes, starts: Numbers, lengths: Numbers
) -> tuple[Bytes, Numbers, Numbers, Numbers, Truths]:
    """Act id, when the request was issued and when it expires, where the header ends, and of which that can be said."""
    at = starts + BEFORE_HEADER + lengths
    act_id, fits = uuids_of(gather(text, at, UUID_CHARACTERS))
    at = at + UUID_CHARACTERS
    fits &= text[at] == 0x32
    issued_s, _, size, well = _time(text, at + 1)
    at, fits = at + 1 + size, fits & well & (text[at + 1 + size] == 0x3A)
    expires_s, _, size, well = _time(text, at + 1)
    at = at + 1 + size
    length = at - starts - BEFORE_HEADER
    fits &= well & (text[starts] == 0x0A)
    fits &= (text[starts + 1] == (length & 0x7F | 0x80)) & (text[starts + 2] == length >> 7)
    return act_id, issued_s, expires_s, at, fits


def aliases_of(payload: bytes, body: int) -> tuple[bytes, ...] | None:
    """The aliases that an enrolment asks for, behind its header; None if it is written otherwise, or asks for what is refused."""
    rest = payload[body:]
    fields = [rest[at : at + _ALIAS_BYTES] for at in range(0, len(rest), _ALIAS_BYTES)]
    if len(fields) > ALIASES_MAX or len(rest) % _ALIAS_BYTES or len(set(fields)) != len(fields):
        return None
    return tuple([each[2:] for each in fields]) if all(each[:2] == _ALIAS for each in fields) else None


def _time(text: Bytes, at: Numbers) -> tuple[Numbers, Numbers, Numbers, Truths]:
    """A timestamp behind its length: seconds of five bytes and maybe nanos. Both, how many bytes they are, and if it is one."""
    length = text[at].astype(np.int64)
    seconds, size, well = _varint(text, at + 2)
    well &= (text[at + 1] == 0x08) & (size == 5)
    nanos, size, short = _varint(text, at + 8)
    more = length > 6
    has_nanos = (text[at + 7] == 0x10) & short & (size == length - 7) & (nanos > 0) & (nanos < _NANOS)
    well &= np.where(more, has_nanos, length == 6)
    return seconds, np.where(more, nanos, 0), 1 + np.clip(length, 0, 12), well


def _varint(text: Bytes, at: Numbers) -> tuple[Numbers, Numbers, Truths]:
    """A number of up to five bytes with seven bits each, the lowest first; how many bytes, and if it is as short as it goes."""
    parts = gather(text, at, 5)
    ends = parts < 0x80
    size = ends.argmax(axis=1) + 1
    counts = np.arange(5) < size[:, None]
    bits = np.where(counts, parts & 0x7F, 0).astype(np.int64)
    value: Numbers = (bits << (7 * np.arange(5))).sum(axis=1)
    last = np.take_along_axis(bits, size[:, None] - 1, axis=1)[:, 0]
    return value, size, ends.any(axis=1) & ((size == 1) | (last > 0))
