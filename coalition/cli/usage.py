"""Wrong usage: what is typed wrongly ends the command with 2, before anything is asked or written."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from settlement.errors import CoalitionError


@contextmanager
def wrong_usage(param_hint: str | None = None) -> Iterator[None]:
    """Turns an error of reading what was typed into wrong usage. Inside a callback the parameter is known already."""
    try:
        yield
    except CoalitionError as error:
        raise typer.BadParameter(error.message, param_hint=param_hint) from None
