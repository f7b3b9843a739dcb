"""Before somebody approves, a person is asked."""

import sys

import typer

from coalition.cli.voice import Voice
from settlement.errors import CoalitionError


def must_be_asked(voice: Voice, *, yes: bool) -> None:
    """Wrong usage where nobody could say yes."""
    if not yes and (voice.json or not sys.stdin.isatty()):
        message = "nobody can be asked here: add --yes to approve without being asked"
        raise typer.BadParameter(message, param_hint="--yes")


def ask(question: str, *, yes: bool) -> None:
    """Asks on standard error, unless the yes is given already. CoalitionError NOT_APPROVED."""
    if not yes and not typer.confirm(question, err=True):
        raise CoalitionError("NOT_APPROVED", "nothing was approved")
