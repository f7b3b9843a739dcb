"""The tariff: the terms that acts on points are judged by, each a `term` line of the house entry that puts them in force."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache
from typing import Any

from settlement.errors import BooksError, CoalitionError
from settlement.house.records import POOL
from settlement.money import micros_per_minor

NONE = "none"
HOLD_MINUTES_DEFAULT, HOLD_MINUTES_MAX = 7 * 1_440, 365 * 1_440


class Spent(StrEnum):
    """What becomes of points that are spent when their issue is reversed."""

    REFUSE = "refuse"
    ARREARS = "arrears"
    BEAR = "bear"


class CutOffEvery(StrEnum):
    """How often a cycle is closed by itself: on each business day, or on the last one of a week or a month."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Tariff:
    """All terms at once: one tariff replaces the other whole. A term is spelled as its field, hyphens for underscores.

    In micros of the currency for one point: `rate_micros`, what a redeemer is reimbursed; `price_micros`, what an issuer pays
    into the pool's fund; `fee_micros`, what an issuer pays the operator; `interchange_micros`, what a redeemer pays the
    point's funder. `hold_minutes`: how long points are held at most. `expiry`: when points expire that are issued under it,
    spelled as `settlement.ledger.rules.expiry` reads it; `grace_days`: how long points live on that come back expired. `spent`:
    a reversal of spent points is refused, makes the member owe them, or leaves them to the issuer to bear.
    `rebate_basis_points`: the part of an expired point's price that its issuer gets back. Of transfers between members:
    `transfer_points_max` points at once, 0: none are allowed; `transfer_daily_max` points that a member sends on one day, in
    UTC, 0: no bound; `transfer_fee_micros`, what the partner that asks pays the operator for a point. `notice_days`: how long
    before points expire that have a date their issuer is told; 0: it is not. `consent_above`: no more points than these are
    spent or held without the member's own proof; None: it is never asked. Of value, in minor units: `value_expiry`, as
    `expiry`, but never by activity; `value_consent_above`, as `consent_above`; `value_transfer_max` at once, 0: none.

    Of clearing: `calendar`, the days that are business days: `none` (Monday to Friday), `target2`, or a country by its two
    letters. `cut_off`, when a cycle is closed by itself: `none`, or the time of day `HH:MM` in `cut_off_zone`, an IANA time
    zone, on the business days that `cut_off_every` names. `objection_hours`: how long participants may object to a proposed
    settlement. `payment_days`: business days from its approval until it is due; 0: it never is. `minimum_payment_minor`: nets
    of less are carried into the next cycle. `swing_warning_basis_points`: the change of a net that somebody must look at; 0:
    none. `vat_basis_points`: the tax on the operator's fees.
    """

    rate_micros: int
    hold_minutes: int = HOLD_MINUTES_DEFAULT
    expiry: str = "never"
    grace_days: int = 30
    spent: Spent = Spent.ARREARS
    price_micros: int = 0
    fee_micros: int = 0
    interchange_micros: int = 0
    rebate_basis_points: int = 0
    transfer_points_max: int = 0
    transfer_daily_max: int = 0
    transfer_fee_micros: int = 0
    notice_days: int = 0
    consent_above: int | None = None
    value_expiry: str = "never"
    value_consent_above: int | None = None
    value_transfer_max: int = 0
    calendar: str = NONE
    cut_off: str = NONE
    cut_off_zone: str = "UTC"
    cut_off_every: CutOffEvery = CutOffEvery.MONTH
    objection_hours: int = 0
    payment_days: int = 0
    minimum_payment_minor: int = 0
    swing_warning_basis_points: int = 0
    vat_basis_points: int = 0

    @property
    def closes(self) -> tuple[str, ...]:
        """The terms that say when cycles close by themselves."""
        return self.calendar, self.cut_off, self.cut_off_zone, self.cut_off_every

    def lines(self) -> tuple[tuple[str, str], ...]:
        """The leaf's `term` lines, in the order of the fields."""
        return tuple(
            [
                ("term", f"{each.name.replace('_', '-')} {_spell(getattr(self, each.name))}")
                for each in fields(self)
            ]
        )


@cache
def at_face(minor_digits: int, model: str) -> Tariff:
    """The money terms of value, of which a unit is one of the currency's minor units: worth its face, free of all else."""
    face_micros = micros_per_minor(minor_digits)
    return Tariff(face_micros, price_micros=face_micros if model == POOL else 0)


def check_terms(tariff: Tariff, *, model: str) -> None:
    """CoalitionError FIELD_INVALID names the first term that does not go with the others or with the settlement model."""
    if tariff.interchange_micros > tariff.rate_micros:
        message = "a redeemer would pay more than it is reimbursed: interchange_micros is at most reimbursement_micros"
        raise CoalitionError("FIELD_INVALID", message, field="tariff.interchange_micros")
    if tariff.value_expiry.startswith("activity-"):
        message = "value expires by a date or never: nobody loses money for having bought nothing"
        raise CoalitionError("FIELD_INVALID", message, field="tariff.value_expiry")
    if model == POOL and not tariff.price_micros:
        message = "in the pool every point has a price, which its fund holds until the point is spent"
        raise CoalitionError("FIELD_INVALID", f"{message}: 1 at least", field="tariff.price_micros")
    if model != POOL:
        for term in ("price_micros", "rebate_basis_points"):
            if getattr(tariff, term):
                message = f"{term} belongs to the pool's fund, and this network has none: leave it 0"
                raise CoalitionError("FIELD_INVALID", message, field=f"tariff.{term}")


def _spell(value: object) -> str:
    return NONE if value is None else str(value)


_READ: dict[Any, Callable[[str], Any]] = {
    int: int,
    str: str,
    Spent: Spent,
    CutOffEvery: CutOffEvery,
    int | None: lambda text: None if text == NONE else int(text),
}


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
