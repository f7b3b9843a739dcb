"""Identifiers: lower-case UUIDs in their one canonical spelling, and partner ids."""

import random
import re
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

UUID_PATTERN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
PARTNER_PATTERN = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])")
CAMPAIGN_PATTERN = re.compile(r"[a-z0-9-]{1,64}")
_Drawn = TypeVar("_Drawn")
_source: random.Random = random.SystemRandom()


def new_act_id() -> str:
    """A fresh act id: UUID version 7 (RFC 9562), so that ids made later sort later and index pages fill in order."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | _source.getrandbits(80)
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return str(uuid.UUID(int=value))


def new_member_id() -> str:
    """A fresh member id: random (UUID version 4), it carries no meaning."""
    return str(uuid.UUID(int=_source.getrandbits(128), version=4))


def new_member_ids(count: int) -> list[str]:
    """So many of them, in order. They begin alike, by chance: who joins together stands together in every index."""
    digits = f"{_source.getrandbits(96 * count):0{24 * count}x}" if count else ""
    start = f"{_source.getrandbits(32):08x}"
    drawn = [start + digits[at : at + 24] for at in range(0, len(digits), 24)]
    return sorted(
        [f"{d[:8]}-{d[8:12]}-4{d[13:16]}-{'89ab'[int(d[16], 16) % 4]}{d[17:20]}-{d[20:]}" for d in drawn]
    )


def draw(choices: Sequence[_Drawn]) -> _Drawn:
    """One of the choices, by chance."""
    return _source.choice(choices)


@contextmanager
def drawn_from(source: random.Random) -> Iterator[None]:
    """Draws from another source of chance than the operating system's: a simulation repeats itself by that."""
    global _source
    before, _source = _source, source
    try:
        yield
    finally:
        _source = before


def is_uuid(text: str) -> bool:
    """Whether text is a UUID in canonical lower-case spelling."""
    return UUID_PATTERN.fullmatch(text) is not None


def is_campaign(text: str) -> bool:
    """Whether text can name a campaign: 1 to 64 of a-z, 0-9 and hyphens."""
    return CAMPAIGN_PATTERN.fullmatch(text) is not None


def is_partner_id(text: str) -> bool:
    """Whether text is a partner id: 2 to 40 of a-z, 0-9 and inner hyphens."""
    return PARTNER_PATTERN.fullmatch(text) is not None
