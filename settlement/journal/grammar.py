"""How the leaf of each kind of entry is spelled (docs/journal.md).

`KINDS` is the whole grammar: the lines of each kind in their order. `PATTERNS` says how each line's value is spelled.
"""

import re

NUMBER = r"(?:0|[1-9]\d{0,18})"
_SIGNED = r"(?:0|-?[1-9]\d{0,18})"
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_HASH = r"[0-9a-f]{64}"
_CODE = r"[0-9a-f]{32}"
_BASE64 = r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
_NAME = r"[a-z0-9][a-z0-9-]{0,38}[a-z0-9]"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
_ASSET = r"[A-Z]{3}"
_TEXT = r"[\x21-\x7e](?:[\x20-\x7e]{0,78}[\x21-\x7e])?"
_WORDS = r"[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?"
_ACCOUNT = r"[a-z][a-z-]*(?::[a-z0-9-]+){0,2}"
_WHEN_IDLE = r"activity-[1-9]\d{0,2}"
_LOT = rf"{NUMBER}:{NUMBER}\.{NUMBER}"
_ALGORITHM = r"(?:ed25519|ecdsa-p256-sha256)"

PATTERNS: dict[str, re.Pattern[str]] = {
    key: re.compile(pattern)
    for key, pattern in {
        "partner": _NAME,
        "act": _UUID,
        "member": _UUID,
        "recipient": _UUID,
        "amount": rf"{_ASSET} {NUMBER}",
        "occurred": TIME,
        "original": rf"{NUMBER}:{NUMBER}",
        "request": rf"(?:none|application/vnd\.coalition\.v1\.[A-Za-z]+\+protobuf {_HASH})",
        "sig": rf"{_HASH} {_BASE64}",
        "post": rf"{_ACCOUNT} {_ACCOUNT} {_ASSET} {NUMBER}",
        "tariff": NUMBER,
        "until": TIME,
        "pending": rf"(?:event|{TIME})",
        "campaign": r"[a-z0-9-]{1,64}",
        "share": NUMBER,
        "lot": (
            rf"(?:(?:take|give|spend|free) {_LOT} {NUMBER}|renew {_LOT} {NUMBER} {TIME}"
            rf"|(?:new|send) {_NAME} {_ASSET} {NUMBER} (?:never|{TIME}|{_WHEN_IDLE}) {NUMBER}"
            rf"|grant {_UUID} {_NAME} {_ASSET} {NUMBER} (?:never|{TIME}) {NUMBER})"
        ),
        "arrear": rf"(?:take {_LOT} {NUMBER}|new {_NAME} {_ASSET} {NUMBER} {NUMBER})",
        "expiring": rf"{_NAME} {_ASSET} {NUMBER} {TIME}",
        "proof": rf"(?:code {_CODE}|device {_HASH} {_BASE64})",
        "proof-name": rf"(?:code|{_HASH})",
        "consent": rf"(?:code {_CODE}|device {_HASH} {_BASE64})",
        "result": r"(?:ok|refused [A-Z][A-Z_]{2,40})",
        "network": r"[a-z0-9][a-z0-9./-]{1,99}",
        "currency": rf"{_ASSET} [0-6]",
        "shards": NUMBER,
        "operator": _NAME,
        "model": r"(?:bilateral|pool)",
        "practice": r"yes",
        "days": r"[1-9]\d{0,4}",
        "term": r"[a-z][a-z-]{1,30} [A-Za-z0-9:/_+-]{1,40}",
        "key": rf"{_HASH} {_ALGORITHM} (?:request|approver|receipt|log) {_NAME} (?:-|{_NAME}) {_BASE64}",
        "subject": _NAME,
        "name": _TEXT,
        "keyid": _HASH,
        "reason": r"(?:retired|superseded|compromised)",
        "suspect-from": TIME,
        "cycle": NUMBER,
        "label": _TEXT,
        "due": TIME,
        "range": rf"{NUMBER} {NUMBER}",
        "document": rf"{NUMBER} {_NAME} {_HASH} {_HASH}",
        "settlement": NUMBER,
        "proposal": _HASH,
        "from": TIME,
        "net": rf"{_NAME} {_SIGNED}",
        "deferred": _NAME,
        "security": r"(?:collateral|guarantee|prefund|capital)",
        "cap": rf"(?:none|{NUMBER})",
        "cover": rf"(?:unpaid|collateral|guarantee|capital|shortfall) {NUMBER}",
        "bear": rf"{_NAME} {NUMBER}",
        "warning": rf"[a-z-]{{1,30}}(?::{_NAME})?",
        "words": _WORDS,
        "answer": r"(?:accepted|rejected)",
        "totals": rf"{NUMBER} {NUMBER} {NUMBER} {NUMBER}",
        "part": NUMBER,
        "joined": _UUID,
        "account": rf"[A-Z]{{2}}\d\d[A-Z0-9]{{10,30}} [A-Z]{{2}} (?:-|[A-Z0-9]{{8}}|[A-Z0-9]{{11}}) (?:-|[A-Z0-9]{{20}}) {_TEXT}",
        "file": rf"(?:pain\.001\.001\.09|csv) {_HASH}",
        "statement": _HASH,
        "bank-line": (
            rf"{_HASH} -?[1-9]\d{{0,18}} \d{{4}}-\d\d-\d\d "
            rf"(?:paid {NUMBER} {_NAME}|break unknown|break (?:amount|paid) {NUMBER} {_NAME})"
        ),
        "break": _HASH,
        "person": _NAME,
        "resolution": rf"(?:write-off|adjustment {_NAME}|match {NUMBER} {_NAME}|offset {_HASH})",
        "head": rf"{NUMBER} {NUMBER} {_HASH}",
    }.items()
}

_ACT = "partner act"
_SIGNED_BY = "request sig"
KINDS: dict[str, tuple[str, ...]] = {
    kind: tuple(lines.split())
    for kind, lines in {
        # the house
        "found": "network currency shards operator model practice? term+ key+ request",
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
        "forward": "days request",
        "close": f"{_ACT} cycle label? {_SIGNED_BY} result",
        "propose": f"{_ACT} cycle settlement? proposal net* deferred* warning* {_SIGNED_BY} result",
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
