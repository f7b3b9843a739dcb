"""The tariffs of a house as their entries alone tell them, for those who examine acts before the house is walked so far."""

from collections.abc import Iterable

from settlement.clock import parse_time
from settlement.errors import CoalitionError
from settlement.house.state import House
from settlement.house.tariff import Tariff, parse_tariff
from settlement.journal.leaf import Entry, LeafError, parse_leaf

TARIFF_KINDS = ("found", "tariff-propose", "tariff-approve", "tariff-start")


def house_of_tariffs(leaves: Iterable[bytes]) -> House:
    """A house that knows how the network was founded and its tariffs, and nothing else; what it guesses is compared later.

    `leaves`: of these kinds, in order. One that says nothing is passed over.
    """
    house, proposed = House(), dict[str, tuple[Tariff, int | None]]()
    for leaf in leaves:
        try:
            entry = parse_leaf(leaf)
            if entry.refusal is None:
                _take(house, proposed, entry)
        except (CoalitionError, LeafError, ValueError, LookupError, StopIteration):
            continue
    return house


def _take(house: House, proposed: dict[str, tuple[Tariff, int | None]], entry: Entry) -> None:
    if entry.kind == "found":
        house.apply(entry)
    elif entry.kind == "tariff-propose":
        starts = entry.get("from")
        terms = parse_tariff(entry.all("term"))
        proposed[entry.one("proposal")] = terms, None if starts is None else parse_time(starts)
    else:
        tariff, from_us = proposed[entry.one("proposal")]
        if entry.kind == "tariff-start" or from_us is None or from_us <= entry.time_us:
            house.tariffs[entry.index] = tariff
