"""One thing that reads bytes, and the law that it keeps."""

import base64
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st


@dataclass(frozen=True)
class Target:
    """`attempt` returns for every case that keeps the law and raises for one that breaks it."""

    name: str
    cases: st.SearchStrategy[Any]
    attempt: Callable[[Any], None]


class Packed(bytes):
    """Bytes whose literal is short: a bundle's would fill many screens."""

    def __repr__(self) -> str:
        packed = base64.b85encode(zlib.compress(self, 9)).decode()
        return f"zlib.decompress(base64.b85decode({packed!r}))"
