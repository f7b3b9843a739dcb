"""`coalition statement`: what each participant is told about a cycle."""

import json
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from coalition.cli.explain import explain
from coalition.cli.options import CycleNumber, Data, Json
from coalition.cli.printing import decimal_amount, emit, hint, say, show_table
from coalition.cli.progress import progress, waiting
from coalition.cli.sharing import database
from coalition.cli.site import open_site
from coalition.cli.voice import OPERATOR, Voice, speaking
from settlement.database import READER, connect
from settlement.ledger.memory import load_house
from settlement.statements.reading import read_cycle_book
from settlement.statements.writing import FORMS, rendered, write_statements

app = typer.Typer(
    no_args_is_help=True, help="Show a statement, explain its amounts, or write all of a cycle."
)
app.command()(explain)

_FOOTNOTES = (
    "carried: fractions that waited in earlier cycles, less those that wait now",
    "net and position: positive, it owes; negative, it is owed",
    "settled: what settlements approved since the previous close discharged",
)


@app.command()
@speaking(OPERATOR)
def show(
    voice: Voice,
    cycle: CycleNumber,
    partner: Annotated[str | None, typer.Option(metavar="PARTNER", help="Whose. Default: your own.")] = None,
    form: Annotated[
        Literal["text", "json", "csv", "xlsx", "pdf"],
        typer.Option("--format", help="json and csv: the statement's exact bytes. xlsx and pdf need --out."),
    ] = "text",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it to this file instead of standard output.")
    ] = None,
) -> None:
    """Show a partner's statement of a closed cycle. Amounts are in the currency's unit.

    [dim]coalition statement show 1 --as bakery[/]

    [dim]coalition statement show 1 --partner bakery --format csv > bakery.csv[/]

    [dim]coalition statement show 1 --as bakery --format pdf --out bakery.pdf[/]
    """
    if (out is None) == (form in ("xlsx", "pdf")) or (out is not None and form == "text"):
        raise typer.BadParameter(
            "xlsx and pdf need --out FILE, text goes to standard output", param_hint="--format / --out"
        )
    with voice.asking() as client:
        found = client.statement(cycle=cycle, partner_id=partner)
    if form == "text" and not voice.json:
        _show(json.loads(found.json))
    elif out is None:
        typer.echo(found.csv if form == "csv" else found.json, nl=False)
    else:
        exact = {"json": found.json, "csv": found.csv}.get(form)
        out.write_bytes(rendered(found.json, "pdf" if form == "pdf" else "xlsx") if exact is None else exact)
        say(f"wrote {out}")


def _show(statement: dict[str, Any]) -> None:
    cycle, currency = statement["cycle"], statement["currency"]
    label = f" ({cycle['label']})" if cycle["label"] else ""
    name, outcome = statement["partner"]["name"], statement["outcome"]
    due = f"{decimal_amount(statement['due'])} {currency}"
    say(f"{name}: nothing due" if outcome == "nothing due" else f"{name} {outcome} {due}")
    practice = ", for practice: nothing in it is real" if "practice" in statement else ""
    say(f"  {statement['partner']['id']}, cycle {cycle['number']}{label} of {statement['network']}{practice}")
    rows = [
        (
            line["id"],
            line["owes"]["count"],
            decimal_amount(line["owes"]["amount"]),
            line["owed"]["count"],
            decimal_amount(line["owed"]["amount"]),
            decimal_amount(line["net"]),
        )
        for line in statement["counterparties"]
    ]
    columns = ("counterparty", "acts", f"owes {currency}", "acts", f"is owed {currency}", f"net {currency}")
    show_table(columns, rows, title="counterparties")
    purposes = [
        (name.replace("_", " "), *[decimal_amount(sides[side]["amount"]) for side in ("owes", "owed")])
        for name, sides in statement["purposes"].items()
    ]
    show_table(("for", f"owes {currency}", f"is owed {currency}"), purposes)
    _show_moved(statement)
    standings = [(name, decimal_amount(statement[name])) for name in ("opening", "settled", "closing")]
    show_table(("position", currency), standings)
    for line in _FOOTNOTES:
        say(line)


def _show_moved(statement: dict[str, Any]) -> None:
    points = [
        (name.replace("_", " "), tally["count"], tally["points"])
        for name, tally in statement["points"].items()
    ]
    show_table(("points", "acts", "points"), points)
    value = [
        (name.replace("_", " "), tally["count"], decimal_amount(tally["amount"]))
        for name, tally in statement["value"].items()
        if tally["count"]
    ]
    if value:
        show_table(("value", "acts", statement["currency"]), value)


@app.command()
def write(
    cycle: CycleNumber,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="The folder; a folder for the cycle is made in it.")
    ],
    forms: Annotated[
        str, typer.Option("--format", metavar="LIST", help="Which of json, csv, xlsx and pdf, with commas.")
    ] = ",".join(FORMS),
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Write every participant's statement of a closed cycle from the books on this machine.

    [dim]coalition statement write 1 --out statements[/]

    [dim]coalition statement write 1 --out statements --format pdf,json[/]
    """
    chosen = [form for form in FORMS if form in forms.split(",")]
    if set(chosen) != set(forms.split(",")):
        raise typer.BadParameter(f"some of {', '.join(FORMS)}", param_hint="--format")
    site = open_site(data)
    site.require()
    with database(site), waiting(f"reading cycle {cycle}"), connect(site.dsn(READER), READER) as connection:
        book = read_cycle_book(connection, load_house(connection), cycle)
    with progress() as tell:
        paths = write_statements(book, out, chosen, progress=partial(tell, "statements"))
    if as_json:
        emit([str(path) for path in paths])
        return
    say(f"wrote {len(paths)} files to {out}")
    hint("coalition audit export bundle.zip", flags=site.flags)
