"""What each participant of a settlement has to pay. Pure, in the currency's minor unit: positive pays, negative is paid."""

from collections.abc import Collection, Mapping


def legs_of(nets: Mapping[str, int], deferred: Collection[str], *, operator: str) -> dict[str, int]:
    """The nets that need a payment, in order of participant. Those of whoever is deferred are the operator's to settle."""
    later = frozenset(deferred)
    legs = {name: net for name, net in nets.items() if name not in later}
    if later:
        legs[operator] = legs.get(operator, 0) + sum([nets[name] for name in later])
    return {name: legs[name] for name in sorted(legs) if legs[name]}
