"""Bytes of many rows at once, as NumPy arrays: what stands at a place in each of them, and how values of columns are spelled."""

from binascii import a2b_base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from settlement.clock import SECOND_US

Bytes: TypeAlias = npt.NDArray[np.uint8]
Numbers: TypeAlias = npt.NDArray[np.int64]
Truths: TypeAlias = npt.NDArray[np.bool_]

UUID_BYTES, UUID_CHARACTERS = 16, 36
_HYPHENS = [8, 13, 18, 23]
_HEX = [place for place in range(UUID_CHARACTERS) if place not in _HYPHENS]
_NO_DIGIT = 255
_POWERS = 10 ** np.arange(1, 19)
_TO_SECONDS = len("2026-11-21T17:00:00.")
_DIGITS = np.frombuffer(b"0123456789abcdef", np.uint8)
_PAIRS = np.frombuffer(b"".join([b"%02x" % value for value in range(256)]), np.uint16)
"""By byte: its two hexadecimal digits."""
_VALUES = np.full(256, _NO_DIGIT, np.uint8)
_VALUES[_DIGITS] = np.arange(16, dtype=np.uint8)
_SIXTY_FOUR = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", np.uint8)
_IS_SIXTY_FOUR = np.isin(np.arange(256), _SIXTY_FOUR)
_LAST = np.isin(np.arange(256), _SIXTY_FOUR[::16])
"""By character: whether base64 has it, and whether it may stand last before two `=`."""
_ZEROS = _SIXTY_FOUR[0]


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts in one: where each starts and ends. More stands behind the last, as parts are read before it is known that they are
    there.
    """

    content: bytes
    starts: Numbers
    ends: Numbers

    @property
    def text(self) -> Bytes:
        """The content."""
        return np.frombuffer(self.content, np.uint8)

    def some(self, places: Numbers) -> "Texts":
        """Those at these places."""
        return Texts(self.content, self.starts[places], self.ends[places])

    def behind(self, first: int) -> list[bytes]:
        """One by one, without their first bytes."""
        spans = zip((self.starts + first).tolist(), self.ends.tolist(), strict=True)
        return [self.content[start:end] for start, end in spans]


def gather(text: Bytes, starts: Numbers, width: int) -> Bytes:
    """As many bytes from each start on, a row for each; the text must have them."""
    found: Bytes = sliding_window_view(text, width)[starts]  # copies each row at once, not byte by byte
    return found


def uuids_of(spelled: Bytes) -> tuple[Bytes, Truths]:
    """The 16 bytes of UUIDs spelled by 36 characters, and whether each is spelled in lower case with its hyphens."""
    digits = _VALUES[spelled[:, _HEX]]
    well: Truths = (digits != _NO_DIGIT).all(axis=1) & (spelled[:, _HYPHENS] == ord("-")).all(axis=1)
    uuids: Bytes = (digits[:, ::2] << 4 | digits[:, 1::2]).astype(np.uint8)
    return uuids, well


def spelled_uuids(uuids: Bytes) -> Bytes:
    """UUIDs as leaves spell them."""
    text = np.full((len(uuids), UUID_CHARACTERS), ord("-"), np.uint8)
    text[:, _HEX] = spelled_hex(uuids)
    return text


def id_bytes(spelled: str) -> bytes:
    """The bytes of one UUID in its canonical spelling."""
    return bytes.fromhex(spelled.replace("-", ""))


def spelled_id(uuid: bytes) -> str:
    """The canonical spelling of the bytes of one UUID."""
    digits = uuid.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def spells_64_bytes(spelled: Bytes) -> Truths:
    """Which rows of 88 characters are the one spelling of 64 bytes in base64."""
    padded = (spelled[:, 86:] == ord("=")).all(axis=1)
    well: Truths = np.logical_and(_IS_SIXTY_FOUR[spelled[:, :86]].all(axis=1), _LAST[spelled[:, 85]] & padded)
    return well


def read_64_bytes(spelled: Bytes) -> list[bytes]:
    """The bytes of each row of 88 characters that is the one spelling of 64."""
    text = spelled.copy()
    text[:, 86:] = _ZEROS  # else the first row's end would end all
    read = a2b_base64(text.tobytes())
    return [read[start : start + 64] for start in range(0, len(read), 66)]


def spelled_hex(values: Bytes) -> Bytes:
    """Hexadecimal, in lower case."""
    return _PAIRS[values].view(np.uint8)


def rows_of(table: npt.NDArray[Any]) -> list[bytes]:
    """The bytes of each row."""
    width, text = table[:1].nbytes, table.tobytes()
    return [text[start : start + width] for start in range(0, len(text), width or 1)]


def table_of(rows: Sequence[bytes], width: int) -> Bytes:
    """Rows of so many bytes each, all of that width."""
    return np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), width)


def side_by_side(count: int, parts: Sequence[bytes | Bytes]) -> Bytes:
    """So many rows of what stands in all of them, and of tables."""
    tables = [
        np.broadcast_to(np.frombuffer(part, np.uint8), (count, len(part)))
        if isinstance(part, bytes)
        else part
        for part in parts
    ]
    return np.concatenate(tables, axis=1)


def widths_of(numbers: Numbers) -> Numbers:
    """How many digits each has."""
    widths: Numbers = np.searchsorted(_POWERS, numbers, side="right") + 1
    return widths


def spelled_numbers(numbers: Numbers, width: int) -> Bytes:
    """Decimals of as many digits as all of them have."""
    digits: Bytes = (numbers[:, None] // 10 ** np.arange(width - 1, -1, -1) % 10 + ord("0")).astype(np.uint8)
    return digits


def spelled_times(times_us: Numbers) -> Bytes:
    """As `clock.format_time`: the seconds of times that lie close together are few."""
    seconds, micros = np.divmod(times_us, SECOND_US)
    distinct, which = np.unique(seconds, return_inverse=True)
    spelled = np.datetime_as_string(distinct.astype("datetime64[s]")).tolist()
    begins = table_of([f"{second}.".encode() for second in spelled], _TO_SECONDS)
    return side_by_side(len(times_us), (begins[which], spelled_numbers(micros, 6), b"Z"))
