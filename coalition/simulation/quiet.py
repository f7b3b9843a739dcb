"""The engine's log while a simulation runs: kept off the screen; what it says of bugs is held against the run."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

_BUGS = frozenset({"act_broke", "call_broke"})


@contextmanager
def log_kept(bugs: list[str]) -> Iterator[None]:
    """Collects what the engine logs about exceptions that nobody expected."""

    def keep(_logger: object, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        if event.get("event") in _BUGS:
            bugs.append(structlog.processors.format_exc_info(_logger, _name, event).get("exception", ""))
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[keep], cache_logger_on_first_use=False)
    try:
        yield
    finally:
        structlog.configure(**before)
