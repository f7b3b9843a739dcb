"""Many signatures, verified on all cores.

Workers are fresh processes that get chunks of jobs and say which are not genuine. Few signatures are verified right here; so are
all if the machine does not let processes start.
"""

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from types import TracebackType

from settlement.errors import CoalitionError
from settlement.signing import PublicKey, SignatureError, known_public_key, pae

CHUNK_JOBS = 500
POOL_FROM_JOBS = 4_000
"""Below this number starting processes takes longer than they save."""
CHUNKS_WAITING_PER_CORE = 4


@dataclass(frozen=True, slots=True)
class Job:
    """One DSSE signature to verify. `where` names its entry."""

    where: str
    spki: bytes
    signature: bytes
    payload_type: str
    payload: bytes


Bad = list[tuple[str, str]]
"""(where, why) of signatures that are not genuine."""


def why_not_genuine(job: Job) -> str | None:
    """None if the signature is genuine."""
    try:
        known_public_key(job.spki).verify(job.signature, pae(job.payload_type, job.payload))
    except CoalitionError as error:
        return error.message
    return None


def verify_chunk(jobs: Sequence[Job]) -> Bad:
    """The jobs whose signature is not genuine."""
    return [(job.where, why) for job in jobs if (why := why_not_genuine(job)) is not None]


Claimed = tuple[PublicKey, bytes, bytes]
"""Key, signature, and the message of which it is said to be one."""


def all_genuine(some: Iterable[Claimed]) -> bool:
    """Whether all are."""
    try:
        for key, signature, message in some:
            key.verify(signature, message)
    except SignatureError:
        return False
    return True


class SignatureChecker:
    """Takes jobs as they come and tells `done(verified, bad)` about each chunk. Use it as a context; `finish` at the end."""

    def __init__(self, done: Callable[[int, Bad], None]) -> None:
        self._done = done
        self._cores = len(os.sched_getaffinity(0))
        self._held: list[Job] = []
        self._waiting: deque[tuple[list[Job], Future[Bad]]] = deque()
        self._pool: ProcessPoolExecutor | None = None
        self._pool_works = self._cores > 1

    def __enter__(self) -> "SignatureChecker":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def add(self, job: Job) -> None:
        """Takes one job; the answer comes later."""
        self._held.append(job)
        if self._pool is not None and len(self._held) >= CHUNK_JOBS:
            self._submit()
        elif self._pool is None and len(self._held) >= POOL_FROM_JOBS:
            self._start()

    def finish(self) -> None:
        """Waits for all answers."""
        if self._held:
            self._submit()
        while self._waiting:
            self._collect()

    def _start(self) -> None:
        if self._pool_works:
            fresh = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._cores, mp_context=fresh)
        self._submit()

    def _submit(self) -> None:
        jobs, self._held = self._held, []
        for start in range(0, len(jobs), CHUNK_JOBS):
            self._submit_chunk(jobs[start : start + CHUNK_JOBS])

    def _submit_chunk(self, chunk: list[Job]) -> None:
        if self._pool is None:
            self._done(len(chunk), verify_chunk(chunk))
            return
        try:
            self._waiting.append((chunk, self._pool.submit(verify_chunk, chunk)))
        except BrokenProcessPool:
            self._give_up_pool(chunk)
            return
        if len(self._waiting) > self._cores * CHUNKS_WAITING_PER_CORE:
            self._collect()

    def _collect(self) -> None:
        chunk, future = self._waiting.popleft()
        try:
            bad = future.result()
        except (BrokenProcessPool, CancelledError):
            self._give_up_pool(chunk)
        else:
            self._done(len(chunk), bad)

    def _give_up_pool(self, chunk: list[Job]) -> None:
        """Processes die or cannot start (a sandbox, no memory): go on in this one."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool, self._pool_works = None, False
        self._done(len(chunk), verify_chunk(chunk))
