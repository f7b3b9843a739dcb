"""The clock of a practice network: it can be set ahead, never back, and each time the journal says so. A real network has none.

Months pass at once then: legs become overdue, cycles close, points expire. Whoever signs goes by the right time, so whether a
request is fresh is asked of the clock as it would be had nobody set it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from settlement.clock import HOUR_US, now_us
from settlement.errors import BooksError, CoalitionError
from settlement.journal.acts import ENGINE_LINE, Draft
from settlement.journal.leaf import Entry

if TYPE_CHECKING:
    from settlement.house.state import House

DAY_US = 24 * HOUR_US
DAYS_MAX = 36_500
"""How far ahead the clock may be in all: a hundred years, so that every time can be spelled."""


def network_now_us(house: "House") -> int:
    """The network's time by this machine's clock: for reads and for people, never for the ledger."""
    return now_us() + house.ahead_us


def forward(house: "House", days: int) -> Draft:
    """The entry that sets the clock so many days ahead, from the next entry on.

    CoalitionError NOT_FOR_PRACTICE in a real network, FIELD_INVALID for less than a day or too many in all.
    """
    if not house.founded.practice:
        message = f"{house.founded.origin} was not founded for practice: nobody sets its clock"
        raise CoalitionError("NOT_FOR_PRACTICE", message)
    most = DAYS_MAX - house.ahead_us // DAY_US
    if not 1 <= days <= most:
        raise CoalitionError("FIELD_INVALID", f"days must be from 1 to {most}", field="days")
    return Draft("forward", (("days", str(days)), ENGINE_LINE))


def _forward(house: "House", entry: Entry) -> None:
    if not house.founded.practice:
        raise BooksError(f"house entry {entry.index} sets the clock of a network that is not for practice")
    house.ahead_us += int(entry.one("days")) * DAY_US


PRACTISING: dict[str, Callable[["House", Entry], None]] = {"forward": _forward}
"""The fold of each kind of entry."""
