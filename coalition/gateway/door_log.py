"""The door log: calls that failed, counted. They are not in the journal, so this is where finance and operators look for them.

Counts are kept in memory for some seconds and then written, a JSON line for each kind of failure, into files that together stay
below FILES * FILE_BYTES_MAX, so no flood fills a disk. No request, member, amount or key is written; of a key that a stranger
claims, the beginning of its keyid.
"""

import asyncio
import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from logging import LogRecord, makeLogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path

import structlog

from coalition.wire.envelope import claimed_keyid
from settlement.clock import format_time, now_us
from settlement.errors import CoalitionError

FLUSH_SECONDS = 10.0
KINDS_MAX = 250
"""So many kinds of failure by partners, and as many by strangers, are told apart between two flushes; the rest is counted by
method and reason alone."""
FILE_BYTES_MAX = 1 << 20
FILES = 8
KEYID_DIGITS = 16
_FILE = "failed.jsonl"
_KEYID = re.compile(r"[0-9a-f]{64}")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of failure. `partner` once a signature has shown it; before that the address, and the keyid if one was claimed."""

    partner: str | None
    address: str | None
    keyid: str | None
    method: str
    reason: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many calls failed in this way from `since` to `until` (`YYYY-MM-DDTHH:MM:SS.ffffffZ`)."""

    kind: Kind
    count: int
    since: str
    until: str


class DoorLog:
    """Counts failed calls, and writes the counts into a folder; without one they are forgotten."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._counts: dict[Kind, int] = {}
        self._kinds = {True: 0, False: 0}
        self._since_us = now_us()

    def count(
        self, error: CoalitionError, *, method: str, partner: str | None, address: str, data: bytes
    ) -> None:
        """Counts one failed call; `data` is the envelope as it came."""
        kind = Kind(partner, None, None, method, error.reason)
        if partner is None:
            kind = Kind(None, address, _beginning(claimed_keyid(data)), method, error.reason)
        if kind not in self._counts:
            known = partner is not None
            self._kinds[known] += 1
            if self._kinds[known] > KINDS_MAX:
                kind = Kind(None, None, None, method, error.reason)
        self._counts[kind] = self._counts.get(kind, 0) + 1

    async def run(self) -> None:
        """Writes every FLUSH_SECONDS until cancelled, and what is left then."""
        try:
            while True:
                await asyncio.sleep(FLUSH_SECONDS)
                await asyncio.to_thread(self.flush)
        finally:
            self.flush()

    def flush(self) -> None:
        """Writes what was counted since the last time. A disk that takes nothing costs the counts and no call."""
        counts, self._counts = self._counts, {}
        self._kinds = {True: 0, False: 0}
        since_us, self._since_us = self._since_us, now_us()
        if self._folder is None or not counts:
            return
        since, until = format_time(since_us), format_time(self._since_us)
        try:
            _write(self._folder, [Count(kind, number, since, until) for kind, number in counts.items()])
        except OSError as error:
            _log.warning("door_log_unwritable", folder=str(self._folder), error=str(error))


def read_door_log(folder: Path) -> Iterator[Count]:
    """What was written and is still kept, oldest first. A line that a crash cut short is passed over. Errors: OSError."""
    for path in [*[folder / f"{_FILE}.{number}" for number in range(FILES - 1, 0, -1)], folder / _FILE]:
        with contextlib.suppress(FileNotFoundError), path.open() as lines:
            for line in lines:
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    facts = json.loads(line)
                    yield Count(Kind(**facts["kind"]), facts["count"], facts["since"], facts["until"])


def _beginning(keyid: str) -> str | None:
    """The first digits of what looks like a keyid; anything else a stranger may have written there is not repeated."""
    return keyid[:KEYID_DIGITS] if _KEYID.fullmatch(keyid) else None


def _write(folder: Path, counts: list[Count]) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = _Rotating(folder / _FILE, maxBytes=FILE_BYTES_MAX, backupCount=FILES - 1, encoding="utf-8")
    try:
        for count in counts:
            file.emit(makeLogRecord({"msg": json.dumps(asdict(count))}))
    finally:
        file.close()


class _Rotating(RotatingFileHandler):
    def handleError(self, record: LogRecord) -> None:  # noqa: N802 - the library's name
        """Raises what went wrong: whoever writes tells it, instead of a traceback on standard error."""
        raise
