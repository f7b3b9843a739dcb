"""How fast `fsck` reads large books, against the machine's own rate of verifying signatures."""

from __future__ import annotations

import multiprocessing
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from itertools import cycle, islice
from multiprocessing.synchronize import Barrier
from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nacl.bindings import crypto_sign, crypto_sign_keypair, crypto_sign_open

from coalition.audit.checks import Check, Report
from coalition.audit.crew import cores
from coalition.audit.fsck import fsck
from tests.benchmarks.audit_books import fill_books
from tests.benchmarks.rounds import Tell
from tests.benchmarks.row import Site

RAW_SECONDS = 8.0
"""Long: from one second to the next the rate of a shared machine changes by a tenth."""
# A request of this network to issue or redeem, behind DSSE's preamble.
MESSAGE_BYTES = 310
KEYS, SIGNATURES_PER_KEY = 10, 400
BATCH = 100

Signatures: TypeAlias = list[Callable[[], object]]
"""A call for each, that verifies it."""


@dataclass(frozen=True)
class AuditSpeed:
    """Entries a second without and with signatures; signatures a second verified in a tight loop on all cores.

    `seconds`, of the check with signatures, count from the call to the last table, the start of its processes included.
    `raw_signatures_per_second`: by libsodium, which the check uses; `openssl_per_second`: by `cryptography`.
    """

    entries: int
    seconds: float
    per_second: float
    per_second_unsigned: float
    raw_signatures_per_second: float
    openssl_per_second: float

    @property
    def ratio(self) -> float:
        """Entries with signatures over raw signatures: 1 would be a check in which all else is free."""
        return self.per_second / self.raw_signatures_per_second

    def as_json(self) -> dict[str, float]:
        """The figures, rounded."""
        return {name: round(value, 1) for name, value in asdict(self).items()} | {
            "ratio": round(self.ratio, 3)
        }


def measure_audit(site: Site, tell: Tell) -> tuple[AuditSpeed, list[str]]:
    """Fills books and checks them twice, raw signatures before and after; returns the figures and the findings."""
    dsn = fill_books(site, tell)
    tell("fsck: without signatures, and with them")
    unsigned_s, _, _ = _timed(dsn, signatures=False)
    before = raw_signatures_per_second(_sodium)
    seconds, entries, findings = _timed(dsn, signatures=True)
    after, openssl = raw_signatures_per_second(_sodium), raw_signatures_per_second(_openssl)
    raw = (before + after) / 2
    speed = AuditSpeed(entries, seconds, entries / seconds, entries / unsigned_s, raw, openssl)
    tell(f"fsck: {speed.per_second:,.0f} entries/s, {speed.ratio:.2f} of raw signatures", done=True)
    return speed, findings


def _sodium() -> Signatures:
    keys = [crypto_sign_keypair() for _ in range(KEYS)]
    some = [(public, crypto_sign(_message(), secret)) for public, secret in keys * SIGNATURES_PER_KEY]
    return [partial(crypto_sign_open, signed, public) for public, signed in some]


def _openssl() -> Signatures:
    keys = [Ed25519PrivateKey.generate() for _ in range(KEYS)]
    some = [(key, _message()) for key in keys * SIGNATURES_PER_KEY]
    return [partial(key.public_key().verify, key.sign(message), message) for key, message in some]


def _message() -> bytes:
    return secrets.token_bytes(MESSAGE_BYTES)


def raw_signatures_per_second(library: Callable[[], Signatures]) -> float:
    """A library's verification of Ed25519 in a tight loop, one process for each core, all at the same time.

    One signature after another, as in books: of one that comes again and again a processor foresees every branch, and verifies
    it some 3 % faster than any books can be.
    """
    fresh = multiprocessing.get_context("spawn")
    together = fresh.Barrier(cores())
    counts = fresh.SimpleQueue()
    processes = [
        fresh.Process(target=_verify_for_a_while, args=(library, together, counts)) for _ in range(cores())
    ]
    for process in processes:
        process.start()
    total = sum(counts.get() for _ in processes)
    for process in processes:
        process.join()
    return float(total / RAW_SECONDS)


def _verify_for_a_while(
    library: Callable[[], Signatures], together: Barrier, counts: multiprocessing.SimpleQueue[int]
) -> None:
    signatures = cycle(library())
    together.wait()
    end = time.perf_counter() + RAW_SECONDS
    count = 0
    while time.perf_counter() < end:
        for verify in islice(signatures, BATCH):
            verify()
        count += BATCH
    counts.put(count)


def _timed(dsn: str, *, signatures: bool) -> tuple[float, int, list[str]]:
    report = Report()
    began = time.perf_counter()
    findings = [str(finding) for finding in fsck(dsn, signatures=signatures, report=report)]
    return time.perf_counter() - began, report.tried[Check.LEAF_TEXT].count, findings
