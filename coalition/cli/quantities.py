"""What members have, as people type it: whole points, `120`, or value as money with its currency, `25.00EUR`."""

import re
from contextlib import suppress
from typing import Annotated, NamedTuple

import typer

from coalition.cli.amounts import amount_minor
from coalition.cli.currencies import minor_digits
from coalition.cli.printing import money_minor
from coalition.cli.usage import wrong_usage
from coalition.client import BlockingClient, Outcome
from settlement.errors import CoalitionError
from settlement.money import AMOUNT_MAX, POINTS, VALUE

_POINTS = re.compile(r"[0-9]{1,18}")
_MONEY = re.compile(r"([0-9.]+) ?([A-Z]{3})")


class Quantity(NamedTuple):
    """So many points; or so many minor units of value, in a currency if it is known."""

    asset: str
    amount: int
    currency: str = ""

    def __str__(self) -> str:
        if self.asset == POINTS:
            return f"{self.amount:,} points"
        if not self.currency:
            return f"{self.amount:,} minor units of value"
        return money_minor(self.amount, currency=self.currency, minor_digits=minor_digits(self.currency))

    @property
    def typed(self) -> str:
        """As it is typed."""
        return str(self.amount) if self.asset == POINTS else str(self).replace(",", "").replace(" ", "")

    @property
    def spelled(self) -> str:
        """As leaves spell it, and members sign it."""
        return f"{self.asset} {self.amount}"


NOTHING = Quantity(POINTS, 0)


def read_quantity(text: str) -> Quantity:
    """Points or value. CoalitionError FIELD_INVALID for anything else, nothing at all, or more than an act may move."""
    money = _MONEY.fullmatch(text)
    if money is not None:
        found = Quantity(VALUE, amount_minor(money[1], minor_digits=minor_digits(money[2])), money[2])
    elif _POINTS.fullmatch(text) is not None:
        found = Quantity(POINTS, int(text))
    else:
        message = f"{text!r} is neither whole points, as 120, nor value with its currency, as 25.00EUR"
        raise CoalitionError("FIELD_INVALID", message, field="amount")
    if not 1 <= found.amount <= AMOUNT_MAX:
        most = Quantity(found.asset, AMOUNT_MAX, found.currency)
        raise CoalitionError("FIELD_INVALID", f"an amount is above zero and at most {most}", field="amount")
    return found


def _typed(text: str) -> Quantity:
    with wrong_usage():
        return read_quantity(text)


AmountText = Annotated[
    Quantity,
    typer.Argument(
        metavar="AMOUNT", parser=_typed, help="Whole points, as 120; or value as money, 25.00EUR."
    ),
]
PartText = Annotated[
    Quantity | None,
    typer.Option(
        "--amount",
        metavar="AMOUNT",
        parser=_typed,
        help="How much of it: 20 points, or value as 5.00EUR. Default: all that is left.",
    ),
]


def check_currency(client: BlockingClient, asked: Quantity) -> None:
    """Wrong usage if value is not in the network's currency; nothing is asked about points."""
    if asked.asset == VALUE:
        currency = client.position().currency
        if currency != asked.currency:
            raise typer.BadParameter(f"value is in {currency} here, not in {asked.currency}")


def left_after(client: BlockingClient, outcome: Outcome, asked: Quantity = NOTHING) -> Quantity:
    """What the member could spend after an act. `asked`: what the act named, if anything; its currency is the network's.

    The act is recorded by then: if nobody tells the currency, the answer does without.
    """
    currency = asked.currency
    if outcome.asset == VALUE and not currency:
        with suppress(CoalitionError):
            currency = client.position().currency
    return Quantity(outcome.asset, outcome.balance_after or 0, currency)
