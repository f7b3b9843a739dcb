"""The tariff: the terms that acts on points are judged by, each a `term` line of the house entry that puts them in force."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from settlement.errors import BooksError

HOLD_MINUTES_DEFAULT, HOLD_MINUTES_MAX = 7 * 1_440, 365 * 1_440


@dataclass(frozen=True, slots=True)
class Tariff:
    """All terms at once: one tariff replaces the other whole. A term is spelled as its field, hyphens for underscores.

    `rate_micros`: what a redeemer is reimbursed for a point, in micros of the currency. `hold_minutes`: how long points are held
    at most. `expiry`: when points expire that are issued under it, spelled as `settlement.ledger.rules.expiry` reads it;
    `grace_days`: how long points live on that come back expired.
    """

    rate_micros: int
    hold_minutes: int = HOLD_MINUTES_DEFAULT
    expiry: str = "never"
    grace_days: int = 30

    def lines(self) -> tuple[tuple[str, str], ...]:
        """The leaf's `term` lines, in the order of the fields."""
        return tuple(
            [("term", f"{each.name.replace('_', '-')} {getattr(self, each.name)}") for each in fields(self)]
        )


def parse_tariff(values: Iterable[str]) -> Tariff:
    """Reads the values of a leaf's `term` lines. BooksError unless they are all terms in their order."""
    spelled = list(values)
    terms = {name.replace("-", "_"): value for name, value in (value.split(" ") for value in spelled)}
    try:
        found: dict[str, Any] = {
            each.name: int(terms[each.name]) if each.type is int else terms[each.name]
            for each in fields(Tariff)
        }
        tariff = Tariff(**found)
    except (KeyError, ValueError) as error:
        raise BooksError(f"the terms of a tariff are not as they are spelled: {error}") from None
    if [value for _, value in tariff.lines()] != spelled:
        raise BooksError("the terms of a tariff are not all there in their order, each in its one spelling")
    return tariff
