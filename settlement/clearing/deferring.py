"""Sums too small to be paid now. Pure: whoever previews, proposes, approves or audits finds the same.

A deferred participant neither pays nor is paid. Its net is closed against the operator's leg, and the one owes it to the other
again in the open cycle, where it is netted with what comes.
"""

from collections.abc import Mapping

from settlement.house.decide import SETTLEMENT_BYTES_MAX, line_bytes


def deferred_of(nets: Mapping[str, int], *, operator: str, minimum_minor: int) -> tuple[str, ...]:
    """Whose nets are below the minimum and not zero, in order of participant; never the operator's.

    Of more than one entry has room for, those with the smallest nets, among equals the first by name.
    """
    small = [name for name, net in nets.items() if 0 < abs(net) < minimum_minor and name != operator]
    found: list[str] = []
    room = SETTLEMENT_BYTES_MAX - sum([line_bytes(name) for name in {operator, *nets}])
    for name in sorted(small, key=lambda name: (abs(nets[name]), name)):
        # One more line in the approval, and the name in the proposal.
        room -= line_bytes(operator) + len(name)
        if room < 0:
            break
        found.append(name)
    return tuple(sorted(found))
