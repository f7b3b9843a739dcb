"""The terms of clearing, as options of commands: one row for each."""

from functools import partial

from coalition.cli.term import MINOR_UNITS, Term, matching, number, one_of
from coalition.wire.tariffs import (
    CALENDAR,
    CUT_OFF,
    OBJECTION_HOURS_MAX,
    PAYMENT_DAYS_MAX,
    SWING_MAX,
    ZONE,
)
from settlement.house.tariff import CutOffEvery
from settlement.money import AMOUNT_MAX, BASIS_POINTS

_term = partial(Term, group="Terms of clearing")
CLEARING_TERMS = (
    _term(
        "--calendar",
        "calendar",
        "NAME",
        matching(CALENDAR, "none, target2, or a country's two letters"),
        "Business days: none (Monday to Friday), target2, or a country, as DE.",
    ),
    _term(
        "--cut-off",
        "cut_off",
        "HH:MM",
        matching(CUT_OFF, "none, or a time of day as 18:00"),
        "When a cycle is closed by itself, in --cut-off-zone; none: only by hand.",
    ),
    _term(
        "--cut-off-zone",
        "cut_off_zone",
        "ZONE",
        matching(ZONE, "a time zone's name, as Europe/Berlin"),
        "The time zone of --cut-off, as Europe/Berlin.",
    ),
    _term(
        "--cut-off-every",
        "cut_off_every",
        "PERIOD",
        one_of(CutOffEvery),
        "Close each business day (day), or on the last one of a week or a month.",
    ),
    _term(
        "--objection-hours",
        "objection_hours",
        "HOURS",
        number(0, OBJECTION_HOURS_MAX),
        "How long participants may object to a proposed settlement.",
    ),
    _term(
        "--payment-days",
        "payment_days",
        "DAYS",
        number(0, PAYMENT_DAYS_MAX),
        "Business days from a settlement's approval until it is due; 0: never.",
    ),
    _term(
        "--minimum-payment",
        "minimum_payment_minor",
        "CENTS",
        number(0, AMOUNT_MAX, MINOR_UNITS),
        "Nets of fewer minor units are not paid, and carried into the next cycle.",
    ),
    _term(
        "--swing-warning",
        "swing_warning_basis_points",
        "HUNDREDTHS",
        number(0, SWING_MAX),
        "The change of a net that somebody must look at, in hundredths of a percent; 0: none.",
    ),
    _term(
        "--vat",
        "vat_basis_points",
        "HUNDREDTHS",
        number(0, BASIS_POINTS),
        "The tax on the operator's fees, in hundredths of a percent.",
    ),
)
