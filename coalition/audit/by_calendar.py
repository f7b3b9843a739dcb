"""The engine's entries that follow a calendar: what can be proven of them, and what rests on which days are holidays.

Holidays are a fact of the world, and a later version of their library may know better. So an entry states the moment on which it
rests: its order, time of day, time zone, label and least distance are proven; where the holidays known here lead to another day,
that is a remark (docs/decisions/0020-holidays-are-stated.md).
"""

from datetime import timedelta
from zoneinfo import ZoneInfo

from settlement.clearing.calendar import CloseDue, is_cut_off, last_close_due
from settlement.clearing.due import late_payers, leg_due_us
from settlement.clock import format_time, from_us, parse_time
from settlement.house.state import House
from settlement.house.tariff import NONE
from settlement.journal.leaf import Entry


def wrong_close(entry: Entry, house: House) -> str | None:
    """Why a cycle cannot have closed by itself here, or None."""
    due = CloseDue(parse_time(entry.one("due")), entry.one("label"))
    if entry.one("cycle") != str(house.open_cycle):
        return f"the open cycle is {house.open_cycle}"
    if not house.closes_after_us < due.due_us <= entry.time_us:
        return "a cycle closes by itself at a moment that has come, and once"
    if not is_cut_off(house.tariff, due):
        return "the tariff has no such cut-off, or another label for it"
    if house.tariff.calendar == NONE and due != _close_known_here(entry, house):
        return "another close is due"
    return None


def wrong_overdue(entry: Entry, house: House) -> str | None:
    """Why no leg can be overdue here, or None."""
    number, due_us = int(entry.one("settlement")), parse_time(entry.one("due"))
    settlement = house.settlements.get(number)
    if settlement is None or number not in house.unsettled or settlement.approved_at_us is None:
        return f"settlement {number} has no unpaid leg"
    if entry.one("subject") not in late_payers(settlement):
        return f"{entry.one('subject')} has nothing to pay, or is said to be late a second time"
    terms = house.tariffs[settlement.tariff]
    zone = ZoneInfo(terms.cut_off_zone)
    earliest = from_us(settlement.approved_at_us).astimezone(zone).date() + timedelta(days=terms.payment_days)
    ended = from_us(due_us).astimezone(zone).date() - timedelta(days=1)
    if not terms.payment_days or due_us > entry.time_us or ended < earliest:
        return f"the leg was not due at {entry.one('due')}"
    if terms.calendar == NONE and due_us != leg_due_us(house, settlement):
        return "the leg was due at another moment"
    return None


def remark_on_holidays(entry: Entry, house: House) -> str | None:
    """What to say where the holidays known here lead to another day."""
    if entry.kind not in ("auto-close", "overdue"):
        return None
    where, stated = f"0:{entry.index}", entry.one("due")
    try:
        known_us = _known_here_us(entry, house)
    except NotImplementedError:
        return f"{where}: the holidays that it rests on are not known here: it states {stated}"
    known = None if known_us is None else format_time(known_us)
    if known == stated:
        return None
    return f"{where}: it states {stated}, by the holidays known here it would be {known or 'not due yet'}"


def _known_here_us(entry: Entry, house: House) -> int | None:
    if entry.kind == "overdue":
        return leg_due_us(house, house.settlements[int(entry.one("settlement"))])
    due = _close_known_here(entry, house)
    return None if due is None else due.due_us


def _close_known_here(entry: Entry, house: House) -> CloseDue | None:
    return last_close_due(house.tariff, house.closes_after_us, entry.time_us)
