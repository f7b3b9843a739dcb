"""The terms of a tariff as options of commands: one row for each."""

import inspect
from collections.abc import Callable, Mapping
from inspect import Parameter
from typing import Annotated, Any, NamedTuple, TypeAlias

import typer

from coalition.cli.amounts import point_value_micros, price_micros
from coalition.cli.usage import wrong_usage
from settlement.errors import CoalitionError
from settlement.money import BASIS_POINTS

Terms: TypeAlias = Mapping[str, Any]
"""Fields of a tariff and their values: those that were given."""


class Term(NamedTuple):
    """An option, and how its text becomes the value of a field. `read` raises CoalitionError."""

    option: str
    field: str
    metavar: str
    read: Callable[[str], Any]
    help: str


def _basis_points(text: str) -> int:
    if not text.isdigit() or int(text) > BASIS_POINTS:
        raise CoalitionError("FIELD_INVALID", f"it must be a whole number from 0 to {BASIS_POINTS:,}")
    return int(text)


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
        _basis_points,
        "Pool: how many hundredths of a percent of an expired point's price its issuer gets back.",
    ),
)


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

    option = typer.Option(term.option, metavar=term.metavar, callback=check, help=term.help)
    return Annotated[str | None, option]
