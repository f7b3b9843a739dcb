"""How fast `fsck` reads the books that a run leaves, against the machine's own rate of verifying signatures."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing.synchronize import Barrier

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nacl.bindings import crypto_sign, crypto_sign_keypair, crypto_sign_open

from coalition.audit.checks import Check, Report
from coalition.audit.crew import cores
from coalition.audit.fsck import fsck

RAW_SECONDS = 8.0
"""Long: from one second to the next the rate of a shared machine changes by a tenth."""
# A request of this network to issue or redeem, behind DSSE's preamble.
MESSAGE_BYTES = 310
_MESSAGE = b"m" * MESSAGE_BYTES
BATCH = 100


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


def measure_audit(dsn: str) -> tuple[AuditSpeed, list[str]]:
    """Checks the books twice, and measures raw signatures before and after; returns the figures and the findings."""
    before = raw_signatures_per_second(_sodium)
    unsigned_s, _, _ = _timed(dsn, signatures=False)
    seconds, entries, findings = _timed(dsn, signatures=True)
    after, openssl = raw_signatures_per_second(_sodium), raw_signatures_per_second(_openssl)
    raw = (before + after) / 2
    speed = AuditSpeed(entries, seconds, entries / seconds, entries / unsigned_s, raw, openssl)
    return speed, findings


def _sodium() -> Callable[[], object]:
    public, secret = crypto_sign_keypair()
    return partial(crypto_sign_open, crypto_sign(_MESSAGE, secret), public)


def _openssl() -> Callable[[], object]:
    key = Ed25519PrivateKey.generate()
    return partial(key.public_key().verify, key.sign(_MESSAGE), _MESSAGE)


def raw_signatures_per_second(library: Callable[[], Callable[[], object]]) -> float:
    """A library's verification of Ed25519 in a tight loop, one process for each core, all at the same time."""
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
    library: Callable[[], Callable[[], object]], together: Barrier, counts: multiprocessing.SimpleQueue[int]
) -> None:
    verify = library()
    together.wait()
    end = time.perf_counter() + RAW_SECONDS
    count = 0
    while time.perf_counter() < end:
        for _ in range(BATCH):
            verify()
        count += BATCH
    counts.put(count)


def _timed(dsn: str, *, signatures: bool) -> tuple[float, int, list[str]]:
    report = Report()
    began = time.perf_counter()
    findings = [str(finding) for finding in fsck(dsn, signatures=signatures, report=report)]
    return time.perf_counter() - began, report.tried[Check.LEAF_TEXT].count, findings
