"""The guard file: what the log has signed, kept outside PostgreSQL so that a restored database cannot forget it.

One line `size root-hex` per checkpoint, appended and fsynced *before* the checkpoint is signed. A log that
signs a smaller size, or one size with two roots, is forked and beyond repair; so the guard refuses both, and
a person must look.
"""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from settlement.errors import CoalitionError
from settlement.transparency.durable import fsync_path
from settlement.transparency.merkle import HASH_BYTES

_LINE = re.compile(rb"(0|[1-9][0-9]{0,18}) ([0-9a-f]{64})")
_TAIL_BYTES = 65_536
"""Far more than a line: after a power loss the torn end of a file may be a block of zeros."""


class GuardError(CoalitionError):
    """The log must not sign this: it would fork, or the guard file is damaged and cannot say that it would not."""

    def __init__(self, message: str) -> None:
        super().__init__("GUARD_REFUSED", message)


class Guard:
    """The guard file at `path`; it begins with the first admission. Safe against other processes on the same file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def last(self) -> tuple[int, bytes] | None:
        """The size and root admitted last, or None before the first. Raises GuardError if the file is damaged."""
        try:
            file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(file, fcntl.LOCK_SH)
            return self._read_last(file)[0]
        finally:
            os.close(file)

    def admit(self, size: int, root: bytes) -> None:
        """Put (size, root) on the disk for good; only then may it be signed. The last pair again changes nothing.

        Raises GuardError for a smaller size, for the same size with another root, and for a damaged file. An
        OSError (disk full, failed fsync) means that nothing may be signed; it may be tried again.
        """
        if not 0 <= size < 2**63 or len(root) != HASH_BYTES:
            raise GuardError(f"size {size} with a root of {len(root)} bytes is no tree head")
        with self._locked() as file:
            last, whole_bytes = self._read_last(file)
            if last is not None and size < last[0]:
                raise GuardError(f"the log has signed {last[0]} leaves and must not sign {size}")
            if last is not None and size == last[0] and root != last[1]:
                raise GuardError(
                    f"the log has signed another root for {size} leaves: signing {root.hex()} forks it"
                )
            if os.fstat(file).st_size > whole_bytes:
                # A torn line was never fsynced whole, so its checkpoint was never signed.
                os.ftruncate(file, whole_bytes)
            if last != (size, root):
                self._append(file, f"{size} {root.hex()}\n".encode())
            try:
                # Also without news: whoever wrote the last line may have died between its write and its fsync.
                os.fsync(file)
            except OSError:
                # The kernel may take the line for written now, though it is on no disk: whoever tries again must write it again.
                os.ftruncate(file, whole_bytes)
                raise

    @contextmanager
    def _locked(self) -> Iterator[int]:
        file = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.fstat(file).st_size == 0:
                fsync_path(self._path.parent)
            yield file
        finally:
            os.close(file)

    def _append(self, file: int, line: bytes) -> None:
        if os.write(file, line) != len(line):
            raise OSError(f"could not write a whole line to {self._path}")

    def _read_last(self, file: int) -> tuple[tuple[int, bytes] | None, int]:
        """The last whole line's pair, and how many bytes of the file are whole lines."""
        size = os.fstat(file).st_size
        tail_start = max(0, size - _TAIL_BYTES)
        tail = os.pread(file, size - tail_start, tail_start)
        end = tail.rfind(b"\n")
        if end < 0 and tail_start == 0:
            return None, 0
        line = tail[tail.rfind(b"\n", 0, end) + 1 : end] if end >= 0 else b""
        match = _LINE.fullmatch(line)
        if match is None:
            raise GuardError(
                f"the last line of {self._path} is damaged: a person must look before the log signs again"
            )
        return (int(match[1]), bytes.fromhex(match[2].decode())), tail_start + end + 1
