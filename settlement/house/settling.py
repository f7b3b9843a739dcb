"""What the entries on cycles and their settlements make of the house."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from settlement.clock import HOUR_US
from settlement.house.records import Cycle, Objection, Settlement
from settlement.house.security import PREFUND
from settlement.journal.leaf import Entry

if TYPE_CHECKING:
    from settlement.house.state import House


def _close(house: "House", entry: Entry) -> None:
    number = int(entry.one("cycle"))
    closed = replace(house.cycles[number], label=entry.get("label"), closed_at=entry.index)
    house.cycles[number] = replace(closed, funds=house.security.funds)
    house.cycles[number + 1] = Cycle(number + 1, entry.time_us)


def _close_by_calendar(house: "House", entry: Entry) -> None:
    _close(house, entry)
    house.closes_after_us = entry.time_us


def _propose(house: "House", entry: Entry) -> None:
    number, cycle = int(entry.one("settlement")), int(entry.one("cycle"))
    house.settlements[number] = Settlement(
        number,
        cycle,
        entry.one("proposal"),
        house.signer_of(entry),
        entry.time_us,
        nets={name: int(net) for name, net in (value.split(" ") for value in entry.all("net"))},
        objections_end_us=entry.time_us + house.tariff.objection_hours * HOUR_US,
        warnings=tuple(entry.all("warning")),
        deferred=tuple(entry.all("deferred")),
        operator=house.operator,
    )


def _object(house: "House", entry: Entry) -> None:
    objection = Objection(entry.one("partner"), entry.one("words"), entry.time_us)
    _put_objection(house, int(entry.one("settlement")), objection)


def _answer(house: "House", entry: Entry) -> None:
    """An accepted objection ends the proposal."""
    number, accepted = int(entry.one("settlement")), entry.one("answer") == "accepted"
    objection = house.settlements[number].objections[entry.one("subject")]
    _put_objection(house, number, replace(objection, accepted=accepted, answer=entry.one("words")))
    if accepted:
        house.settlements[number] = replace(house.settlements[number], cancelled_at=entry.index)


def _put_objection(house: "House", number: int, objection: Objection) -> None:
    settlement = house.settlements[number]
    objections = {**settlement.objections, objection.participant: objection}
    house.settlements[number] = replace(settlement, objections=objections)


def _cancel(house: "House", entry: Entry) -> None:
    number = int(entry.one("settlement"))
    house.settlements[number] = replace(house.settlements[number], cancelled_at=entry.index)


def _approve(house: "House", entry: Entry) -> None:
    number = int(entry.one("settlement"))
    debits = [post.debit.partition(":") for post in entry.transfers()]
    ahead = frozenset([name for kind, _, name in debits if kind == PREFUND])
    settlement = replace(
        house.settlements[number],
        approved_at=entry.index,
        approved_at_us=entry.time_us,
        tariff=house.tariff_number,
        paid=ahead,
        paid_ahead=ahead,
    )
    house.put_settlement(settlement)
    house.cycles[settlement.cycle] = replace(house.cycles[settlement.cycle], settlement=number)


def _abort(house: "House", entry: Entry) -> None:
    """The cycle may be settled anew."""
    number = int(entry.one("settlement"))
    settlement = replace(house.settlements[number], aborted_at=entry.index)
    house.put_settlement(settlement)
    house.cycles[settlement.cycle] = replace(house.cycles[settlement.cycle], settlement=None)


def _confirm(house: "House", entry: Entry) -> None:
    number = int(entry.one("settlement"))
    settlement = house.settlements[number]
    house.put_settlement(replace(settlement, paid=settlement.paid | {entry.one("subject")}))


def _overdue(house: "House", entry: Entry) -> None:
    number = int(entry.one("settlement"))
    settlement = house.settlements[number]
    house.put_settlement(replace(settlement, overdue=settlement.overdue | {entry.one("subject")}))


def _statements(house: "House", entry: Entry) -> None:
    number, documents = int(entry.one("cycle")), entry.all("document")
    before = house.cycles.get(number - 1)
    last = 0 if before is None else before.last_document
    if documents:
        last = int(documents[-1].split(" ")[0])
    house.cycles[number] = replace(house.cycles[number], last_document=last)
    house.recorded_cycles = number


SETTLING: dict[str, Callable[["House", Entry], None]] = {
    "close": _close,
    "auto-close": _close_by_calendar,
    "propose": _propose,
    "objection": _object,
    "objection-answer": _answer,
    "cancel": _cancel,
    "approve": _approve,
    "abort": _abort,
    "confirm": _confirm,
    "statements": _statements,
    "overdue": _overdue,
}
"""The fold of each kind of entry."""
