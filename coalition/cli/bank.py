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
from coalition.wire.statement_parts import parts_of
from settlement.banking.camt053 import BankStatement, read_camt053
from settlement.journal.leaf import parse_leaf

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
            found = (
                f"{counts['paid']} paid a leg, {counts['breaks']} are breaks, {counts['known']} known before"
            )
            say(f"statement {each.statement_id}, lines: {counts['lines']}; {found}")
        hint("coalition bank breaks", flags=voice.flags)


def _became(line: str) -> str:
    """What a line became, by how its entry spells it."""
    return "paid" if line.split(" ")[3] == "paid" else "breaks"


def _take_in(client: BlockingClient, statement: BankStatement) -> Counter[str]:
    """How many lines, and what became of them by the entries that took them in."""
    counts = Counter(lines=len(statement.lines), paid=0, breaks=0, known=0)
    for part in parts_of(statement):
        outcome = client.import_bank_statement(
            iban=part.iban, statement_id=part.statement_id, lines=part.lines
        )
        if outcome.refusal == "STATEMENT_KNOWN":
            counts["known"] += len(part.lines)
        elif outcome.refusal is not None:
            tell_refusal(outcome.refusal)
            raise typer.Exit(REFUSED)
        else:
            entry, _ = client.entry(shard=outcome.shard, entry_number=outcome.index)
            counts.update(_became(value) for value in parse_leaf(entry.leaf).all("bank-line"))
    return counts
