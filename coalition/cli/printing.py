"""What the command prints: tables for people on standard output, JSON for machines, remarks on standard error."""

import json
import sys
from collections.abc import Iterable, Sequence

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from settlement.clock import from_us
from settlement.money import format_micros, format_minor, micros_per_minor

PIPE_COLUMNS = 160
"""How wide a table may be where nobody's window limits it."""
SHORT_DIGITS = 16

out = Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_COLUMNS)
err = Console(highlight=False, stderr=True)


def emit(document: object) -> None:
    """Prints one JSON document."""
    typer.echo(json.dumps(document, indent=2))


def say(sentence: str) -> None:
    """Prints a line for people, exactly as it is."""
    out.print(Text(sentence), soft_wrap=True)


def hint(*steps: str, flags: str = "") -> None:
    """Says on standard error what comes next; `flags` completes the command that each step ends with."""
    for number, step in enumerate(steps):
        err.print(Text(f"{'next:' if number == 0 else '     '} {step}{flags}", style="dim"), soft_wrap=True)


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None) -> None:
    """Prints a table as `table_of` makes it."""
    out.print(table_of(columns, rows, title=title))


def table_of(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None) -> Table:
    """A table; numbers go to the right. A column's values are folded, never cut off."""
    listed = [list(row) for row in rows]
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for position, name in enumerate(columns):
        numeric = bool(listed) and all(isinstance(row[position], int | Amount) for row in listed)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in listed:
        table.add_row(*[Text(f"{cell:,}" if type(cell) is int else str(cell)) for cell in row])
    return table


class Amount(str):
    """A formatted amount: text that a table sets to the right."""

    __slots__ = ()


def money_minor(amount_minor: int, *, currency: str, minor_digits: int) -> Amount:
    """Minor units for people: `1,234.56 EUR`."""
    number = format_minor(abs(amount_minor), minor_digits=minor_digits)
    return Amount(f"{'-' if amount_minor < 0 else ''}{_grouped(number)} {currency}")


def money_micros(amount_micros: int, *, currency: str, minor_digits: int) -> Amount:
    """Micros for people: with the currency's decimals, or with all six where a fraction of them accrued."""
    whole, rest = divmod(abs(amount_micros), micros_per_minor(minor_digits))
    if rest == 0:
        return money_minor(
            whole if amount_micros >= 0 else -whole, currency=currency, minor_digits=minor_digits
        )
    number = _grouped(format_micros(abs(amount_micros)))
    return Amount(f"{'-' if amount_micros < 0 else ''}{number} {currency}")


def decimal_amount(text: str) -> Amount:
    """A decimal number as a document spells it, `-1234.56`, for people: `-1,234.56`."""
    return Amount(f"{'-' if text.startswith('-') else ''}{_grouped(text.removeprefix('-'))}")


def _grouped(number: str) -> str:
    whole, point, decimals = number.partition(".")
    return f"{int(whole):,}{point}{decimals}"


def utc(time_us: int) -> str:
    """A moment for people: `2026-11-21 17:00:00 UTC`."""
    return f"{from_us(time_us):%Y-%m-%d %H:%M:%S} UTC"


def short(digest: str) -> str:
    """The first digits of a hash or keyid; commands accept them where they are unique."""
    return digest[:SHORT_DIGITS]
