"""The names of all checks, and the report that counts them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

FINDINGS_KEPT_MAX = 100
"""Per check; further ones are counted only, so that ruined books do not fill the memory."""
SENTENCE_CHARACTERS_MAX = 1_000

Progress = Callable[[str, int, int], None]
"""`progress(stage, done, total)`; a total of 0 means that it is not known."""


class Check(StrEnum):
    """One law that the books keep. The value is its name in reports."""

    ARCHIVE = "archive"
    MANIFEST = "manifest"
    FILES = "files"
    CHECKPOINT = "checkpoint"
    CONSISTENCY = "consistency"
    HEADS = "heads"
    TILES = "tiles"
    LEAF_TEXT = "leaf-text"
    NUMBERS = "numbers"
    TIMES = "times"
    HOUSE_ORDER = "house-order"
    ENGINE = "engine-entries"
    CUTS = "cuts"
    ACT_IDS = "act-ids"
    KEYS = "keys"
    PAYLOAD_HASHES = "payload-hashes"
    PAYLOADS = "payloads"
    SIGNATURES = "signatures"
    DECIDED_AGAIN = "decided-again"
    NEVER_NEGATIVE = "never-negative"
    BALANCED = "balanced"
    POINTS = "points"
    WALLETS = "wallets"
    HOLDS = "holds"
    TRANSITS = "transits"
    OPENINGS = "openings"
    POSITIONS = "positions"
    FUND = "fund"
    TAX = "tax"
    SETTLEMENTS = "settlements"
    SECURITIES = "securities"
    STATEMENTS = "statements"
    DERIVED = "derived-files"
    RECEIPTS = "receipts"
    TABLE_ENTRIES = "table-entries"
    TABLE_TRANSFERS = "table-transfers"
    TABLE_PAYLOADS = "table-payloads"
    TABLE_CONCERNS = "table-concerns"
    TABLE_ACTS = "table-acts"
    TABLE_MEMBERS = "table-members"
    TABLE_ALIASES = "table-aliases"
    TABLE_LOTS = "table-lots"
    TABLE_ARREARS = "table-arrears"
    TABLE_BALANCES = "table-balances"
    TABLE_OBLIGATIONS = "table-obligations"
    TABLE_ACCRUED = "table-accrued"
    TABLE_REVERSALS = "table-reversals"
    TABLE_HOLDS = "table-holds"
    TABLE_TRANSITS = "table-transits"
    TABLE_PROOFS = "table-proofs"
    TABLE_OPENINGS = "table-openings"
    TABLE_FILES = "table-payment-files"
    TABLE_SHARDS = "table-shards"
    TABLE_CHECKPOINTS = "table-checkpoints"


MEANINGS = {
    Check.ARCHIVE: "the zip has its one canonical form, to the byte",
    Check.MANIFEST: "every file has the SHA-256 that the manifest names, and no file is missing or added",
    Check.FILES: "the bundle holds exactly the files that its checkpoint asks for",
    Check.CHECKPOINT: "the log's key signed this size and root, and the leaves give that root",
    Check.CONSISTENCY: "the journal continues the older checkpoint",
    Check.HEADS: "each shard's leaves give the root that the house states, at every size it states",
    Check.TILES: "hash tiles are those of the leaves",
    Check.LEAF_TEXT: "every leaf is in its one canonical spelling",
    Check.NUMBERS: "entry numbers run 0, 1, 2 ... in every shard",
    Check.TIMES: "recorded times increase in every shard",
    Check.HOUSE_ORDER: "`house` never falls and names house entries that exist",
    Check.ENGINE: "the engine's own entries are those it has to write",
    Check.CUTS: "every shard cuts each closed cycle at once, with the right range",
    Check.ACT_IDS: "no partner's act id stands twice",
    Check.KEYS: "every entry is signed by a key that was good at its house size and may do this",
    Check.PAYLOAD_HASHES: "every payload has the hash that its leaf states",
    Check.PAYLOADS: "every payload says what its leaf says and was in time",
    Check.SIGNATURES: "every signature is genuine (DSSE)",
    Check.DECIDED_AGAIN: "every entry decided again gives the same lines",
    Check.NEVER_NEGATIVE: "no wallet, lot or arrear falls below zero, no lot or reversal rises above its quantity",
    Check.BALANCED: "debits equal credits, per asset",
    Check.POINTS: "points issued, and those owed, are in wallets or redeemed, in total and per issuer",
    Check.WALLETS: "wallets hold exactly their open lots, and owe exactly their open arrears, as decided and as posted",
    Check.HOLDS: "held points are those of open holds",
    Check.TRANSITS: "points between two shards are those of the transfers that have not arrived",
    Check.OPENINGS: "opening balances are what was approved: lots, points, value and members",
    Check.POSITIONS: "positions, the operator's with its own accounts, are the obligations less what was settled",
    Check.FUND: "the pool's fund is the price of every point that is not spent; a bilateral network has none",
    Check.TAX: "the tax account holds the tax on every fee, by the fee's own tariff",
    Check.SETTLEMENTS: "a settlement's legs are its cycle's nets; paid legs stand at zero; the bank is what was paid",
    Check.SECURITIES: "securities are what was deposited less what they paid, none but the operator's capital below zero",
    Check.STATEMENTS: "statements made again have the numbers and hashes that the journal names, without a gap",
    Check.DERIVED: "keys, cycles, settlements and statements recomputed from the leaves are the same bytes",
    Check.RECEIPTS: "every receipt held promises the entry that stands in the journal",
    Check.TABLE_ENTRIES: "columns of entries say what the leaves say",
    Check.TABLE_TRANSFERS: "transfers are the leaves' postings",
    Check.TABLE_PAYLOADS: "every payload belongs to an act's entry",
    Check.TABLE_CONCERNS: "entries of the engine concern those whose holds and points they are about",
    Check.TABLE_ACTS: "acts are those of the journal",
    Check.TABLE_MEMBERS: "members are those enrolled",
    Check.TABLE_ALIASES: "aliases are those linked",
    Check.TABLE_LOTS: "lots are those issued, less what was taken",
    Check.TABLE_ARREARS: "arrears are those made, less what was repaid",
    Check.TABLE_BALANCES: "balances are the sums of the postings",
    Check.TABLE_OBLIGATIONS: "obligations are the sums of the postings, cycle by cycle",
    Check.TABLE_ACCRUED: "what is kept of closed cycles is the sum of all obligations up to their end",
    Check.TABLE_HOLDS: "holds are those of the journal, and closed by its entries",
    Check.TABLE_TRANSITS: "transits are those of the journal, and arrived by its entries",
    Check.TABLE_REVERSALS: "reversals are those of the journal",
    Check.TABLE_PROOFS: "members' devices and anchors are those that the journal leaves",
    Check.TABLE_OPENINGS: "parts of openings that are loaded are those of the journal, each once",
    Check.TABLE_FILES: "payment files are those that instructions name, to the byte",
    Check.TABLE_SHARDS: "each shard's row says where its journal ends",
    Check.TABLE_CHECKPOINTS: "each published checkpoint is signed and its root is that of the leaves",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not hold. `where`: `shard:index`, a file of the bundle, or a table's row."""

    check: Check
    where: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.check.value}: {self.where}: {self.sentence}"


@dataclass(slots=True)
class Tried:
    """How often a check was tried, and how often it failed."""

    count: int = 0
    failed: int = 0


@dataclass(slots=True)
class Report:
    """What was checked how often, what was found, and remarks that are no findings."""

    tried: dict[Check, Tried] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    _drained: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def count(self, check: Check, number: int = 1) -> None:
        """The check was tried so many times."""
        tried = self.tried.get(check)
        if tried is None:
            tried = self.tried[check] = Tried()
        tried.count += number

    def find(self, check: Check, where: str, sentence: str) -> None:
        """The check failed; `FINDINGS_KEPT_MAX` sentences are kept for each."""
        self.count(check, 0)
        tried = self.tried[check]
        tried.failed += 1
        if tried.failed <= FINDINGS_KEPT_MAX:
            self.findings.append(Finding(check, where, sentence[:SENTENCE_CHARACTERS_MAX]))

    def require(self, holds: bool, check: Check, where: str, sentence: str) -> bool:
        """Counts the check, and finds unless it holds."""
        self.count(check)
        if not holds:
            self.find(check, where, sentence)
        return holds

    def forget(self) -> None:
        """Starts afresh: everything is checked again."""
        self.tried.clear()
        self.findings.clear()
        self.remarks.clear()
        self._drained = 0

    @property
    def news(self) -> bool:
        """Whether there are findings to drain."""
        return self._drained < len(self.findings)

    def drain(self) -> Iterator[Finding]:
        """The findings that were not yet drained."""
        while self._drained < len(self.findings):
            self._drained += 1
            yield self.findings[self._drained - 1]

    def lines(self) -> list[str]:
        """One line per check, in the order of `Check`, for people."""
        shown = []
        for check in Check:
            tried = self.tried.get(check)
            if tried is not None:
                state = f"{tried.failed} FOUND" if tried.failed else "ok"
                shown.append(f"{check.value:<18} {tried.count:>10,}  {state:<10} {MEANINGS[check]}")
        return shown
