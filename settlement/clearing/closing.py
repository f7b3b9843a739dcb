"""Pure decisions on the end of a cycle."""

from settlement.clearing.acts import CloseCycle
from settlement.errors import CoalitionError
from settlement.house.drafting import house_draft
from settlement.house.state import House
from settlement.journal.acts import Act, Draft


class CycleNotClosedError(CoalitionError):
    """A shard has not yet cut the cycle, which takes milliseconds after the close; nothing is recorded."""

    def __init__(self, cycle: int) -> None:
        super().__init__(
            "CYCLE_NOT_CLOSED",
            f"cycle {cycle} is not cut by every shard yet; ask again in a moment",
            field="cycle",
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
