"""A served network, asked over real gRPC: the whole way from a socket to the books and back."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coalition.audit.fsck import fsck
from coalition.errors import CODES
from coalition.gateway.server import MESSAGE_BYTES_MAX
from coalition.wire.methods import METHODS
from tests.fuzz.changes import TAPES, Tape, applied
from tests.fuzz.readers import MESSAGE
from tests.fuzz.target import Target
from tests.support.door import Door
from tests.support.postgres import drop_database, new_books

NEVER = {"BOOKS_INCONSISTENT", "BOOKS_UNAVAILABLE", "QUEUE_FULL", "SHUTTING_DOWN", "RATE_LIMITED"}
"""No bytes cause these."""
_PATHS = sorted(METHODS)
Call = tuple[str, bytes]


def _made(door: Door, tape: Tape) -> Call:
    """A good request, changed before or after it is signed, and the method that it is sent to: seldom another one."""
    number, choice = divmod(tape.number, len(_PATHS))
    path = _PATHS[choice]
    who, request = door.sample(METHODS[path])
    payload = request.SerializeToString()
    if number % 4:
        payload = applied(payload, tape.changes, MESSAGE)
    data = door.sealed(who, request, payload=payload)
    if number % 4 == 0:
        data = applied(data, tape.changes, MESSAGE)
    return (_PATHS[number // 8 % len(_PATHS)] if number % 8 == 7 else path), data


def _attempt(door: Door, call: Call) -> None:
    """A receipt, an answer, or a documented error in its own words."""
    path, data = call
    answer = door.call(path, data)
    if len(data) > MESSAGE_BYTES_MAX:
        assert answer.code == "RESOURCE_EXHAUSTED"
    elif answer.code != "OK":
        answer.is_error(*CODES.keys() - NEVER)
    elif not METHODS[path].read:
        door.outcome(answer)


@contextmanager
def doors(folder: Path) -> Iterator[Target]:
    """The target; afterwards the books must be what their journal says."""
    dsn = new_books()
    try:
        with Door.opened(folder / "site", dsn) as door:
            yield Target("door", TAPES.map(lambda tape: _made(door, tape)), lambda call: _attempt(door, call))
            assert list(fsck(dsn)) == []
    finally:
        drop_database(dsn)
