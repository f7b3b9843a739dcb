"""Settlements: docs/clearing.md, "Proposal and four eyes" and "Legs"."""

from dataclasses import dataclass, field

from coalition.simulation.model.calendars import overdue_from
from coalition.simulation.model.cycles import Cycles
from coalition.simulation.model.tariffs import Tariffs
from coalition.simulation.model.terms import (
    MONEY_MAX_MICROS,
    PROPOSAL_LIFE_US,
    Answer,
    Line,
    ModelError,
    Place,
    Post,
    spell_time,
)
from settlement.clearing.acts import Approve, Confirm, Propose


@dataclass(slots=True)
class Settlement:
    """A proposal, and what became of it. `approved_at`, `paid`: the house entries that approved it and confirmed legs.

    `due_us`: from when on its legs are overdue; `late`: who was told so.
    """

    number: int
    cycle: int
    proposal: str
    proposer: str
    proposed_at_us: int
    nets: dict[str, int]
    approved_at: int | None = None
    paid: dict[str, int] = field(default_factory=dict)
    due_us: int | None = None
    late: set[str] = field(default_factory=set)

    def unpaid(self) -> dict[str, int]:
        """Legs that are to be paid, in minor units: positive pays, negative is paid."""
        if self.approved_at is None:
            return {}
        return {name: net for name, net in self.nets.items() if net and name not in self.paid}


class Settlements:
    """Every proposal in the order of its number."""

    def __init__(self, cycles: Cycles, tariffs: Tariffs, currency: str) -> None:
        self._cycles = cycles
        self._tariffs = tariffs
        self._currency = currency
        self.all: list[Settlement] = []

    def numbered(self, number: int) -> Settlement | None:
        """The settlement with this number."""
        return next((one for one in self.all if one.number == number), None)

    def discharges(self, cycle: int) -> bool:
        """Whether a settlement of the cycle is approved."""
        return any(one.cycle == cycle and one.approved_at is not None for one in self.all)

    def propose(self, place: Place, person: str, body: Propose) -> Answer:
        """A proposal that another person may approve. ModelError CYCLE_NOT_CLOSED: a shard has still to cut the cycle."""
        refusal = self._why_not_propose(place, body)
        about: list[Line] = [("cycle", str(body.cycle))]
        if refusal is not None:
            return Answer(refusal, [*about, ("proposal", body.proposal_sha256)])
        nets = dict(sorted(body.figures.nets.items()))
        number = len(self.all) + 1
        self.all.append(Settlement(number, body.cycle, body.proposal_sha256, person, place.time_us, nets))
        about += [("settlement", str(number)), ("proposal", body.proposal_sha256)]
        return Answer(None, [*about, *[("net", f"{name} {net}") for name, net in nets.items()]])

    def _why_not_propose(self, place: Place, body: Propose) -> str | None:
        if not 1 <= body.cycle <= self._cycles.open(place.house):
            return "CYCLE_UNKNOWN"
        if self.discharges(body.cycle):
            return "CYCLE_IN_SETTLEMENT"
        figures = self._cycles.figures(body.cycle)
        if figures is None:
            raise ModelError("CYCLE_NOT_CLOSED", f"cycle {body.cycle} is not cut by every shard yet")
        said = body.figures
        same = (said.gross, said.bilateral, said.multilateral, said.nets) == (
            figures.gross,
            figures.bilateral,
            figures.multilateral,
            figures.nets,
        )
        return None if same and body.currency == self._currency else "FIGURES_DIFFER"

    def approve(self, place: Place, person: str, body: Approve) -> Answer:
        """Posts every leg of the newest proposal with this hash. ModelError AMOUNT_TOO_LARGE: a leg fits no posting."""
        found = [one for one in self.all if one.proposal == body.proposal_sha256]
        if not found:
            return Answer("PROPOSAL_UNKNOWN", [("proposal", body.proposal_sha256)])
        settlement = found[-1]
        refusal = self._why_not_approve(place, person, settlement)
        about = [("settlement", str(settlement.number)), ("proposal", body.proposal_sha256)]
        if refusal is not None:
            return Answer(refusal, about)
        posts = []
        for name, net in settlement.nets.items():
            position, settling = f"position:{name}", f"settling:{settlement.number}:{name}"
            if net > 0:
                posts.append(Post(settling, position, self._currency, self._micros(net)))
            if net < 0:
                posts.append(Post(position, settling, self._currency, self._micros(-net)))
        settlement.approved_at = place.index
        settlement.due_us = overdue_from(self._tariffs.at(place.house).terms, place.time_us)
        return Answer(None, about, posts)

    def _why_not_approve(self, place: Place, person: str, settlement: Settlement) -> str | None:
        if settlement.approved_at is not None:
            return "ALREADY_APPROVED"
        if self.discharges(settlement.cycle):
            return "CYCLE_IN_SETTLEMENT"
        if place.time_us - settlement.proposed_at_us > PROPOSAL_LIFE_US:
            return "PROPOSAL_EXPIRED"
        if person == settlement.proposer:
            return "SAME_PERSON"
        figures = self._cycles.figures(settlement.cycle)
        return None if figures is not None and figures.nets == settlement.nets else "FIGURES_DIFFER"

    def confirm(self, place: Place, body: Confirm) -> Answer:
        """One leg is paid. ModelError AMOUNT_TOO_LARGE, whatever else is wrong: the amount fits no line."""
        settlement, name = self.numbered(body.settlement), body.participant
        micros = self._micros(body.amount_minor)
        refusal = self._why_not_confirm(settlement, body)
        about = [
            ("settlement", str(body.settlement)),
            ("subject", name),
            ("amount", f"{self._currency} {micros}"),
        ]
        if refusal is not None or settlement is None:
            return Answer(refusal, about)
        settling = f"settling:{settlement.number}:{name}"
        debit, credit = ("bank", settling) if settlement.nets[name] > 0 else (settling, "bank")
        settlement.paid[name] = place.index
        return Answer(None, about, [Post(debit, credit, self._currency, micros)])

    def _why_not_confirm(self, settlement: Settlement | None, body: Confirm) -> str | None:
        if settlement is None or settlement.approved_at is None:
            return "LEG_UNKNOWN"
        net = settlement.nets.get(body.participant, 0)
        if net == 0:
            return "LEG_UNKNOWN"
        if body.participant in settlement.paid:
            return "LEG_ALREADY_PAID"
        return None if abs(net) == body.amount_minor else "LEG_AMOUNT_DIFFERS"

    def overdue(self, place: Place, number: int, participant: str) -> tuple[Line, ...]:
        """The lines of the one entry that says that this leg was not paid in time. ModelError NOT_OVERDUE."""
        settlement = self.numbered(number)
        late = (
            settlement is not None
            and settlement.due_us is not None
            and place.time_us >= settlement.due_us
            and settlement.unpaid().get(participant, 0) > 0
            and participant not in settlement.late
        )
        if not late or settlement is None or settlement.due_us is None:
            raise ModelError(
                "NOT_OVERDUE", f"{participant} owes nothing of settlement {number} that is overdue"
            )
        settlement.late.add(participant)
        due = spell_time(settlement.due_us)
        return ("settlement", str(number)), ("subject", participant), ("due", due)

    def _micros(self, amount_minor: int) -> int:
        micros = amount_minor * self._cycles.unit
        if micros > MONEY_MAX_MICROS:
            raise ModelError("AMOUNT_TOO_LARGE", f"{amount_minor} minor units fit no line of a leaf")
        return micros
