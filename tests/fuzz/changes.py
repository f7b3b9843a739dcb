"""What is done to good bytes to make bad ones: changes that know protobuf, lines of text, JSON, and changes that know nothing."""

import base64
import json
import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

NUMBERS = (0, 1, 2, 5, 127, 128, 255, 256, 65_535, 65_536, 10**6, 10**12, 10**12 + 1, 10**14 + 1, 10**15)
POWERS = tuple(edge for bits in (31, 32, 53, 62, 63, 64) for edge in (2**bits - 1, 2**bits))
EDGES = (*NUMBERS, *POWERS, 10**18 + 1, 253_402_300_799, 253_402_300_800)
"""Integers at which something begins or ends: sizes of types, limits of the wire, the last second of year 9999."""
SHREDS = (
    *(b"", b"\x00", b"\n", b"\r\n", b" ", b"\t", b"-", b"+", b"0", b"=", b"..", b"a\n\nb", b"A"),
    *(b"none", b"ok", b"refused X_Y", b"never", b"1e9", b"NaN", b"null", b"[]", b"{}", b"[" * 2_000),
    *(b"\xff", b"\xc3\xa9", b"\xed\xa0\x80", "— ".encode()),
    *(bytes(31), bytes(32), bytes(33), b"\xff" * 64, b"x" * 41, b"x" * 5_000),
)
"""Pieces that readers stumble over."""
CASE_BYTES_MAX = 200_000
"""Above every limit of the wire, far below what would cost the fuzzer itself much memory."""


@dataclass(frozen=True)
class Change:
    """Numbers that choose: what is done, where, with which edge and which piece. Every change fits every input."""

    what: int
    place: int
    edge: int
    shred: bytes

    def number(self) -> int:
        """An edge, or its neighbour below zero."""
        times, choice = divmod(self.edge, len(EDGES))
        chosen: int = EDGES[choice]
        return chosen if times % 3 else -chosen


@dataclass(frozen=True)
class Tape:
    """What one case is made of: a number that chooses the good bytes, and the changes."""

    number: int
    changes: tuple[Change, ...]


_NUMBER, _CHANGE = struct.Struct(">I"), struct.Struct(">BHBB3s")


def _read(drawn: bytes) -> Tape:
    whole = drawn[: _NUMBER.size + (len(drawn) - _NUMBER.size) // _CHANGE.size * _CHANGE.size]
    [number] = _NUMBER.unpack_from(whole)
    return Tape(number, tuple(map(_change, _CHANGE.iter_unpack(whole[_NUMBER.size :]))))


def _change(drawn: tuple[int, int, int, int, bytes]) -> Change:
    what, place, edge, shred, raw = drawn
    return Change(what, place, edge, SHREDS[shred] if shred < len(SHREDS) else raw[: shred % 4])


TAPES = st.binary(min_size=_NUMBER.size + _CHANGE.size, max_size=_NUMBER.size + 4 * _CHANGE.size).map(_read)
"""Drawn as bytes and read here: for Hypothesis, one draw is a third of the work of many."""


Way = Callable[[bytes, Change], bytes]


def in_bytes(data: bytes, change: Change) -> bytes:
    """Changes bytes that mean nothing: flips, puts in, takes out, cuts, repeats."""
    place = change.place % (len(data) + 1)
    head, tail, shred = data[:place], data[place:], change.shred
    match change.what % 6:
        case 0:
            return head + shred + tail
        case 1:
            return head + shred + tail[len(shred) :]
        case 2:
            return head + bytes(byte ^ 1 << change.edge % 8 for byte in tail[:1]) + tail[1:]
        case 3:
            return head + tail[1 + change.edge :]
        case 4:
            return head
        case _:
            return head + tail[: 1 + change.edge] * 3 + tail


def in_lines(data: bytes, change: Change) -> bytes:
    """Changes lines of text: leaves out, doubles, moves, and gives a word of a line another value."""
    lines = data.split(b"\n")
    at, other = change.place % len(lines), change.edge % len(lines)
    match change.what % 8:
        case 0:
            del lines[at]
        case 1:
            lines.insert(other, lines[at])
        case 2:
            lines[at], lines[other] = lines[other], lines[at]
        case 3 | 4:
            lines[at] = _with_other_word(lines[at], change, lines[other].split(b" ")[-1])
        case 5:
            lines[at] = _with_other_word(lines[at], change, change.shred)
        case _:
            lines[at] = _with_other_word(lines[at], change, b"%d" % change.number())
    return b"\n".join(lines)


def _with_other_word(line: bytes, change: Change, word: bytes) -> bytes:
    words = line.split(b" ")
    words[change.edge % len(words)] = word
    return b" ".join(words)


def in_json(data: bytes, change: Change) -> bytes:
    """Changes a JSON object or one inside it: leaves a name out, or gives it another value, of another kind."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return in_bytes(data, change)
    if not isinstance(document, dict) or not document:
        return in_bytes(data, change)
    _change_object(document, change, change.place)
    return json.dumps(document).encode()


def _change_object(document: dict[str, Any], change: Change, place: int) -> None:
    names = sorted(document)
    name, deeper = names[place % len(names)], place // len(names)
    value = document[name]
    if isinstance(value, dict) and value and deeper % 4:
        _change_object(value, change, deeper)
    elif change.what % 8 == 0:
        del document[name]
    else:
        text = change.shred.decode("utf-8", errors="surrogateescape")
        others = (
            None,
            text,
            change.number(),
            [value],
            {name: value},
            f"{value}{text}",
            f"{text}{value}",
            True,
        )
        document[name] = others[change.what % 8]


_WORDS = re.compile(rb">([^<>]+)<")


def in_xml(data: bytes, change: Change) -> bytes:
    """Changes what stands between two tags: another number, word, or what stands elsewhere."""
    places = list(_WORDS.finditer(data))
    if not places:
        return in_bytes(data, change)
    chosen, other = (places[at % len(places)] for at in (change.place, change.edge))
    words = (b"%d" % change.number(), change.shred, other[1], chosen[1] + change.shred, b"")
    return data[: chosen.start(1)] + words[change.what % len(words)] + data[chosen.end(1) :]


def in_pem(data: bytes, change: Change) -> bytes:
    """Changes the bytes that a PEM text spells; its own lines stay good."""
    head, begin, rest = data.partition(b"-----\n")
    body, end, tail = rest.partition(b"-----END")
    try:
        content = base64.b64decode(body, validate=False)
    except ValueError:
        return in_bytes(data, change)
    return head + begin + base64.encodebytes(in_bytes(content, change)) + end + tail


def applied(data: bytes, made: Sequence[Change], ways: Sequence[Way]) -> bytes:
    """The bytes after all changes, each made in the way that it chooses; cut where nothing more can be learnt."""
    for change in made:
        data = ways[change.what // 8 % len(ways)](data, change)[:CASE_BYTES_MAX]
    return data


def changed(seeds: Sequence[bytes], ways: Sequence[Way]) -> st.SearchStrategy[bytes]:
    """Good bytes with some changes."""
    return TAPES.map(lambda tape: applied(seeds[tape.number % len(seeds)], tape.changes, ways))
