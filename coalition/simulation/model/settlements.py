"""Settlements: docs/clearing.md, "Proposal and four eyes", "The end of a proposal" and "Legs"."""

from collections import Counter
from dataclasses import dataclass, field

from coalition.simulation.model.calendars import overdue_from
from coalition.simulation.model.cycles import Cycles
from coalition.simulation.model.deferring import deferred_of, legs_of
from coalition.simulation.model.securities import Securities
from coalition.simulation.model.tariffs import Tariffs
from coalition.simulation.model.terms import (
    HOUR_US,
    PROPOSAL_LIFE_US,
    Answer,
    Line,
    ModelError,
    Place,
    Post,
    spell_time,
)
from coalition.simulation.model.warnings import warnings_of
from settlement.clearing.acts import (
    Approve,
    Confirm,
    Propose,
)
from settlement.house.tariff import Tariff


@dataclass(slots=True)
class Settlement:
    """A proposal, and what became of it. `approved_at`, `paid`: the house entries that approved it and confirmed legs.

    `ended`: `cancelled` or `aborted`. `objections_end_us`: from then on nobody may object, and others may approve. `answers`: by
    who objected; None while nobody has answered. `due_us`: from when on its legs are overdue; `late`: who was told so. `ahead`:
    legs that were paid ahead; `borne`: what legs bear of others' defaults, in minor units. `instructed`: a bank was told to pay.
    `deferred`: whose nets are too small to be paid.
    """

    number: int
    cycle: int
    proposal: str
    proposer: str
    proposed_at_us: int
    nets: dict[str, int]
    objections_end_us: int
    warnings: list[str]
    operator: str
    deferred: list[str]
    approved_at: int | None = None
    paid: dict[str, int] = field(default_factory=dict)
    approved_at_us: int = 0
    ahead: set[str] = field(default_factory=set)
    in_default: set[str] = field(default_factory=set)
    borne: Counter[str] = field(default_factory=Counter)
    ended: str | None = None
    aborted_at: int | None = None
    answers: dict[str, bool | None] = field(default_factory=dict)
    due_us: int | None = None
    late: set[str] = field(default_factory=set)
    instructed: bool = False

    @property
    def binds(self) -> bool:
        """Approved, and not aborted."""
        return self.approved_at is not None and self.ended is None

    def legs(self) -> dict[str, int]:
        """What is paid once it is approved, in minor units: positive pays, negative is paid."""
        return legs_of(self.nets, self.operator, self.deferred)

    def moves(self) -> list[tuple[str, str, int]]:
        """Debit, credit and minor units of its approval; below zero it is the other way round."""
        stands = {name: f"settling:{self.number}:{name}" for name in [*self.nets, self.operator]}
        stands |= {name: f"prefund:{name}" for name in self.ahead}
        paid = [(stands[name], f"position:{name}", net) for name, net in self.nets.items()]
        moves = [move for name, move in zip(self.nets, paid, strict=True) if name not in self.deferred]
        for name in self.deferred:
            net = self.nets[name]
            moves.append((stands[self.operator], f"position:{name}", net))
            moves.append((f"position:{name}", f"position:{self.operator}", net))
        return [move for move in moves if move[2]]

    def unpaid(self) -> dict[str, int]:
        """Legs that are to be paid, in minor units: positive pays, negative is paid."""
        if not self.binds:
            return {}
        done = self.paid.keys() | self.in_default
        left = {name: net + self.borne[name] for name, net in self.legs().items() if name not in done}
        return {name: cents for name, cents in left.items() if cents}


class Settlements:
    """Every proposal in the order of its number."""

    def __init__(self, cycles: Cycles, securities: Securities, tariffs: Tariffs, currency: str) -> None:
        self._cycles = cycles
        self.securities = securities
        self._tariffs = tariffs
        self._operator = cycles.operator
        self._currency = currency
        self.all: list[Settlement] = []

    def numbered(self, number: int) -> Settlement | None:
        """The settlement with this number."""
        return next((one for one in self.all if one.number == number), None)

    def discharges(self, cycle: int) -> bool:
        """Whether a settlement of the cycle is approved."""
        return any(one.cycle == cycle and one.binds for one in self.all)

    def warnings(self, cycle: int, tariff: Tariff) -> list[str]:
        """What a proposal of the cycle warns of under these terms."""
        return warnings_of(self._cycles, cycle, tariff.swing_warning_basis_points, self.securities.caps)

    def deferred(self, nets: dict[str, int], tariff: Tariff) -> list[str]:
        """Whose nets are too small to be paid under these terms."""
        return deferred_of(nets, self._operator, tariff.minimum_payment_minor)

    def propose(self, place: Place, person: str, body: Propose, tariff: Tariff) -> Answer:
        """A proposal that another person may approve. ModelError CYCLE_NOT_CLOSED: a shard has still to cut the cycle."""
        warnings = self.warnings(body.cycle, tariff)
        refusal = self._why_not_propose(place, body, tariff)
        if refusal is None and [*body.warnings] != warnings:
            refusal = "WARNINGS_DIFFER"
        about: list[Line] = [("cycle", str(body.cycle))]
        if refusal is not None:
            return Answer(refusal, [*about, ("proposal", body.proposal_sha256)])
        nets = dict(sorted(body.figures.nets.items()))
        number = len(self.all) + 1
        self.all.append(
            Settlement(
                number,
                body.cycle,
                body.proposal_sha256,
                person,
                place.time_us,
                nets,
                place.time_us + tariff.objection_hours * HOUR_US,
                warnings,
                self._operator,
                self.deferred(nets, tariff),
            )
        )
        about += [("settlement", str(number)), ("proposal", body.proposal_sha256)]
        about += [("net", f"{name} {net}") for name, net in nets.items()]
        about += [("deferred", name) for name in self.all[-1].deferred]
        return Answer(None, [*about, *[("warning", warning) for warning in warnings]])

    def _why_not_propose(self, place: Place, body: Propose, tariff: Tariff) -> str | None:
        if not 1 <= body.cycle <= self._cycles.open(place.house):
            return "CYCLE_UNKNOWN"
        if self.discharges(body.cycle):
            return "CYCLE_IN_SETTLEMENT"
        figures = self._cycles.figures(body.cycle)
        if figures is None:
            raise ModelError("CYCLE_NOT_CLOSED", f"cycle {body.cycle} is not cut by every shard yet")
        said = body.figures
        same = (said.gross, said.bilateral, said.multilateral, said.nets, [*body.deferred]) == (
            figures.gross,
            figures.bilateral,
            figures.multilateral,
            figures.nets,
            self.deferred(figures.nets, tariff),
        )
        return None if same and body.currency == self._currency else "FIGURES_DIFFER"

    def approve(self, place: Place, person: str, body: Approve, tariff: Tariff) -> Answer:
        """Posts every leg of the newest proposal with this hash. ModelError AMOUNT_TOO_LARGE: a leg fits no posting."""
        found = [one for one in self.all if one.proposal == body.proposal_sha256]
        if not found:
            return Answer("PROPOSAL_UNKNOWN", [("proposal", body.proposal_sha256)])
        settlement = found[-1]
        refusal = self._why_not_approve(place, person, settlement, tariff)
        if refusal is None and self.warnings(settlement.cycle, tariff) != settlement.warnings:
            refusal = "WARNINGS_DIFFER"
        about = [("settlement", str(settlement.number)), ("proposal", body.proposal_sha256)]
        if refusal is not None:
            return Answer(refusal, about)
        legs = settlement.legs()
        for cents in [*legs.values(), *settlement.nets.values()]:
            self.securities.micros(abs(cents))  # before anything is taken into account
        settlement.ahead = {
            name for name, cents in legs.items() if 0 < cents <= self.securities.cents[f"prefund:{name}"]
        }
        settlement.paid = dict.fromkeys(settlement.ahead, place.index)
        settlement.approved_at, settlement.approved_at_us = place.index, place.time_us
        settlement.due_us = overdue_from(self._tariffs.at(place.house).terms, place.time_us)
        return Answer(None, about, [self.securities.either_way(*move) for move in settlement.moves()])

    def _why_not_approve(
        self, place: Place, person: str, settlement: Settlement, tariff: Tariff
    ) -> str | None:
        if settlement.ended is not None or settlement.approved_at is not None:
            return already(settlement)
        if self.discharges(settlement.cycle):
            return "CYCLE_IN_SETTLEMENT"
        if place.time_us < settlement.objections_end_us:
            return "OBJECTION_PERIOD"
        if None in settlement.answers.values():
            return "OBJECTION_OPEN"
        if place.time_us - settlement.objections_end_us > PROPOSAL_LIFE_US:
            return "PROPOSAL_EXPIRED"
        if person == settlement.proposer:
            return "SAME_PERSON"
        figures = self._cycles.figures(settlement.cycle)
        if figures is None or figures.nets != settlement.nets:
            return "FIGURES_DIFFER"
        return None if self.deferred(figures.nets, tariff) == settlement.deferred else "FIGURES_DIFFER"

    def confirm(self, place: Place, body: Confirm) -> Answer:
        """One leg is paid. ModelError AMOUNT_TOO_LARGE, whatever else is wrong: the amount fits no line."""
        settlement, name = self.numbered(body.settlement), body.participant
        micros = self.securities.micros(body.amount_minor)
        refusal = self._why_not_confirm(settlement, body)
        about = [
            ("settlement", str(body.settlement)),
            ("subject", name),
            ("amount", f"{self._currency} {micros}"),
        ]
        if refusal is not None or settlement is None:
            return Answer(refusal, about)
        settling = f"settling:{settlement.number}:{name}"
        debit, credit = ("bank", settling) if settlement.legs()[name] > 0 else (settling, "bank")
        settlement.paid[name] = place.index
        return Answer(None, about, [Post(debit, credit, self._currency, micros)])

    def _why_not_confirm(self, settlement: Settlement | None, body: Confirm) -> str | None:
        if settlement is None or not settlement.binds:
            return "LEG_UNKNOWN"
        if body.participant not in settlement.legs():
            return "LEG_UNKNOWN"
        if body.participant in settlement.paid:
            return "LEG_ALREADY_PAID"
        left = settlement.unpaid().get(body.participant)
        if left is None:
            return "LEG_DEFAULTED"
        return None if abs(left) == body.amount_minor else "LEG_AMOUNT_DIFFERS"

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


def already(settlement: Settlement) -> str:
    """What became of a proposal that is approved or over."""
    return f"ALREADY_{(settlement.ended or 'approved').upper()}"
