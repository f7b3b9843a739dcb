"""Who bears the leg of a participant that does not pay: pure, in the currency's minor unit. A settlement is never unwound.

The defaulter's collateral, then its share of the guarantee fund, then the operator's capital, then the survivors: in proportion
to what the defaulter owed each of them in the cycle, gross. None bears more than is still to be paid to it: what that leaves over
is spread over the others, and what nobody can bear is the operator's too.
"""

from collections.abc import Mapping
from heapq import nsmallest

from settlement.house.security import Waterfall

SURVIVORS_MAX = 200
"""Bear one default: those to whom the defaulter owed most. With two postings for each its entry fits a leaf."""


def pour(
    unpaid: int,
    *,
    collateral: int,
    guarantee: int,
    capital: int,
    owed: Mapping[str, int],
    to_be_paid: Mapping[str, int],
) -> Waterfall:
    """Divides an unpaid leg. `owed`: what the defaulter owed whom; `to_be_paid`: each creditor's leg as far as it is unpaid.

    The three funds are what there is of each; capital that is overdrawn gives nothing.
    """
    from_collateral = min(unpaid, collateral)
    from_guarantee = min(unpaid - from_collateral, guarantee)
    from_capital = min(unpaid - from_collateral - from_guarantee, max(0, capital))
    left = unpaid - from_collateral - from_guarantee - from_capital
    rooms = {name: room for name, room in to_be_paid.items() if room > 0 and owed.get(name, 0) > 0}
    survivors = nsmallest(SURVIVORS_MAX, rooms, key=lambda name: (-owed[name], name))
    borne = spread(left, {name: owed[name] for name in survivors}, rooms)
    shortfall = left - sum(borne.values())
    return Waterfall(unpaid, from_collateral, from_guarantee, from_capital, borne, shortfall)


def spread(amount: int, weights: Mapping[str, int], rooms: Mapping[str, int]) -> dict[str, int]:
    """An amount in proportion to weights above zero, to none more than its room; by name, nobody with nothing.

    Whoever's part is more than its room has just that, and the others share the rest. Less than the amount if all rooms are full.
    """
    found: dict[str, int] = {}
    left, waiting = amount, dict(weights)
    while waiting:
        parts = _divided(left, waiting)
        full = [name for name, part in parts.items() if part > rooms[name]]
        for name in full or parts:
            found[name] = min(parts[name], rooms[name])
            left -= found[name]
            del waiting[name]
    return {name: found[name] for name in sorted(found) if found[name]}


def _divided(amount: int, weights: Mapping[str, int]) -> dict[str, int]:
    """By largest remainder: each its part rounded down, and one more to those who lost most by that, among equals by name."""
    whole = sum(weights.values())
    parts = {name: amount * weight // whole for name, weight in weights.items()}
    lost = nsmallest(
        amount - sum(parts.values()), weights, key=lambda name: (-(amount * weights[name] % whole), name)
    )
    for name in lost:
        parts[name] += 1
    return parts
