"""Running programmes that partners bring along: the files of a story, each of a few lots of people new and known."""

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from coalition.simulation.cast import NETWORK, alias_of
from coalition.simulation.model import Model
from coalition.simulation.model.openings import Brought, PartName
from coalition.simulation.story import Step
from settlement.clock import HOUR_US
from settlement.house.acts import ApproveOpening, ProposeOpening
from settlement.ledger.book import NEVER_US
from settlement.ledger.opening_file import ALIAS, RECORD, Prepared, Row, Totals, read_prepared
from settlement.money import ASSETS

LOTS = 5


@dataclass(frozen=True, slots=True)
class Programme:
    """A partner's file. `newcomer`: the step by whose number a member is known who joins with it."""

    partner: str
    rows: tuple[Row, ...]
    newcomer: int

    @property
    def _totals(self) -> Totals:
        members = len({row.name for row in self.rows})
        brought = [sum(row.points for row in self.rows if row.asset == asset) for asset in range(len(ASSETS))]
        return Totals(NETWORK.origin, self.partner, len(self.rows), members, *brought)

    @property
    def _content(self) -> bytes:
        return self._totals.header() + b"".join(RECORD.pack(*row) for row in self.rows)

    @property
    def sha256(self) -> str:
        """The file's hash."""
        return sha256(self._content).hexdigest()

    def proposal(self, *, more_points: int = 0, more_value: int = 0) -> ProposeOpening:
        """What its partner asks for, with so much more than there is."""
        totals = self._totals
        sums = (totals.points + more_points, totals.value + more_value)
        return ProposeOpening(self.sha256, totals.rows, totals.members, *sums)

    def written(self, folder: Path) -> Prepared:
        """The file, as its partner would hand it over."""
        path = folder / f"{self.sha256}.opening"
        path.write_bytes(self._content)
        return read_prepared(path)


@dataclass
class Programmes:
    """All files of a story, which the model is told of."""

    seed: int
    model: Model
    all: list[Programme] = field(default_factory=list)

    def begin(self, step: Step, partner: str, now_us: int) -> Programme:
        """A file of a newcomer, known by the step's number, and of whoever some steps before it enrolled, if they did.

        Of each three lots one is of value.
        """
        people = [step.number, *[max(0, step.number - 1 - step.amount % (7 + at)) for at in range(LOTS - 1)]]
        dates = (NEVER_US, *[now_us + days * 24 * HOUR_US for days in (1, 15, 40)])
        rows = [
            Row(
                ALIAS + alias_of(self.seed, person),
                1 + (step.amount + at) % 50,
                dates[at % len(dates)],
                int((step.amount + at) % 3 == 0),
            )
            for at, person in enumerate(people)
        ]
        programme = Programme(partner, tuple(sorted(rows)), step.number)
        self.model.facts.openings.files[PartName(partner, programme.sha256, 0)] = [
            Brought(name[1:], amount, None if expires_us == NEVER_US else expires_us, ASSETS[asset])
            for name, amount, expires_us, asset in programme.rows
        ]
        self.all.append(programme)
        return programme

    def approval(self, partner: str) -> ApproveOpening:
        """A yes to the newest file, as one of this partner's; there may be no such file."""
        return ApproveOpening(partner, self.all[-1].sha256 if self.all else sha256(b"none").hexdigest())
