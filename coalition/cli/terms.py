"""The terms of a tariff as options of commands: one row for each."""

import inspect
from collections.abc import Callable, Mapping
from inspect import Parameter
from typing import Annotated, Any, TypeAlias

import typer

from coalition.cli.amounts import point_value_micros, price_micros
from coalition.cli.clearing_terms import CLEARING_TERMS
from coalition.cli.term import MINOR_UNITS, Term, number, number_or_none, one_of
from coalition.cli.usage import wrong_usage
from coalition.wire.tariffs import DAYS_MAX, check_expiry
from settlement.house.tariff import HOLD_MINUTES_MAX, Spent
from settlement.money import AMOUNT_MAX, BASIS_POINTS, WALLET_MAX

Terms: TypeAlias = Mapping[str, Any]
"""Fields of a tariff and their values: those that were given."""


_UNIT = "in the currency's unit, exact to 0.000001"
TERMS = (
    Term(
        "--point-value",
        "rate_micros",
        "DECIMAL",
        point_value_micros,
        f"What a redeemer gets for a point, {_UNIT}.",
    ),
    Term(
        "--hold-minutes",
        "hold_minutes",
        "MINUTES",
        number(1, HOLD_MINUTES_MAX),
        "How long points are held at most.",
    ),
    Term(
        "--expiry",
        "expiry",
        "TERM",
        check_expiry,
        "When points expire: never, months-N, month-end-N, year-end-N, or activity-N (months idle).",
    ),
    Term(
        "--grace-days",
        "grace_days",
        "DAYS",
        number(0, DAYS_MAX),
        "How long points live on that come back expired.",
    ),
    Term(
        "--spent",
        "spent",
        "RULE",
        one_of(Spent),
        "Spent points whose issue is reversed: refuse it, let the member owe them (arrears), or let the issuer bear them.",
    ),
    Term(
        "--price",
        "price_micros",
        "DECIMAL",
        price_micros,
        f"Pool: what an issuer pays into it for a point, {_UNIT}.",
    ),
    Term(
        "--fee",
        "fee_micros",
        "DECIMAL",
        price_micros,
        f"What an issuer pays the operator for a point, {_UNIT}.",
    ),
    Term(
        "--interchange",
        "interchange_micros",
        "DECIMAL",
        price_micros,
        f"What a redeemer pays the funder of a point, {_UNIT}.",
    ),
    Term(
        "--rebate",
        "rebate_basis_points",
        "HUNDREDTHS",
        number(0, BASIS_POINTS),
        "Pool: how many hundredths of a percent of an expired point's price its issuer gets back.",
    ),
    Term(
        "--transfer-max",
        "transfer_points_max",
        "POINTS",
        number(0, AMOUNT_MAX),
        "How many points one member sends another at once; 0: none.",
    ),
    Term(
        "--transfer-daily-max",
        "transfer_daily_max",
        "POINTS",
        number(0, WALLET_MAX),
        "How many points a member sends on one day, in UTC; 0: as many as it has.",
    ),
    Term(
        "--transfer-fee",
        "transfer_fee_micros",
        "DECIMAL",
        price_micros,
        f"What the partner that asks for a transfer pays the operator for a point, {_UNIT}.",
    ),
    Term(
        "--notice-days",
        "notice_days",
        "DAYS",
        number(0, DAYS_MAX),
        "How long before points expire on a date their issuer is told; 0: it is not.",
    ),
    Term(
        "--consent-above",
        "consent_above",
        "POINTS",
        number_or_none(0, AMOUNT_MAX),
        "Above so many points a member itself must agree, with a code or its device; 0: always, none: never.",
    ),
    Term(
        "--value-expiry",
        "value_expiry",
        "TERM",
        check_expiry,
        "When value expires: as --expiry, but not by activity.",
    ),
    Term(
        "--value-consent-above",
        "value_consent_above",
        "CENTS",
        number_or_none(0, AMOUNT_MAX, MINOR_UNITS),
        "As --consent-above, in minor units of value.",
    ),
    Term(
        "--value-transfer-max",
        "value_transfer_max",
        "CENTS",
        number(0, AMOUNT_MAX, MINOR_UNITS),
        "How many minor units of value one member sends another at once; 0: none.",
    ),
    *CLEARING_TERMS,
)
UNITS = {
    "DECIMAL": "for a point",
    "MINUTES": "minutes",
    "HOURS": "hours",
    "DAYS": "days",
    "HUNDREDTHS": "hundredths of a percent",
    "POINTS": "points",
    "CENTS": "minor units",
}
"""A term's metavar to the unit of its value; other values have none."""


def taking_terms(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command an option for each term, and calls it with `terms`: those that were given."""
    own = inspect.signature(command).parameters.values()

    def run(*args: Any, **values: Any) -> None:
        texts = {term: values.pop(term.field) for term in TERMS}
        given = {term.field: term.read(text) for term, text in texts.items() if text is not None}
        command(*args, terms=given, **values)

    options = [
        Parameter(term.field, Parameter.KEYWORD_ONLY, default=None, annotation=_option(term))
        for term in TERMS
    ]
    parameters = [*[each for each in own if each.name != "terms"], *options]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    return run


def _option(term: Term) -> Any:
    def check(text: str | None) -> str | None:
        """The text as it was written; wrong usage unless the term reads it."""
        if text is not None:
            with wrong_usage():
                term.read(text)
        return text

    option = typer.Option(
        term.option, metavar=term.metavar, callback=check, help=term.help, rich_help_panel=term.group
    )
    return Annotated[str | None, option]
