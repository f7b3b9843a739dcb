"""The clock of a practice network: docs/operations.md, "Practice"."""

from dataclasses import dataclass, field

from coalition.simulation.model.terms import Line, ModelError, Place

_DAY_US = 86_400_000_000
_DAYS_MAX = 36_500


@dataclass(slots=True)
class Practice:
    """`founded`: whether the network was founded for practice. `days`: by how many each house entry set its clock ahead."""

    founded: bool = False
    days: dict[int, int] = field(default_factory=dict)

    def ahead_us(self, house: int) -> int:
        """How far ahead of the right time entries under this house size are."""
        return sum([days for entry, days in self.days.items() if entry < house]) * _DAY_US

    def forward(self, place: Place, days: int) -> tuple[Line, ...]:
        """The lines, but for `request`, of the entry that sets the clock ahead. ModelError NO_PRACTICE, NOT_AHEAD."""
        if not self.founded:
            raise ModelError("NO_PRACTICE", "the clock of a real network was set")
        if days < 1 or sum(self.days.values()) + days > _DAYS_MAX:
            raise ModelError("NOT_AHEAD", f"a clock was set {days} days ahead")
        self.days[place.index] = days
        return (("days", str(days)),)
