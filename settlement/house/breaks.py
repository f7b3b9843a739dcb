"""Breaks, and how people end them: money that moved in the bank and pays no leg. Immutable; money in minor units."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from settlement.journal.leaf import Entry

if TYPE_CHECKING:
    from settlement.house.state import House

RESOLUTIONS = (WRITE_OFF, ADJUSTMENT, MATCH, OFFSET) = ("write-off", "adjustment", "match", "offset")


@dataclass(frozen=True, slots=True)
class Resolution:
    """How a break ends.

    A `write-off` is the operator's gain or loss; by an `adjustment` the money is the `participant`'s; a `match` pays the leg of
    the `participant` in the `settlement`; an `offset` is the other break, by its `line`, of which this one undoes the whole.
    """

    kind: str
    participant: str | None = None
    settlement: int | None = None
    line: str | None = None

    def spelled(self) -> str:
        """How a leaf states it."""
        facts = (self.settlement, self.participant, self.line)
        return " ".join([self.kind, *[str(fact) for fact in facts if fact is not None]])


def parse_resolution(value: str) -> Resolution:
    """The resolution that a leaf states."""
    kind, *facts = value.split(" ")
    match kind:
        case "adjustment":
            return Resolution(kind, facts[0])
        case "match":
            return Resolution(kind, facts[1], int(facts[0]))
        case "offset":
            return Resolution(kind, line=facts[0])
    return Resolution(kind)


@dataclass(frozen=True, slots=True)
class Break:
    """One line of a bank statement that pays no leg: positive came in. `why`: `unknown`, `amount` or `paid`.

    `settlement`, `participant`: the leg that it names, if any. `at`: the house entry that took it in. `resolution`: how it ended;
    None while it is open. `owner`: the person who looks after it.
    """

    name: str
    amount_minor: int
    booked_on: date
    why: str
    at: int
    settlement: int | None = None
    participant: str | None = None
    resolution: Resolution | None = None
    owner: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether nobody has ended it."""
        return self.resolution is None


@dataclass(frozen=True, slots=True)
class ProposedResolution:
    """What one person proposed to end a break by, and why in `words`. `line`: the break's name."""

    proposal_sha256: str
    line: str
    resolution: Resolution
    words: str
    proposer: str
    proposed_at_us: int
    approved: bool = False


def _assign(house: "House", entry: Entry) -> None:
    line = entry.one("break")
    house.breaks[line] = replace(house.breaks[line], owner=entry.one("person"))


def _propose(house: "House", entry: Entry) -> None:
    sha256 = entry.one("proposal")
    house.resolutions[sha256] = ProposedResolution(
        sha256,
        entry.one("break"),
        parse_resolution(entry.one("resolution")),
        entry.one("words"),
        house.signer_of(entry),
        entry.time_us,
    )


def _approve(house: "House", entry: Entry) -> None:
    found = replace(house.resolutions[entry.one("proposal")], approved=True)
    house.resolutions[found.proposal_sha256] = found
    how = found.resolution
    house.breaks[found.line] = replace(house.breaks[found.line], resolution=how)
    if how.kind == OFFSET and how.line is not None:
        house.breaks[how.line] = replace(
            house.breaks[how.line], resolution=Resolution(OFFSET, line=found.line)
        )
    if how.kind == MATCH and how.settlement is not None and how.participant is not None:
        settlement = house.settlements[how.settlement]
        paid, by_line = settlement.paid | {how.participant}, settlement.paid_by_line | {how.participant}
        house.put_settlement(replace(settlement, paid=paid, paid_by_line=by_line))


RESOLVING: dict[str, Callable[["House", Entry], None]] = {
    "break-assign": _assign,
    "break-propose": _propose,
    "break-approve": _approve,
}
"""The fold of each kind of entry."""
