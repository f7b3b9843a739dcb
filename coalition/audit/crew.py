"""Processes that examine ranges of entries, one for each core, and give back the answers in the order in which they are wanted.

One program starts them all, not the caller: so it does not matter what threads the caller has, and what they need is loaded
once. They end with it in every case: a process whose pipe is closed has nothing more to do. A signal from the keyboard goes to
the caller alone.
"""

import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Self

from coalition.audit.examiner import Examined, Order, circumstances_of, examine
from coalition.audit.quiet_lots import InDoubtError
from coalition.audit.signatures import Claimed, all_genuine
from coalition.audit.stored import Range, snapshot, walk
from settlement.database import DatabaseError
from settlement.errors import CoalitionError

_HANDED_OUT_MAX = 2
"""Ranges that one process has at a time: the next one waits with it while it works."""
_END_SECONDS_MAX = 5.0
_PROGRAM = "import gc; gc.disable(); from coalition.audit.examiner import start; start({})"
"""Nothing that is loaded is garbage: looking for some took a tenth of the time until the first answer."""
# The arrays of one range are as large as those of the next: else each would get its memory from the system anew, page by page.
_KEEPS_MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**30)}
"""Settings of the GNU C library; others do not look at them."""


class CrewError(CoalitionError):
    """A process that examines entries could not be started, or ended before its work was done."""

    def __init__(self, what: str) -> None:
        message = (
            f"a process of the check {what}: the check is not complete; is there enough memory? Run it again"
        )
        super().__init__("CHECK_INTERRUPTED", message)


@dataclass(slots=True)
class _Member:
    pipe: Connection
    handed_out: int = 0


@dataclass(slots=True)
class Crew:
    """Use it as a context: `ask` for ranges ahead, and `take` what was asked for."""

    order: Order
    size: int
    _members: list[_Member] = field(default_factory=list)
    _program: subprocess.Popen[bytes] | None = None
    _asked: deque[Range] = field(default_factory=deque)
    _answers: dict[Range, Examined] = field(default_factory=dict)
    _unverified: int = 0

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException as error:
            self._end()
            if isinstance(error, OSError):
                raise CrewError(f"cannot be started ({error})") from error
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def ask(self, span: Range) -> None:
        """Has a range examined as soon as a process is free."""
        self._asked.append(span)
        self._hand_out()

    def take(self, span: Range, meanwhile: Callable[[], bool]) -> Examined:
        """A range that was asked for. `meanwhile` is done bit by bit until it is there, or until that says that nothing is left.

        CrewError if a process ends; InDoubtError if a signature is bad that is verified later.
        """
        self._receive(seconds=0)
        while span not in self._answers:
            self._receive(seconds=0 if meanwhile() else None)
        return self._answers.pop(span)

    def finish(self) -> None:
        """Waits for the signatures that are verified later. Raises as `take` does."""
        while self._unverified:
            self._receive(seconds=None)

    def _hand_out(self) -> None:
        while self._asked:
            member = min(self._members, key=lambda each: each.handed_out)
            if member.handed_out == _HANDED_OUT_MAX:
                return
            self._speak(member, self._asked.popleft())
            member.handed_out += 1

    def _receive(self, *, seconds: float | None) -> None:
        ready = wait([member.pipe for member in self._members], seconds)
        for member in self._members:
            if member.pipe in ready:
                self._hear(member)
        self._hand_out()

    def _hear(self, member: _Member) -> None:
        try:
            answer = member.pipe.recv()
        except (EOFError, OSError):
            raise CrewError(self._what_happened()) from None
        if isinstance(answer, str):
            raise DatabaseError(answer)
        if isinstance(answer, bool):
            self._unverified -= 1
            if not answer:
                raise InDoubtError
            return
        span, examined = answer
        self._answers[span] = examined
        self._unverified += self.order.later
        member.handed_out -= 1

    def _speak(self, member: _Member, what: object) -> None:
        try:
            member.pipe.send(what)
        except OSError:
            while True:  # up to its last words, or none
                self._hear(member)

    def _start(self) -> None:
        with ExitStack() as theirs:
            ends: list[int] = []
            for _ in range(self.size):
                here, there = Pipe()
                self._members.append(_Member(here))
                ends.append(theirs.enter_context(there).fileno())
            self._program = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM.format(ends)],
                stdin=subprocess.DEVNULL,
                pass_fds=ends,
                start_new_session=True,
                env={**os.environ, **_KEEPS_MEMORY, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
        for member in self._members:
            member.pipe.send(self.order)

    def _what_happened(self) -> str:
        assert self._program is not None
        try:
            code = self._program.wait(_END_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            return "no longer answers"
        return f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"

    def _end(self) -> None:
        for member in self._members:
            member.pipe.close()
        self._members.clear()
        if self._program is not None and self._program.poll() is None:
            os.killpg(self._program.pid, signal.SIGKILL)
            self._program.wait()


class Here:
    """The same in this process, range after range, for where a crew does not pay."""

    size = 1

    def __init__(self, order: Order) -> None:
        self._order = order
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._connection = self._open.enter_context(snapshot(self._order.dsn, shared=self._order.snapshot))
        walk(self._connection)
        self._circumstances = circumstances_of(self._connection, signatures=self._order.signatures)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def ask(self, span: Range) -> None:
        """Nothing is done ahead."""

    def take(self, span: Range, meanwhile: Callable[[], bool]) -> Examined:
        """A range; there is no `meanwhile`. InDoubtError if a signature is bad that may be verified later: it is verified now."""
        held = deque[list[Claimed]]()
        examined = examine(self._connection, span, self._circumstances, held if self._order.later else None)
        if not all_genuine(chain.from_iterable(held)):
            raise InDoubtError
        return examined

    def finish(self) -> None:
        """Nothing is verified later."""


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0))
