"""The server's log: one JSON object a line on standard error, times in UTC, no secrets, and few lines of a kind."""

import logging
import sys
import time
from contextlib import suppress

import structlog
import typer

QUIET_SECONDS = 10.0
LINES_OF_A_KIND_MAX = 3
"""In QUIET_SECONDS. Failed calls that are left out here are counted in the door log and the metrics."""


def configure_logging() -> None:
    """Requests, keys and members never appear; stacks carry no values of variables.

    What libraries log by the standard library comes out in the same form.
    """
    few = _FewOfAKind()
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(
            structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        ),
        _without_values,
    ]
    structlog.configure(
        processors=[few.process, *shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *names: _StandardError(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    render: list[structlog.typing.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.JSONRenderer(),
    ]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=render, foreign_pre_chain=shared))
    handler.addFilter(lambda record: few.admits((record.name, record.levelno)))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


class _FewOfAKind:
    """Lets the first lines of a kind through, and leaves out what follows within QUIET_SECONDS: a flood writes no flood."""

    def __init__(self) -> None:
        self._ends_s = 0.0
        self._lines: dict[object, int] = {}
        self._left_out = 0

    def admits(self, kind: object) -> bool:
        """Whether a line of this kind is let through now."""
        now_s = time.monotonic()
        if now_s >= self._ends_s:
            self._ends_s, self._lines = now_s + QUIET_SECONDS, {}
        self._lines[kind] = self._lines.get(kind, 0) + 1
        admitted = self._lines[kind] <= LINES_OF_A_KIND_MAX
        self._left_out += not admitted
        return admitted

    def process(
        self, _logger: object, _name: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        """As a processor; a line that is let through says how many were left out since the last one."""
        if not self.admits((event["event"], event.get("reason"))):
            raise structlog.DropEvent
        if self._left_out:
            event["left_out"], self._left_out = self._left_out, 0
        return event


class _StandardError:
    """Prints lines. A log that nobody reads any more (a closed pipe, a full disk) must not end the server."""

    def msg(self, line: str) -> None:
        """One line."""
        with suppress(OSError, ValueError):
            typer.echo(line, err=True)

    debug = info = warning = error = critical = exception = msg


def _without_values(
    _logger: object, _name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """A stack without what the exceptions say: PostgreSQL's quote whole rows."""
    for raised in event.get("exception", []):
        raised["exc_value"] = "left out"
    return event
