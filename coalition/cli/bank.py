"""`coalition bank`: what the operator's bank says was paid."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from coalition.cli.breaks import approve, assign, breaks, resolve
from coalition.cli.failures import REFUSED, tell_refusal
from coalition.cli.house_view import read_house
from coalition.cli.printing import emit, hint, say
from coalition.cli.voice import OPERATOR, Voice, speaking
from coalition.client import BlockingClient
from coalition.wire.banking import LINES_MAX
from settlement.banking.acts import BankLine
from settlement.banking.camt053 import BankStatement, read_camt053

app = typer.Typer(
    no_args_is_help=True, help="Import bank statements, list what they say that pays nothing, and end that."
)
for command in (breaks, assign, resolve, approve):
    app.command()(command)


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
    """How many lines, and how many were known. Sent in parts; each part is taken in once."""
    counts = Counter(lines=len(statement.lines), known=0)
    for start in range(0, len(statement.lines), LINES_MAX):
        part = [_sendable(line) for line in statement.lines[start : start + LINES_MAX]]
        outcome = client.import_bank_statement(
            iban=statement.iban, statement_id=_plain(statement.statement_id, 35), lines=part
        )
        if outcome.refusal == "STATEMENT_KNOWN":
            counts["known"] += len(part)
        elif outcome.refusal is not None:
            tell_refusal(outcome.refusal)
            raise typer.Exit(REFUSED)
    return counts


def _sendable(line: BankLine) -> BankLine:
    """In the letters of the journal: what a bank writes beside them becomes a question mark."""
    return BankLine(
        _plain(line.entry, 50),
        line.amount_minor,
        line.booked_on,
        _plain(line.end_to_end_id, 35),
        _plain(line.reference, 35),
        _plain(line.remittance, 140),
        _plain(line.iban, 34),
    )


def _plain(text: str, most: int) -> str:
    return "".join([letter if " " <= letter <= "~" else "?" for letter in text])[:most].strip()
