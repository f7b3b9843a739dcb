"""A term of a tariff as an option of a command."""

from collections.abc import Callable
from enum import StrEnum
from re import Pattern
from typing import Any, NamedTuple, TypeVar

from settlement.errors import CoalitionError

Choice = TypeVar("Choice", bound=StrEnum)


MINOR_UNITS = " of minor units, such as cents,"


class Term(NamedTuple):
    """An option, and how its text becomes the value of a field. `read` raises CoalitionError."""

    option: str
    field: str
    metavar: str
    read: Callable[[str], Any]
    help: str
    group: str = "Terms of points"


def number(least: int, most: int, of: str = "") -> Callable[[str], int]:
    """Reads a whole number. `of`: what it counts, if its option does not say so."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit()) or not least <= int(text) <= most:
            raise CoalitionError("FIELD_INVALID", f"it must be a whole number{of} from {least} to {most:,}")
        return int(text)

    return read


def number_or_none(least: int, most: int, of: str = "") -> Callable[[str], int | None]:
    """Reads a whole number or `none`."""
    read = number(least, most, of)
    return lambda text: None if text == "none" else read(text)


def one_of(choices: type[Choice]) -> Callable[[str], Choice]:
    """Reads one of a few words."""

    def read(text: str) -> Choice:
        if text not in tuple(choices):
            raise CoalitionError("FIELD_INVALID", f"it must be one of {', '.join(choices)}")
        return choices(text)

    return read


def matching(pattern: Pattern[str], demand: str) -> Callable[[str], str]:
    """Reads a text of one form."""

    def read(text: str) -> str:
        if pattern.fullmatch(text) is None:
            raise CoalitionError("FIELD_INVALID", f"it must be {demand}")
        return text

    return read
