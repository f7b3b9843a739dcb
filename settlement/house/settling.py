"""What the entries on cycles and their settlements make of the house."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from settlement.house.records import Cycle, Settlement
from settlement.journal.leaf import Entry

if TYPE_CHECKING:
    from settlement.house.state import House


def _close(house: "House", entry: Entry) -> None:
    number = int(entry.one("cycle"))
    house.cycles[number] = replace(house.cycles[number], label=entry.get("label"), closed_at=entry.index)
    house.cycles[number + 1] = Cycle(number + 1)


def _propose(house: "House", entry: Entry) -> None:
    number, cycle = int(entry.one("settlement")), int(entry.one("cycle"))
    nets = {name: int(net) for name, net in (value.split(" ") for value in entry.all("net"))}
    house.settlements[number] = Settlement(
        number, cycle, entry.one("proposal"), house.signer_of(entry), entry.time_us, nets
    )


def _approve(house: "House", entry: Entry) -> None:
    number = int(entry.one("settlement"))
    settlement = replace(house.settlements[number], approved=True)
    house.settlements[number] = settlement
    house.cycles[settlement.cycle] = replace(house.cycles[settlement.cycle], settlement=number)


def _confirm(house: "House", entry: Entry) -> None:
    number = int(entry.one("settlement"))
    settlement = house.settlements[number]
    house.settlements[number] = replace(settlement, paid=settlement.paid | {entry.one("subject")})


SETTLING: dict[str, Callable[["House", Entry], None]] = {
    "close": _close,
    "propose": _propose,
    "approve": _approve,
    "confirm": _confirm,
}
"""The fold of each kind of entry."""
