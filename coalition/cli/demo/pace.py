"""How fast the replay went: acts really sent and the seconds they took, added up over all runs of one demo."""

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Pace:
    """Acts and seconds so far, kept in a file after each month; a month that was cut off by a kill is not in it."""

    path: Path
    acts: int = 0
    seconds: float = 0.0

    @classmethod
    def kept(cls, path: Path) -> "Pace":
        """The pace of earlier runs, or nothing yet."""
        return cls(path, **json.loads(path.read_text())) if path.exists() else cls(path)

    def add(self, acts: int, seconds: float) -> None:
        """Adds a month in which so many acts were sent; one that earlier runs answered took no time."""
        if acts:
            self.acts += acts
            self.seconds += seconds
            draft = self.path.with_suffix(".part")
            draft.write_text(json.dumps({"acts": self.acts, "seconds": self.seconds}))
            draft.replace(self.path)

    @property
    def acts_per_second(self) -> float:
        """0 while nothing was sent."""
        return self.acts / self.seconds if self.seconds else 0.0
