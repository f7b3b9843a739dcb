"""What falls due in the house by itself: the engine's own entries, decided purely.

A cycle closes before a tariff starts, so other terms of clearing lose no close. The worker sees to it ten times a second, and so
does whatever is asked of the house before: no act stands before an entry that was due.
"""

from collections.abc import Iterator
from typing import NamedTuple

from settlement.clearing.calendar import last_close_due, next_close_due, payment_due_us
from settlement.clock import format_time
from settlement.house.pricing import start_of_tariff
from settlement.house.records import Settlement
from settlement.house.state import House
from settlement.journal.acts import ENGINE_LINE, Draft


class FallenDue(NamedTuple):
    """An entry, and the moment at which it fell due."""

    draft: Draft
    due_us: int


def fallen_due(house: House, now_us: int) -> FallenDue | None:
    """The engine's next entry in the house, or None if nothing is due."""
    return _close(house, now_us) or _start(house, now_us) or _overdue(house, now_us)


def _close(house: House, now_us: int) -> FallenDue | None:
    """One close for all moments that have passed, named after the last."""
    coming = next_close_due(house.tariff, house.closes_after_us)
    if coming is None or coming.due_us > now_us:
        return None
    due = last_close_due(house.tariff, house.closes_after_us, now_us) or coming
    lines = (
        ("cycle", str(house.open_cycle)),
        ("label", due.label),
        ("due", format_time(due.due_us)),
        ENGINE_LINE,
    )
    return FallenDue(Draft("auto-close", lines), due.due_us)


def _start(house: House, now_us: int) -> FallenDue | None:
    start, coming = start_of_tariff(house, now_us), house.coming
    return None if start is None or coming is None else FallenDue(start, coming.from_us or 0)


def _overdue(house: House, now_us: int) -> FallenDue | None:
    for settlement, due_us in unsettled(house):
        late = late_payers(settlement) if due_us is not None and due_us <= now_us else []
        for participant in late:
            return FallenDue(overdue_draft(settlement, participant, due_us or 0), due_us or 0)
    return None


def unsettled(house: House) -> Iterator[tuple[Settlement, int | None]]:
    """Every settlement with unpaid legs, and from when on those are overdue; None: never."""
    for number in house.unsettled:
        settlement = house.settlements[number]
        yield settlement, leg_due_us(house, settlement)


def leg_due_us(house: House, settlement: Settlement) -> int | None:
    """From when on unpaid legs of an approved settlement are overdue, by the tariff of its approval; None: never."""
    if settlement.approved_at_us is None:
        return None
    return payment_due_us(house.tariffs[settlement.tariff], settlement.approved_at_us)


def is_overdue(house: House, settlement: Settlement, now_us: int) -> bool:
    """Whether unpaid legs of an approved settlement are overdue."""
    due_us = leg_due_us(house, settlement)
    return due_us is not None and due_us <= now_us


def late_payers(settlement: Settlement) -> list[str]:
    """Who still has to pay its leg, and has not been said to be overdue."""
    return [
        participant
        for participant, left in settlement.unpaid.items()
        if left > 0 and participant not in settlement.overdue
    ]


def overdue_draft(settlement: Settlement, participant: str, due_us: int) -> Draft:
    """The entry that tells a participant, and whoever follows it, that its leg is overdue."""
    lines = (
        ("settlement", str(settlement.number)),
        ("subject", participant),
        ("due", format_time(due_us)),
        ENGINE_LINE,
    )
    return Draft("overdue", lines, concerns=(participant,))
