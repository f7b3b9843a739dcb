"""Participants that do not pay: docs/clearing.md, "Defaults"."""

from dataclasses import dataclass
from fractions import Fraction

from coalition.simulation.model.cycles import Cycles
from coalition.simulation.model.securities import Securities
from coalition.simulation.model.settlements import Settlement, Settlements
from coalition.simulation.model.tariffs import Tariffs
from coalition.simulation.model.terms import PROPOSAL_LIFE_US, Answer, Line, Place, Post
from settlement.clearing.security_acts import ApproveDefault, ProposeDefault

SURVIVORS_MAX = 200
Steps = dict[str, int]
"""What collateral, guarantee, capital and the operator beyond it bear of a leg, which is `unpaid`."""


@dataclass(slots=True)
class Default:
    """A default as one person proposed it. `approved_at`: the house entry that approved it."""

    body: ProposeDefault
    steps: Steps
    borne: dict[str, int]
    person: str
    proposed_at_us: int
    approved_at: int | None = None


class Defaults:
    """Every default that was proposed, the newest of each hash."""

    def __init__(
        self, settlements: Settlements, cycles: Cycles, tariffs: Tariffs, *, operator: str, currency: str
    ) -> None:
        self._settlements = settlements
        self._securities: Securities = settlements.securities
        self._cycles = cycles
        self._tariffs = tariffs
        self._operator = operator
        self._currency = currency
        self.all: dict[str, Default] = {}
        self.poured: list[Default] = []

    def propose(self, place: Place, person: str, body: ProposeDefault) -> Answer:
        """A leg was not paid in time."""
        about: list[Line] = [("settlement", str(body.settlement)), ("subject", body.participant)]
        end = [("proposal", body.proposal_sha256)]
        settlement = self._settlements.numbered(body.settlement)
        refusal = self._why_not(place, settlement, body.participant)
        if refusal is not None or settlement is None:
            return Answer(refusal, about + end)
        steps, borne = self.falls(settlement, body.participant)
        if (_steps_of(body), dict(body.fall.borne), body.currency) != (steps, borne, self._currency):
            return Answer("FIGURES_DIFFER", about + end)
        self.all[body.proposal_sha256] = Default(body, steps, borne, person, place.time_us)
        about += [("cover", f"{step} {cents}") for step, cents in steps.items()]
        about += [("bear", f"{name} {borne[name]}") for name in sorted(borne)]
        return Answer(None, about + end)

    def approve(self, place: Place, person: str, body: ApproveDefault) -> Answer:
        """Another person agrees, and all is as it was."""
        found, end = self.all.get(body.proposal_sha256), [("proposal", body.proposal_sha256)]
        if found is None:
            return Answer("PROPOSAL_UNKNOWN", end)
        number, name = found.body.settlement, found.body.participant
        about = [("settlement", str(number)), ("subject", name), *end]
        if found.approved_at is not None:
            return Answer("ALREADY_APPROVED", about)
        if place.time_us > found.proposed_at_us + PROPOSAL_LIFE_US:
            return Answer("PROPOSAL_EXPIRED", about)
        if person == found.person:
            return Answer("SAME_PERSON", about)
        settlement = self._settlements.numbered(number)
        refusal = self._why_not(place, settlement, name)
        if refusal is not None or settlement is None:
            return Answer(refusal, about)
        if self.falls(settlement, name) != (found.steps, found.borne):
            return Answer("FIGURES_DIFFER", about)
        found.approved_at = place.index
        self.poured.append(found)
        settlement.in_default.add(name)
        for survivor, cents in found.borne.items():
            settlement.borne[survivor] += cents
        return Answer(None, about, self._pour(found))

    def _why_not(self, place: Place, settlement: Settlement | None, name: str) -> str | None:
        if settlement is None or settlement.approved_at is None or not settlement.binds:
            return "LEG_UNKNOWN"
        if settlement.legs().get(name, 0) <= 0:
            return "LEG_UNKNOWN"
        if name in settlement.paid:
            return "LEG_ALREADY_PAID"
        if name in settlement.in_default:
            return "LEG_DEFAULTED"
        late = settlement.due_us is not None and settlement.due_us <= place.time_us
        return None if late else "LEG_NOT_OVERDUE"

    def falls(self, settlement: Settlement, name: str) -> tuple[Steps, dict[str, int]]:
        """Who bears an unpaid leg, from the top down."""
        unpaid = settlement.unpaid()
        left, steps = unpaid[name], {"unpaid": unpaid[name]}
        funds = (f"collateral:{name}", f"guarantee:{name}", "capital")
        for account in funds:
            part = max(0, min(left, self._securities.cents[account]))
            steps[account.split(":")[0]] = part
            left -= part
        rooms = {other: -cents for other, cents in unpaid.items() if cents < 0}
        owed = {
            creditor: cents
            for (debtor, creditor), cents in self._cycles.owed(settlement.cycle).items()
            if debtor == name and cents > 0 and creditor in rooms
        }
        most_owed = sorted(owed, key=lambda other: (-owed[other], other))[:SURVIVORS_MAX]
        borne = _in_proportion(left, {other: owed[other] for other in sorted(most_owed)}, rooms)
        steps["shortfall"] = left - sum(borne.values())
        return steps, borne

    def _pour(self, found: Default) -> list[Post]:
        name, steps, number = found.body.participant, found.steps, found.body.settlement
        leg = f"settling:{number}:{name}"
        whole = steps["capital"] + steps["shortfall"]
        pairs = [
            (f"collateral:{name}", leg, steps["collateral"]),
            (f"guarantee:{name}", leg, steps["guarantee"]),
        ]
        pairs.append(("capital", leg, whole))
        if name != self._operator:
            pairs.append((f"position:{name}", f"position:{self._operator}", whole))
        for other in sorted(found.borne):
            pairs.append((f"settling:{number}:{other}", leg, found.borne[other]))
            pairs.append((f"position:{name}", f"position:{other}", found.borne[other]))
        return [self._securities.money(*pair) for pair in pairs if pair[2]]

    def claims(self) -> list[tuple[str, str, int]]:
        """What defaulters came to owe for it, in minor units: defaulter, to whom, how much."""
        found = []
        for default in self.poured:
            name = default.body.participant
            found.append((name, self._operator, default.steps["capital"] + default.steps["shortfall"]))
            found += [(name, other, cents) for other, cents in default.borne.items()]
        return found


def _steps_of(body: ProposeDefault) -> Steps:
    fall = body.fall
    return {
        "unpaid": fall.unpaid,
        "collateral": fall.collateral,
        "guarantee": fall.guarantee,
        "capital": fall.capital,
        "shortfall": fall.shortfall,
    }


def _in_proportion(cents: int, owed: dict[str, int], rooms: dict[str, int]) -> dict[str, int]:
    """Each its part by largest remainder; whose part is more than its room has that, and the others divide the rest anew."""
    full: dict[str, int] = {}
    while len(full) < len(owed):
        rest = cents - sum(full.values())
        others = [name for name in owed if name not in full]
        weight = sum(owed[name] for name in others)
        exact = {name: Fraction(rest * owed[name], weight) for name in others}
        parts = {name: int(exact[name]) for name in others}
        by_loss = sorted(others, key=lambda name: (parts[name] - exact[name], name))
        for name in by_loss[: rest - sum(parts.values())]:
            parts[name] += 1
        beyond = {name: rooms[name] for name in others if parts[name] > rooms[name]}
        full |= beyond or parts
    return {name: full[name] for name in owed if full[name]}
