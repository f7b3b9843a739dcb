"""The terms of a tariff as options of commands."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

import typer

from coalition.cli.amounts import point_value_micros, point_value_text, price_micros, price_text
from settlement.house.tariff import Tariff
from settlement.money import BASIS_POINTS

_UNIT = "in the currency's unit; exact to 0.000001."
PointValue = Annotated[
    str | None,
    typer.Option(
        metavar="DECIMAL", callback=point_value_text, help=f"What a redeemer is paid for a point, {_UNIT}"
    ),
]
Price = Annotated[
    str | None,
    typer.Option(metavar="DECIMAL", callback=price_text, help=f"Pool: what an issuer pays into it, {_UNIT}"),
]
Fee = Annotated[
    str | None,
    typer.Option(metavar="DECIMAL", callback=price_text, help=f"What an issuer pays the operator, {_UNIT}"),
]
Interchange = Annotated[
    str | None,
    typer.Option(metavar="DECIMAL", callback=price_text, help=f"What a redeemer pays the funder, {_UNIT}"),
]
Rebate = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=BASIS_POINTS,
        metavar="BASIS_POINTS",
        help="Pool: the part of an expired point's price that its issuer gets back, in hundredths of a percent.",
    ),
]


def with_terms(
    tariff: Tariff,
    *,
    point_value: str | None,
    price: str | None,
    fee: str | None,
    interchange: str | None,
    rebate: int | None,
) -> Tariff:
    """The tariff with the terms that are given; the others stay as they are."""
    given: Mapping[str, int | None] = {
        "rate_micros": None if point_value is None else point_value_micros(point_value),
        "price_micros": None if price is None else price_micros(price),
        "fee_micros": None if fee is None else price_micros(fee),
        "interchange_micros": None if interchange is None else price_micros(interchange),
        "rebate_basis_points": rebate,
    }
    return replace(tariff, **{term: value for term, value in given.items() if value is not None})
