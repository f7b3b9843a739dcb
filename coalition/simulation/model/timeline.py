"""A fact of the house that changes: its values, each with the house entry that made it true."""

from typing import Generic, TypeVar

Value = TypeVar("Value")


class Timeline(Generic[Value]):
    """A value that house entries set. What entry e sets counts under every house size above e."""

    def __init__(self, entry: int, value: Value) -> None:
        self._facts = [(entry, value)]

    def set(self, entry: int, value: Value) -> None:
        """The value from this house entry on."""
        self._facts.append((entry, value))

    def at(self, house: int) -> Value | None:
        """The value under a house size; None if no entry below it set one."""
        for entry, value in reversed(self._facts):
            if entry < house:
                return value
        return None
