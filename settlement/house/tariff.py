"""The tariff: the terms that acts on points are judged by, each a `term` line of the house entry that puts them in force."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from settlement.errors import BooksError

HOLD_MINUTES_DEFAULT, HOLD_MINUTES_MAX = 7 * 1_440, 365 * 1_440


class Spent(StrEnum):
    """What becomes of points that are spent when their issue is reversed."""

    REFUSE = "refuse"
    ARREARS = "arrears"
    BEAR = "bear"


@dataclass(frozen=True, slots=True)
class Tariff:
    """All terms at once: one tariff replaces the other whole. A term is spelled as its field, hyphens for underscores.

    `rate_micros`: what a redeemer is reimbursed for a point, in micros of the currency. `hold_minutes`: how long points are held
    at most. `expiry`: when points expire that are issued under it, spelled as `settlement.ledger.rules.expiry` reads it;
    `grace_days`: how long points live on that come back expired. `spent`: a reversal of spent points is refused, makes the member
    owe them, or leaves them to the issuer to bear.
    """

    rate_micros: int
    hold_minutes: int = HOLD_MINUTES_DEFAULT
    expiry: str = "never"
    grace_days: int = 30
    spent: Spent = Spent.ARREARS

    def lines(self) -> tuple[tuple[str, str], ...]:
        """The leaf's `term` lines, in the order of the fields."""
        return tuple(
            [("term", f"{each.name.replace('_', '-')} {getattr(self, each.name)}") for each in fields(self)]
        )


_READ: dict[Any, Callable[[str], Any]] = {int: int, str: str, Spent: Spent}


def parse_tariff(values: Iterable[str]) -> Tariff:
    """Reads the values of a leaf's `term` lines. BooksError unless they are all terms in their order."""
    spelled = list(values)
    terms = {name.replace("-", "_"): value for name, value in (value.split(" ") for value in spelled)}
    try:
        found: dict[str, Any] = {each.name: _READ[each.type](terms[each.name]) for each in fields(Tariff)}
        tariff = Tariff(**found)
    except (KeyError, ValueError) as error:
        raise BooksError(f"the terms of a tariff are not as they are spelled: {error}") from None
    if [value for _, value in tariff.lines()] != spelled:
        raise BooksError("the terms of a tariff are not all there in their order, each in its one spelling")
    return tariff
