"""A journal entry and its leaf: ASCII text, one canonical spelling, fixed line order (docs/journal.md).

`KINDS` is the whole grammar: the lines of each kind in their order. `PATTERNS` says how each line's value is spelled. What
`parse_leaf` accepts, `format_leaf` writes back byte for byte.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from settlement.clock import format_time, parse_time
from settlement.errors import CoalitionError

VERSION_LINE = "coalition-journal/v1"
LEAF_BYTES_MAX = 65_535
HOUSE = 0
"""Shard 0: partners, keys, tariffs, cycles and settlements."""

_NUMBER = r"(?:0|[1-9]\d{0,18})"
_SIGNED = r"(?:0|-?[1-9]\d{0,18})"
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_HASH = r"[0-9a-f]{64}"
_CODE = r"[0-9a-f]{32}"
_BASE64 = r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
_NAME = r"[a-z0-9][a-z0-9-]{0,38}[a-z0-9]"
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
_ASSET = r"[A-Z]{3}"
_TEXT = r"[\x21-\x7e](?:[\x20-\x7e]{0,78}[\x21-\x7e])?"
_WORDS = r"[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?"
_ACCOUNT = r"[a-z][a-z-]*(?::[a-z0-9-]+){0,2}"
_WHEN_IDLE = r"activity-[1-9]\d{0,2}"
_LOT = rf"{_NUMBER}:{_NUMBER}\.{_NUMBER}"
_ALGORITHM = r"(?:ed25519|ecdsa-p256-sha256)"

PATTERNS: dict[str, re.Pattern[str]] = {
    key: re.compile(pattern)
    for key, pattern in {
        "partner": _NAME,
        "act": _UUID,
        "member": _UUID,
        "recipient": _UUID,
        "amount": rf"{_ASSET} {_NUMBER}",
        "occurred": _TIME,
        "original": rf"{_NUMBER}:{_NUMBER}",
        "request": rf"(?:none|application/vnd\.coalition\.v1\.[A-Za-z]+\+protobuf {_HASH})",
        "sig": rf"{_HASH} {_BASE64}",
        "post": rf"{_ACCOUNT} {_ACCOUNT} {_ASSET} {_NUMBER}",
        "tariff": _NUMBER,
        "until": _TIME,
        "pending": rf"(?:event|{_TIME})",
        "campaign": r"[a-z0-9-]{1,64}",
        "share": _NUMBER,
        "lot": (
            rf"(?:(?:take|give|spend|free) {_LOT} {_NUMBER}|renew {_LOT} {_NUMBER} {_TIME}"
            rf"|(?:new|send) {_NAME} {_ASSET} {_NUMBER} (?:never|{_TIME}|{_WHEN_IDLE}) {_NUMBER}"
            rf"|grant {_UUID} {_NAME} {_ASSET} {_NUMBER} (?:never|{_TIME}) {_NUMBER})"
        ),
        "arrear": rf"(?:take {_LOT} {_NUMBER}|new {_NAME} {_ASSET} {_NUMBER} {_NUMBER})",
        "expiring": rf"{_NAME} {_ASSET} {_NUMBER} {_TIME}",
        "proof": rf"(?:code {_CODE}|device {_HASH} {_BASE64})",
        "proof-name": rf"(?:code|{_HASH})",
        "consent": rf"(?:code {_CODE}|device {_HASH} {_BASE64})",
        "result": r"(?:ok|refused [A-Z][A-Z_]{2,40})",
        "network": r"[a-z0-9][a-z0-9./-]{1,99}",
        "currency": rf"{_ASSET} [0-6]",
        "shards": _NUMBER,
        "model": r"(?:bilateral|pool)",
        "term": r"[a-z][a-z-]{1,30} [A-Za-z0-9:/_+-]{1,40}",
        "key": rf"{_HASH} {_ALGORITHM} (?:request|approver|receipt|log) {_NAME} (?:-|{_NAME}) {_BASE64}",
        **dict.fromkeys(("operator", "subject", "person"), _NAME),
        "name": _TEXT,
        **dict.fromkeys(("keyid", "proposal", "statement", "break"), _HASH),
        "reason": r"(?:retired|superseded|compromised)",
        "suspect-from": _TIME,
        "cycle": _NUMBER,
        "label": _TEXT,
        "due": _TIME,
        "range": rf"{_NUMBER} {_NUMBER}",
        "document": rf"{_NUMBER} {_NAME} {_HASH} {_HASH}",
        "settlement": _NUMBER,
        "from": _TIME,
        "net": rf"{_NAME} {_SIGNED}",
        "security": r"(?:collateral|guarantee|prefund|capital)",
        "cap": rf"(?:none|{_NUMBER})",
        "cover": rf"(?:unpaid|collateral|guarantee|capital|shortfall) {_NUMBER}",
        "bear": rf"{_NAME} {_NUMBER}",
        "warning": rf"[a-z-]{{1,30}}(?::{_NAME})?",
        "words": _WORDS,
        "answer": r"(?:accepted|rejected)",
        "totals": rf"{_NUMBER} {_NUMBER} {_NUMBER} {_NUMBER}",
        "part": _NUMBER,
        "joined": _UUID,
        "account": rf"[A-Z]{{2}}\d\d[A-Z0-9]{{10,30}} [A-Z]{{2}} (?:-|[A-Z0-9]{{8}}|[A-Z0-9]{{11}}) (?:-|[A-Z0-9]{{20}}) {_TEXT}",
        "file": rf"(?:pain\.001\.001\.09|csv) {_HASH}",
        "bank-line": (
            rf"{_HASH} -?[1-9]\d{{0,18}} \d{{4}}-\d\d-\d\d "
            rf"(?:paid {_NUMBER} {_NAME}|break unknown|break (?:amount|paid) {_NUMBER} {_NAME})"
        ),
        "resolution": rf"(?:write-off|adjustment {_NAME}|match {_NUMBER} {_NAME}|offset {_HASH})",
        "head": rf"{_NUMBER} {_NUMBER} {_HASH}",
    }.items()
}

_ACT = "partner act"
_SIGNED_BY = "request sig"
KINDS: dict[str, tuple[str, ...]] = {
    kind: tuple(lines.split())
    for kind, lines in {
        # the house
        "found": "network currency shards operator model term+ key+ request",
        "register": f"{_ACT} subject name {_SIGNED_BY} result",
        "activate": f"{_ACT} subject {_SIGNED_BY} result",
        "suspend": f"{_ACT} subject {_SIGNED_BY} result",
        "key-add": f"{_ACT} key {_SIGNED_BY} result",
        "key-revoke": f"{_ACT} keyid reason suspect-from? {_SIGNED_BY} result",
        "fund-agree": f"{_ACT} subject campaign share until {_SIGNED_BY} result",
        "fund-end": f"{_ACT} subject campaign {_SIGNED_BY} result",
        "tariff-propose": f"{_ACT} term+ proposal from? {_SIGNED_BY} result",
        "tariff-approve": f"{_ACT} proposal {_SIGNED_BY} result",
        "tariff-start": "proposal request",
        "auto-close": "cycle label due request",
        "close": f"{_ACT} cycle label? {_SIGNED_BY} result",
        "propose": f"{_ACT} cycle settlement? proposal net* warning* {_SIGNED_BY} result",
        "objection": f"{_ACT} settlement words {_SIGNED_BY} result",
        "objection-answer": f"{_ACT} settlement subject answer words {_SIGNED_BY} result",
        "cancel": f"{_ACT} settlement {_SIGNED_BY} result",
        "approve": f"{_ACT} settlement? proposal {_SIGNED_BY} post* result",
        "abort": f"{_ACT} settlement {_SIGNED_BY} post* result",
        "confirm": f"{_ACT} settlement subject amount {_SIGNED_BY} post? result",
        "deposit": f"{_ACT} subject security amount {_SIGNED_BY} post? result",
        "withdraw-propose": f"{_ACT} subject security amount proposal {_SIGNED_BY} result",
        "withdraw-approve": f"{_ACT} proposal {_SIGNED_BY} post? result",
        "security-set": f"{_ACT} subject cap {_SIGNED_BY} result",
        "default-propose": f"{_ACT} settlement subject cover* bear* proposal {_SIGNED_BY} result",
        "default-approve": f"{_ACT} settlement? subject? proposal {_SIGNED_BY} post* result",
        "overdue": "settlement subject due request",
        "opening-propose": f"{_ACT} proposal totals {_SIGNED_BY} result",
        "opening-approve": f"{_ACT} subject proposal {_SIGNED_BY} result",
        "statements": "cycle document* request",
        "account-propose": f"{_ACT} account proposal {_SIGNED_BY} result",
        "account-approve": f"{_ACT} subject proposal {_SIGNED_BY} result",
        "instruct": f"{_ACT} settlement subject? file* {_SIGNED_BY} result",
        "bank-statement": f"{_ACT} statement bank-line* {_SIGNED_BY} post* result",
        "break-assign": f"{_ACT} break person {_SIGNED_BY} result",
        "break-propose": f"{_ACT} break resolution words proposal {_SIGNED_BY} result",
        "break-approve": f"{_ACT} break? resolution? proposal {_SIGNED_BY} post* result",
        "heads": "head+ request",
        # member shards
        "cut": "cycle range request",
        "expire": "member request post+ lot+",
        "mature": "member request tariff? post+ lot+ arrear*",
        "notice": "member request expiring+",
        "arrive": "member original request tariff? post+ lot+ arrear*",
        "opening": "subject proposal part joined* request post+ lot+",
        "enrol": f"{_ACT} member? {_SIGNED_BY} result",
        "link": f"{_ACT} member? {_SIGNED_BY} result",
        "proof-add": f"{_ACT} member? proof consent? {_SIGNED_BY} result",
        "proof-remove": f"{_ACT} member? proof-name consent? {_SIGNED_BY} result",
        "issue": f"{_ACT} member? amount occurred pending? campaign? {_SIGNED_BY} tariff? post* lot* arrear* result",
        "release": f"{_ACT} member? original? amount? occurred {_SIGNED_BY} tariff? post* lot* arrear* result",
        "redeem": f"{_ACT} member? amount occurred consent? {_SIGNED_BY} tariff? post* lot* result",
        "transfer": (
            f"{_ACT} member? recipient? amount occurred {_SIGNED_BY} tariff? post* lot* arrear* result"
        ),
        "authorize": f"{_ACT} member? amount occurred consent? {_SIGNED_BY} tariff? until? post? lot* result",
        "capture": f"{_ACT} member? original? amount occurred {_SIGNED_BY} tariff? post* lot* arrear* result",
        "void": f"{_ACT} member? original? amount? occurred {_SIGNED_BY} tariff? post* lot* arrear* result",
        "lapse": "member original until request tariff? post+ lot+ arrear*",
        "reverse": f"{_ACT} member? original? amount? occurred {_SIGNED_BY} tariff? post* lot* arrear* result",
    }.items()
}
"""Lines of each kind after `kind`, in order: `?` at most once, `*` any number, `+` at least once, else exactly once."""

_HEAD = re.compile(
    rf"{VERSION_LINE}\nshard ({_NUMBER})\nindex ({_NUMBER})\nhouse ({_NUMBER})\ntime ({_TIME})\nkind ([a-z-]+)\n"
)


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
        return next((value for name, value in self.lines if name == key), None)

    def one(self, key: str) -> str:
        """The value of a line that the kind's grammar demands."""
        return next(value for name, value in self.lines if name == key)

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
    body = text[head.end() : -1]
    lines = tuple(_parse_line(line) for line in body.split("\n")) if body else ()
    _check_grammar(head[5], [key for key, _ in lines])
    try:
        time_us = parse_time(head[4])
    except ValueError as error:
        raise LeafError(str(error)) from None
    return Entry(shard, index, house, time_us, head[5], lines)


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
