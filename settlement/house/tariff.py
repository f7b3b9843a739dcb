"""The tariff: the terms that acts on points are judged by, each a `term` line of the house entry that puts them in force."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tariff:
    """All terms at once: one tariff replaces the other whole.

    `rate_micros`: what a redeemer is reimbursed for a point, in micros of the currency.
    """

    rate_micros: int

    def lines(self) -> tuple[tuple[str, str], ...]:
        """The leaf's `term` lines."""
        return (("term", f"rate {self.rate_micros}"),)


def parse_tariff(values: Iterable[str]) -> Tariff:
    """Reads the values of a leaf's `term` lines."""
    terms = dict(value.split(" ") for value in values)
    return Tariff(int(terms["rate"]))
