"""What somebody must look at before a cycle is settled. Pure: whoever proposes, approves or audits finds the same.

A warning has a name, and a participant where it is about one: `cap-exceeded:bakery`. Two people sign the warnings that they
have accepted, with the figures.
"""

from collections.abc import Mapping, Sequence
from heapq import nsmallest

from settlement.clearing.netting import Figures
from settlement.money import BASIS_POINTS

COMPARED_MAX = 3
"""So many earlier cycles a cycle is compared with."""
CAPS_EXCEEDED_MAX = 80
"""Are named of one cycle, those furthest beyond first: beside a swing of every participant they fit a leaf."""
ZERO_CYCLE, UNUSUAL_SWING, CAP_EXCEEDED = "zero-cycle", "unusual-swing", "cap-exceeded"


def compared_with(cycle: int) -> range:
    """The earlier cycles that a cycle is compared with, oldest first."""
    return range(max(1, cycle - COMPARED_MAX), cycle)


def warnings_of(
    figures: Figures, earlier: Sequence[Figures], *, swing_basis_points: int, caps: Mapping[str, int]
) -> tuple[str, ...]:
    """All warnings of a cycle, in order. `earlier`: the cycles that it is compared with; `swing_basis_points` 0: with none.

    `zero-cycle`: nobody owes anything. `unusual-swing`: a net differs from the mean of the earlier ones by more than that part of
    the mean; who was in none of them, or is no longer there, had or has a net of zero. `cap-exceeded`: a net is above the
    participant's cap; whoever has none never is.
    """
    found = [ZERO_CYCLE] if figures.gross == 0 else []
    if swing_basis_points and earlier:
        names = set(figures.nets).union(*[each.nets for each in earlier])
        found += [
            f"{UNUSUAL_SWING}:{name}"
            for name in names
            if _swings(
                figures.nets.get(name, 0), [each.nets.get(name, 0) for each in earlier], swing_basis_points
            )
        ]
    beyond = {name: caps[name] - net for name, net in figures.nets.items() if net > caps.get(name, net)}
    furthest = nsmallest(CAPS_EXCEEDED_MAX, beyond, key=lambda name: (beyond[name], name))
    return tuple(sorted(found + [f"{CAP_EXCEEDED}:{name}" for name in furthest]))


def _swings(net: int, earlier: Sequence[int], basis_points: int) -> bool:
    """In whole numbers: both sides times the number of cycles, and times 10,000."""
    total = sum(earlier)
    return abs(len(earlier) * net - total) * BASIS_POINTS > abs(total) * basis_points
