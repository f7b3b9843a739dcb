"""When the legs of an approved settlement are to be paid. Pure."""

from settlement.clock import HOUR_US
from settlement.house.records import Settlement
from settlement.house.state import House

DAY_US = 24 * HOUR_US


def due_at(house: House, settlement: Settlement) -> int | None:
    """The moment after which an unpaid leg is overdue, by the tariff at the approval; None: it never is."""
    days = house.tariffs[settlement.tariff].payment_days
    return settlement.approved_at_us + days * DAY_US if days else None


def is_overdue(house: House, settlement: Settlement, now_us: int) -> bool:
    """Whether its unpaid legs are overdue."""
    due_us = due_at(house, settlement)
    return due_us is not None and now_us > due_us
