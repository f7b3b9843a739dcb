"""`coalition bank`: what the operator's bank says was paid."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer

from coalition.cli.failures import REFUSED, tell_refusal
from coalition.cli.house_view import read_house
from coalition.cli.printing import emit, hint, money_minor, say, show_table
from coalition.cli.voice import OPERATOR, Voice, speaking
from coalition.client import BlockingClient
from coalition.client.answers import Break
from coalition.wire.statement_parts import parts_of
from settlement.banking.camt053 import BankStatement, read_camt053
from settlement.clock import from_us
from settlement.house.practice import network_now_us

app = typer.Typer(
    no_args_is_help=True, help="Import bank statements, and list what they say that pays nothing."
)
AGES = ((1, "0-1"), (5, "2-5"), (30, "6-30"))
"""Business days, and how people call so many."""


@app.command("import")
@speaking(OPERATOR)
def import_(
    voice: Voice,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="camt.053, version 02 or 08, as the bank sends it.")
    ],
) -> None:
    """Take in a bank statement: what pays a leg confirms it, the rest is listed as breaks. The same file again is harmless.

    [dim]coalition bank import statement.xml[/]
    """
    data = file.read_bytes()
    with voice.acting() as client:
        network = read_house(client).founded
        statements = read_camt053(data, currency=network.currency, minor_digits=network.minor_digits)
        told = [(each, _take_in(client, each)) for each in statements]
    if voice.json:
        emit([{"statement": each.statement_id, **counts} for each, counts in told])
    else:
        for each, counts in told:
            lines = counts["lines"]
            say(f"statement {each.statement_id}: {lines} lines, {counts['known']} of them known before")
        hint("coalition bank breaks", flags=voice.flags)


def _take_in(client: BlockingClient, statement: BankStatement) -> Counter[str]:
    """How many lines, and how many were known."""
    counts = Counter(lines=len(statement.lines), known=0)
    for part in parts_of(statement):
        outcome = client.import_bank_statement(
            iban=part.iban, statement_id=part.statement_id, lines=part.lines
        )
        if outcome.refusal == "STATEMENT_KNOWN":
            counts["known"] += len(part.lines)
        elif outcome.refusal is not None:
            tell_refusal(outcome.refusal)
            raise typer.Exit(REFUSED)
    return counts


@app.command()
@speaking(OPERATOR)
def breaks(voice: Voice) -> None:
    """List what moved in the bank and pays no leg, by age in business days.

    [dim]coalition bank breaks[/]
    """
    with voice.asking() as client:
        currency, found = client.breaks()
        house = read_house(client)
    digits, today = house.founded.minor_digits, from_us(network_now_us(house)).date()
    if voice.json:
        emit([_document(each, today) for each in found])
        return
    rows = [
        (
            each.line_sha256.hex()[:16],
            each.booked_on.isoformat(),
            bucket(each.booked_on, today),
            money_minor(each.amount_minor, currency=currency, minor_digits=digits),
            each.reason,
            f"{each.participant} in {each.settlement}" if each.participant else "",
            f"0:{each.entry_number}",
        )
        for each in found
    ]
    show_table(("line", "booked", "age", "amount", "why", "names the leg of", "entry"), rows)
    total = sum([each.amount_minor for each in found])
    say(f"{len(found)} breaks, together {money_minor(total, currency=currency, minor_digits=digits)}")


def bucket(booked_on: date, today: date) -> str:
    """How old a break is, in business days (Monday to Friday) since it was booked."""
    days = sum([(booked_on + timedelta(n)).weekday() < 5 for n in range(1, (today - booked_on).days + 1)])
    return next((name for most, name in AGES if days <= most), "30+")


def _document(each: Break, today: date) -> dict[str, object]:
    return {
        "line_sha256": each.line_sha256.hex(),
        "amount_minor": each.amount_minor,
        "booked_on": each.booked_on.isoformat(),
        "age": bucket(each.booked_on, today),
        "reason": each.reason,
        "settlement": each.settlement,
        "participant": each.participant,
        "entry_number": each.entry_number,
    }
