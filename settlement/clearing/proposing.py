"""Pure decisions on proposals: the figures of a closed cycle, as one person signs them."""

from collections.abc import Mapping

from settlement.clearing.acts import Propose
from settlement.clearing.closing import CycleNotClosedError
from settlement.clearing.netting import Figures
from settlement.house.drafting import house_draft
from settlement.house.state import House
from settlement.journal.acts import Act, Draft

FiguresByCycle = Mapping[int, Figures]
"""Figures of every cycle that an act of the batch is about and that all shards have cut."""


def propose(house: House, figures: FiguresByCycle, act: Act[object], body: Propose) -> Draft:
    """A proposal that another person may approve. CycleNotClosedError: a shard has still to cut the cycle."""
    cycle = house.cycles.get(body.cycle)
    refusal = None
    if cycle is None:
        refusal = "CYCLE_UNKNOWN"
    elif cycle.settlement is not None:
        refusal = "CYCLE_IN_SETTLEMENT"
    elif body.cycle not in figures:
        raise CycleNotClosedError(body.cycle)
    elif figures[body.cycle] != body.figures or body.currency != house.founded.currency:
        refusal = "FIGURES_DIFFER"
    lines: list[tuple[str, str]] = [("cycle", str(body.cycle))]
    if refusal is None:
        lines.append(("settlement", str(len(house.settlements) + 1)))
    lines.append(("proposal", body.proposal_sha256))
    if refusal is None:
        lines += [("net", f"{participant} {amount}") for participant, amount in body.figures.nets.items()]
    return house_draft("propose", act, tuple(lines), refusal)
