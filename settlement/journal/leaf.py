"""A journal entry and its leaf: ASCII text, one canonical spelling, fixed line order (docs/journal.md, `grammar`).

What `parse_leaf` accepts, `format_leaf` writes back byte for byte.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from settlement.clock import format_time, parse_time
from settlement.errors import CoalitionError
from settlement.journal.grammar import KINDS, NUMBER, PATTERNS, TIME

VERSION_LINE = "coalition-journal/v1"
LEAF_BYTES_MAX = 65_535
HOUSE = 0
"""Shard 0: partners, keys, tariffs, cycles and settlements."""

_HEAD = re.compile(
    rf"{VERSION_LINE}\nshard ({NUMBER})\nindex ({NUMBER})\nhouse ({NUMBER})\ntime ({TIME})\nkind ([a-z-]+)\n"
)
_LINE = re.compile(r"(\S+) (.*)\n")


class LeafError(CoalitionError):
    """Bytes are not a leaf in its canonical spelling."""

    def __init__(self, message: str) -> None:
        super().__init__("LEAF_MALFORMED", message)


class Transfer(NamedTuple):
    """One positive amount from a debit account to a credit account: balanced by construction."""

    debit: str
    credit: str
    asset: str
    amount: int

    def inverse(self) -> "Transfer":
        """The transfer that undoes this one."""
        return Transfer(self.credit, self.debit, self.asset, self.amount)


@dataclass(frozen=True, slots=True)
class Entry:
    """One numbered journal entry. `house` is the size of the house's log that it was decided under."""

    shard: int
    index: int
    house: int
    time_us: int
    kind: str
    lines: tuple[tuple[str, str], ...]

    def get(self, key: str) -> str | None:
        """The value of the first line with this key, or None."""
        for name, value in self.lines:
            if name == key:
                return value
        return None

    def one(self, key: str) -> str:
        """The value of a line that the kind's grammar demands."""
        for name, value in self.lines:
            if name == key:
                return value
        raise StopIteration(key)

    def all(self, key: str) -> list[str]:
        """The values of all lines with this key, in order."""
        return [value for name, value in self.lines if name == key]

    @property
    def refusal(self) -> str | None:
        """The reason of a refusal, or None for an accepted act or an entry of the engine."""
        result = self.get("result")
        return None if result in (None, "ok") else result.removeprefix("refused ")

    def transfers(self) -> list[Transfer]:
        """The entry's postings."""
        return [parse_post(value) for value in self.all("post")]


def format_leaf(entry: Entry) -> bytes:
    """The entry's exact leaf bytes."""
    head = (
        f"{VERSION_LINE}\nshard {entry.shard}\nindex {entry.index}\nhouse {entry.house}\n"
        f"time {format_time(entry.time_us)}\nkind {entry.kind}\n"
    )
    return (head + "".join([f"{key} {value}\n" for key, value in entry.lines])).encode("ascii")


def parse_leaf(leaf: bytes) -> Entry:
    """Reads a leaf strictly; LeafError names the first line that is not canonical."""
    if len(leaf) > LEAF_BYTES_MAX:
        raise LeafError(f"leaf has {len(leaf)} bytes, at most {LEAF_BYTES_MAX} are allowed")
    try:
        text = leaf.decode("ascii")
    except UnicodeDecodeError as error:
        raise LeafError(f"leaf has a byte outside ASCII at {error.start}") from None
    head = _HEAD.match(text)
    if head is None or not text.endswith("\n"):
        raise LeafError(
            "leaf does not begin with version, shard, index, house, time and kind, or does not end with LF"
        )
    shard, index, house = (int(head[group]) for group in (1, 2, 3))
    if head[5] in KINDS and _grammar_of(head[5]).fullmatch(text, head.end()):
        lines = tuple(_LINE.findall(text, head.end()))
    else:
        lines = _parse_lines(head[5], text[head.end() : -1])
    try:
        time_us = parse_time(head[4])
    except ValueError as error:
        raise LeafError(str(error)) from None
    return Entry(shard, index, house, time_us, head[5], lines)


@cache
def _grammar_of(kind: str) -> re.Pattern[str]:
    """All lines of a kind, as one pattern."""
    lines = [(rule.rstrip("?*+"), rule[-1] if rule[-1] in "?*+" else "") for rule in KINDS[kind]]
    return re.compile("".join([rf"(?:{key} (?:{PATTERNS[key].pattern})\n){times}" for key, times in lines]))


def _parse_lines(kind: str, body: str) -> tuple[tuple[str, str], ...]:
    """The same one by one: to say which line is wrong."""
    lines = tuple([_parse_line(line) for line in body.split("\n")]) if body else ()
    _check_grammar(kind, [key for key, _ in lines])
    return lines


def _parse_line(line: str) -> tuple[str, str]:
    key, space, value = line.partition(" ")
    pattern = PATTERNS.get(key)
    if not space or pattern is None or pattern.fullmatch(value) is None:
        raise LeafError(f"leaf line {line[:80]!r} is not in canonical form")
    return key, value


def _check_grammar(kind: str, keys: list[str]) -> None:
    grammar = KINDS.get(kind)
    if grammar is None:
        raise LeafError(f"leaf kind {kind!r} is unknown")
    position = 0
    for rule in grammar:
        key, many = rule.rstrip("?*+"), rule[-1]
        start = position
        while position < len(keys) and keys[position] == key and (many in "*+" or position == start):
            position += 1
        if position == start and many not in "?*":
            raise LeafError(f"leaf of kind {kind} lacks its line {key!r}")
    if position != len(keys):
        raise LeafError(f"leaf of kind {kind} has line {keys[position]!r} out of place")


def format_post(transfer: Transfer) -> str:
    """The value of a `post` line."""
    return f"{transfer.debit} {transfer.credit} {transfer.asset} {transfer.amount}"


def parse_post(value: str) -> Transfer:
    """Reads the value of a `post` line."""
    debit, credit, asset, amount = value.split(" ")
    return Transfer(debit, credit, asset, int(amount))
