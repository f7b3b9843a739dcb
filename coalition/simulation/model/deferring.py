"""Sums too small to be paid: docs/clearing.md, "Small sums"."""

from coalition.simulation.model.terms import LINE_BYTES, SETTLEMENT_BYTES_MAX


def deferred_of(nets: dict[str, int], operator: str, minimum_cents: int) -> list[str]:
    """Who neither pays nor is paid now: as many as one entry has room for, the smallest nets first."""
    others = [(abs(net), name) for name, net in nets.items() if name != operator]
    taken = sum(LINE_BYTES + 2 * len(name) for name in {operator, *nets})
    found: list[str] = []
    for cents, name in sorted(others):
        if 0 < cents < minimum_cents:
            taken += LINE_BYTES + 2 * len(operator) + len(name)
            found += [name] if taken <= SETTLEMENT_BYTES_MAX else []
    return sorted(found)


def legs_of(nets: dict[str, int], operator: str, deferred: list[str]) -> dict[str, int]:
    """What each is to pay, positive, or to be paid: the operator instead of whoever is deferred."""
    others = {name: net for name, net in nets.items() if name not in deferred}
    others[operator] = nets.get(operator, 0) + sum(nets[name] for name in deferred)
    return {name: others[name] for name in sorted(others) if others[name]}
