"""Lots: docs/ledger.md, "The life of points"."""

from dataclasses import dataclass

from coalition.simulation.model.dates import months_later
from coalition.simulation.model.tariffs import Tariff
from coalition.simulation.model.terms import spell_time

ON_EVENT = 4_611_686_018_427_387_904
"""In the place of the time until which points are pending."""


@dataclass(slots=True)
class Lot:
    """Points issued together: who owes for them, and how many are left. `over`: how many expired, of which `forgiven` were undone
    since.

    They expire at `date_us`, or so many `idle` months after their member's last act, or never. Pending until `pending_us`. Whose
    points they are is told at `notice_us`; None: never, or it was.
    """

    shard: int
    index: int
    place: int
    member: str
    funder: str
    quantity: int
    left: int
    tariff: Tariff
    date_us: int | None = None
    idle: int | None = None
    pending_us: int | None = None
    over: int = 0
    forgiven: int = 0
    notice_us: int | None = None
    asset: str = "PTS"

    @property
    def name(self) -> tuple[int, int]:
        """The entry that made it, and its place there."""
        return self.index, self.place

    @property
    def account(self) -> str:
        """Where its points stand."""
        return f"wallet:{self.member}" if self.pending_us is None else f"pending:{self.member}"

    @property
    def turn(self) -> tuple[int, int, int, int]:
        """What is spent first is first: by date, then those that expire by activity, then those that never do; oldest first."""
        if self.date_us is not None:
            return (0, self.date_us, *self.name)
        return (2 if self.idle is None else 1, 0, *self.name)

    def slice(self, verb: str, points: int) -> str:
        """The value of a `lot` line about these points of the lot."""
        return f"{verb} {self.shard}:{self.index}.{self.place} {points}"

    def made(self) -> str:
        """The value of the `lot` line that makes it."""
        expires = "never" if self.date_us is None else spell_time(self.date_us)
        if self.idle is not None:
            expires = f"activity-{self.idle}"
        return f"new {self.funder} {self.asset} {self.quantity} {expires} {self.tariff.number}"

    def is_over(self, now_us: int, active_us: int) -> bool:
        """Whether its moment has come, if its member did something last at `active_us`."""
        if self.idle is not None:
            return months_later(active_us, self.idle) <= now_us
        return self.date_us is not None and self.date_us <= now_us
