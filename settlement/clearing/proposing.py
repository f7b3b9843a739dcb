"""Pure decisions on proposals: the figures of a closed cycle, as one person signs them."""

from collections.abc import Mapping

from settlement.clearing.acts import Propose
from settlement.clearing.closing import not_closed
from settlement.clearing.deferring import deferred_of
from settlement.clearing.netting import Figures
from settlement.clearing.warnings import compared_with, warnings_of
from settlement.house.drafting import house_draft
from settlement.house.records import Settlement
from settlement.house.state import House
from settlement.journal.acts import Act, Draft

FiguresByCycle = Mapping[int, Figures]
"""Figures of every cycle that an act of the batch is about and that all shards have cut, and of those it is compared with."""


def propose(house: House, figures: FiguresByCycle, act: Act[object], body: Propose) -> Draft:
    """A proposal that another person may approve. CycleNotClosedError: the cycle has no figures yet."""
    cycle = house.cycles.get(body.cycle)
    refusal = None
    if cycle is None:
        refusal = "CYCLE_UNKNOWN"
    elif cycle.settlement is not None:
        refusal = "CYCLE_IN_SETTLEMENT"
    elif body.cycle not in figures:
        raise not_closed(house, body.cycle)
    elif not _figures_hold(house, figures, body):
        refusal = "FIGURES_DIFFER"
    elif body.warnings != warnings_now(house, figures, body.cycle):
        refusal = "WARNINGS_DIFFER"
    lines: list[tuple[str, str]] = [("cycle", str(body.cycle))]
    if refusal is None:
        lines.append(("settlement", str(len(house.settlements) + 1)))
    lines.append(("proposal", body.proposal_sha256))
    if refusal is None:
        lines += [("net", f"{participant} {amount}") for participant, amount in body.figures.nets.items()]
        lines += [("deferred", participant) for participant in body.deferred]
        lines += [("warning", warning) for warning in body.warnings]
    return house_draft("propose", act, tuple(lines), refusal)


def _figures_hold(house: House, figures: FiguresByCycle, body: Propose) -> bool:
    computed = (house.founded.currency, figures[body.cycle], deferred_now(house, figures, body.cycle))
    return (body.currency, body.figures, body.deferred) == computed


def deferred_now(house: House, figures: FiguresByCycle, cycle: int) -> tuple[str, ...]:
    """Whose nets of a cycle are too small to be paid under the tariff in force."""
    minimum_minor = house.tariff.minimum_payment_minor
    return deferred_of(figures[cycle].nets, operator=house.operator, minimum_minor=minimum_minor)


def warnings_now(house: House, figures: FiguresByCycle, cycle: int) -> tuple[str, ...]:
    """The warnings of a cycle under the tariff and the caps in force."""
    swing = house.tariff.swing_warning_basis_points
    earlier = [figures[number] for number in compared_with(cycle)] if swing else []
    return warnings_of(figures[cycle], earlier, swing_basis_points=swing, caps=house.security.caps)


def why_over(settlement: Settlement) -> str | None:
    """Why a proposal cannot be approved, objected to or cancelled any more, or None if it can."""
    if settlement.aborted_at is not None:
        return "ALREADY_ABORTED"
    if settlement.cancelled_at is not None:
        return "ALREADY_CANCELLED"
    return None if settlement.approved_at is None else "ALREADY_APPROVED"
