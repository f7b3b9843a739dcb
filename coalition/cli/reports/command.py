"""`coalition report`: what the books say as of any moment, from the database on this machine."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from psycopg import Connection
from psycopg.rows import TupleRow

from coalition.cli.options import Data, Json, id_text
from coalition.cli.printing import say, utc
from coalition.cli.progress import waiting
from coalition.cli.reports import sheets
from coalition.cli.reports.sheet import Sheet
from coalition.cli.sharing import database
from coalition.cli.site import open_site
from settlement.database import READER, reading
from settlement.reporting.breakage import breakage as read_breakage
from settlement.reporting.liability import liability as read_liability
from settlement.reporting.matrix import cycle_debts, open_debts
from settlement.reporting.moment import Moment, house_then, moment_of, now
from settlement.reporting.saving import savings
from settlement.reporting.trial import trial_balance as read_trial_balance

app = typer.Typer(
    no_args_is_help=True, help="Trial balance, who owes whom, points liability, saving, breakage."
)
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="WHEN",
        help="The end of a day 2026-11-30 or a time, of UTC; an entry 1:250; house:41; cycle:3. Default: now.",
    ),
]
Csv = Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write it as CSV too.")]


def _drawable(path: Path | None) -> Path | None:
    """Wrong usage unless it is nothing or the name of an SVG or PNG file."""
    if path is not None and path.suffix not in (".svg", ".png"):
        raise typer.BadParameter("a chart's file ends in .svg or .png")
    return path


Chart = Annotated[
    Path | None,
    typer.Option("--chart", metavar="FILE", callback=_drawable, help="Draw it too: FILE.svg or FILE.png."),
]


@contextmanager
def _books(data: Data, what: str) -> Iterator[Connection[TupleRow]]:
    site = open_site(data)
    site.require()
    with database(site), waiting(what), reading(site.dsn(READER)) as connection:
        yield connection


def _tell(
    sheet: Sheet, *, as_json: bool, csv: Path | None, chart: Path | None, draw: Callable[[Path], None]
) -> None:
    """Prints the sheet and writes what else was asked for."""
    if as_json:
        sheet.emit()
    else:
        sheet.show()
    if csv is not None:
        csv.write_bytes(sheet.csv())
    if chart is not None:
        draw(chart)
    for path in (csv, chart):
        if path is not None and not as_json:
            say(f"wrote {path}")


def _when(moment: Moment) -> str:
    return f"as of {utc(moment.at_us)}"


@app.command("trial-balance")
def trial_balance(
    as_of: AsOf = None,
    members: Annotated[bool, typer.Option("--members", help="Each member's accounts by themselves.")] = False,
    csv: Csv = None,
    chart: Chart = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Every account's debits, credits and balance. Each asset sums to zero. The chart shows the positions.

    [dim]coalition report trial-balance --as-of 2026-11-30 --csv november.csv[/]
    """
    with _books(data, "adding up the accounts") as books:
        moment = moment_of(books, as_of)
        network = house_then(books, moment).founded
        lines = read_trial_balance(books, moment, each_member=members)

    def draw(path: Path) -> None:
        from coalition.cli.reports.charts import draw_positions

        draw_positions(path, network, _when(moment), lines)

    sheet = sheets.trial_sheet(network, _when(moment), lines)
    _tell(sheet, as_json=as_json, csv=csv, chart=chart, draw=draw)


@app.command()
def matrix(
    cycle: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="What was owed in this closed cycle alone.")
    ] = None,
    as_of: AsOf = None,
    csv: Csv = None,
    chart: Chart = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Who owes whom, gross and net: all that no approved settlement has discharged, or what was owed in one cycle.

    [dim]coalition report matrix --as-of cycle:3[/]

    [dim]coalition report matrix --cycle 3 --chart matrix.svg[/]
    """
    if cycle is not None and as_of is not None:
        raise typer.BadParameter("a cycle's debts are final: leave it out", param_hint="--as-of")
    with _books(data, "adding up who owes whom") as books:
        moment = moment_of(books, as_of)
        house = house_then(books, moment)
        debts = open_debts(books, moment) if cycle is None else cycle_debts(books, house, cycle)
    network, when = house.founded, _when(moment) if cycle is None else f"of cycle {cycle}"

    def draw(path: Path) -> None:
        from coalition.cli.reports.charts import draw_matrix

        draw_matrix(path, network, when, debts)

    sheet = sheets.matrix_sheet(network, when, debts)
    _tell(sheet, as_json=as_json, csv=csv, chart=chart, draw=draw)


@app.command()
def liability(
    as_of: AsOf = None, csv: Csv = None, chart: Chart = None, data: Data = None, as_json: Json = False
) -> None:
    """Points that may still be spent, by who funds them and how old they are, in points and in money.

    [dim]coalition report liability --as-of 2026-11-30 --chart liability.png[/]
    """
    with _books(data, "adding up the lots") as books:
        moment = moment_of(books, as_of)
        network = house_then(books, moment).founded
        lines = read_liability(books, moment)

    def draw(path: Path) -> None:
        from coalition.cli.reports.charts import draw_liability

        draw_liability(path, network, _when(moment), lines)

    sheet = sheets.liability_sheet(network, _when(moment), lines)
    _tell(sheet, as_json=as_json, csv=csv, chart=chart, draw=draw)


@app.command()
def saving(csv: Csv = None, chart: Chart = None, data: Data = None, as_json: Json = False) -> None:
    """What netting saved in each closed cycle: gross, bilateral and multilateral amounts.

    [dim]coalition report saving --chart saving.svg[/]
    """
    with _books(data, "netting the cycles") as books:
        house = house_then(books, now(books))
        saved = savings(books, house)

    def draw(path: Path) -> None:
        from coalition.cli.reports.charts import draw_saving

        draw_saving(path, house.founded, saved)

    sheet = sheets.saving_sheet(house.founded, saved)
    _tell(sheet, as_json=as_json, csv=csv, chart=chart, draw=draw)


@app.command()
def breakage(
    partner: Annotated[
        str | None, typer.Option(metavar="PARTNER", callback=id_text, help="Of what this partner funds.")
    ] = None,
    as_of: AsOf = None,
    csv: Csv = None,
    chart: Chart = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """How much of each month's points was spent, and how much is expected never to be. It reads the whole journal.

    [dim]coalition report breakage --partner bakery --chart breakage.png[/]
    """
    with _books(data, "reading the journal") as books:
        moment = moment_of(books, as_of)
        network = house_then(books, moment).founded
        found = read_breakage(books, moment, funder=partner)

    def draw(path: Path) -> None:
        from coalition.cli.reports.charts import draw_breakage

        draw_breakage(path, network, _when(moment), found)

    sheet = sheets.breakage_sheet(network, _when(moment), found)
    _tell(sheet, as_json=as_json, csv=csv, chart=chart, draw=draw)
