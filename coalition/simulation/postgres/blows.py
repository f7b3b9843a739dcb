"""What goes wrong at a statement: before it, during a commit, or after it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

BEFORE, DURING, AFTER = "before", "during", "after"


@dataclass(slots=True)
class Blow:
    """`strikes` gets the connection whose statement is hit. `spared`: statements of all connections that pass before.

    During: a commit goes on in the server, and its client learns nothing; other statements are spared too.
    """

    spared: int
    moment: str
    strikes: Callable[[Any], None]


@dataclass(slots=True)
class Blows:
    """The blows to come."""

    armed: list[Blow] = field(default_factory=list)

    def due(self, moment: str) -> Blow | None:
        """The blow that falls now, if any. Each is counted down once a statement, before it."""
        for blow in self.armed:
            if moment == BEFORE:
                blow.spared -= 1
            if blow.spared < 0 and blow.moment == moment:
                self.armed.remove(blow)
                return blow
        return None
