"""Pure decisions on the end of a cycle."""

from settlement.clearing.acts import CloseCycle
from settlement.errors import CoalitionError
from settlement.house.drafting import house_draft
from settlement.house.state import House
from settlement.journal.acts import Act, Draft


class CycleNotClosedError(CoalitionError):
    """A cycle has no figures, or no statements, yet; nothing is recorded.

    `soon`: asking again in a moment cures it. Otherwise the cycle is open, and somebody has to close it first.
    """

    def __init__(self, message: str, *, soon: bool) -> None:
        super().__init__("CYCLE_NOT_CLOSED", message, field="cycle")
        self.soon = soon


def not_closed(house: House, cycle: int) -> CycleNotClosedError:
    """Why a cycle that the house knows has no figures: it is open, or some shard has still to cut it."""
    if house.cycles[cycle].closed_at is None:
        return CycleNotClosedError(
            f"cycle {cycle} is open; it has figures and statements once it is closed", soon=False
        )
    return CycleNotClosedError(
        f"cycle {cycle} is not cut by every shard yet; ask again in a moment", soon=True
    )


def close_cycle(house: House, act: Act[object], body: CloseCycle) -> Draft:
    """Ends the open cycle and opens the next."""
    refusal = None
    if body.cycle not in house.cycles:
        refusal = "CYCLE_UNKNOWN"
    elif body.cycle != house.open_cycle:
        refusal = "CYCLE_NOT_OPEN"
    label = (("label", body.label),) if body.label else ()
    return house_draft("close", act, (("cycle", str(body.cycle)), *label), refusal)
