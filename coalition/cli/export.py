"""`coalition export`: the whole ledger for other programs, from the database on this machine."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer

from coalition.cli.options import Data, Json, id_text
from coalition.cli.printing import emit, hint, say
from coalition.cli.progress import Tell, progress
from coalition.cli.sharing import database
from coalition.cli.site import open_site
from settlement.database import READER, reading
from settlement.errors import CoalitionError
from settlement.exports.beancount import beancount as spell_beancount
from settlement.exports.hledger import hledger as spell_hledger
from settlement.exports.own_accounts import default_map, read_map
from settlement.exports.own_books import own_journal, to_csv
from settlement.exports.texts import Books
from settlement.ledger.memory import load_house

app = typer.Typer(
    no_args_is_help=True, help="The ledger for Beancount, hledger, Parquet or a partner's books."
)
Out = Annotated[Path, typer.Option("--out", metavar="PATH", help="Where to write it.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite what is there.")]
_BEGUN = ".begun"


@contextmanager
def _books(data: Data) -> Iterator[tuple[Books, Tell]]:
    site = open_site(data)
    site.require()
    with database(site), progress() as tell, reading(site.dsn(READER)) as connection:
        yield Books(connection, load_house(connection).founded), tell


@app.command()
def beancount(out: Out, force: Force = False, data: Data = None, as_json: Json = False) -> None:
    """Write the ledger as Beancount text: a transaction for each entry, and the balances that they must add up to.

    [dim]coalition export beancount --out ledger.beancount && bean-check ledger.beancount[/]
    """
    _write_text(spell_beancount, out, data, force=force, as_json=as_json)
    if not as_json:
        hint(f"bean-check {out}")


@app.command()
def hledger(out: Out, force: Force = False, data: Data = None, as_json: Json = False) -> None:
    """Write the ledger as an hledger journal: a transaction for each entry, and the balances that they must add up to.

    [dim]coalition export hledger --out ledger.journal && hledger --file ledger.journal check --strict[/]
    """
    _write_text(spell_hledger, out, data, force=force, as_json=as_json)
    if not as_json:
        hint(f"hledger --file {out} check --strict")


@app.command()
def parquet(out: Out, force: Force = False, data: Data = None, as_json: Json = False) -> None:
    """Write entries, transfers, obligations and the lines of all statements as Parquet tables into a folder.

    [dim]coalition export parquet --out tables[/]
    """
    try:
        from settlement.exports.tables import write_tables
    except ModuleNotFoundError:
        message = "writing Parquet needs pyarrow: pip install 'coalition-settlement[parquet]'"
        raise CoalitionError("PARQUET_UNAVAILABLE", message) from None
    if out.exists() and not force:
        raise _is_there(out)
    out.mkdir(parents=True, exist_ok=True)
    with _books(data) as (books, tell):
        paths = write_tables(books, out, tell)
    _tell(paths, as_json=as_json)


@app.command()
def ledger(
    partner: Annotated[
        str | None, typer.Option(metavar="PARTNER", callback=id_text, help="Whose books it is for.")
    ] = None,
    cycle: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="A closed cycle. Default: the newest.")
    ] = None,
    by: Annotated[
        Literal["cycle", "day"],
        typer.Option(
            help="Book what is owed at the cycle's close, or for each day, counterparty and purpose."
        ),
    ] = "cycle",
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="The CSV file to write.")] = None,
    accounts: Annotated[
        Path | None,
        typer.Option("--map", metavar="FILE.toml", help="Its accounts by role. Default: the roles' names."),
    ] = None,
    write_map: Annotated[
        Path | None, typer.Option(metavar="FILE.toml", help="Write a map to fill in, and nothing else.")
    ] = None,
    force: Force = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Write what a cycle means for a partner's own books: balanced journal entries as CSV, on its own accounts.

    [dim]coalition export ledger --write-map accounts.toml[/]

    [dim]coalition export ledger --partner bakery --cycle 3 --map accounts.toml --out bakery-3.csv[/]

    [dim]coalition export ledger --partner bakery --cycle 3 --by day --out bakery-3.csv[/]
    """
    if write_map is not None:
        _write(write_map, [default_map()], force=force)
        _tell([write_map], as_json=as_json)
        return
    if partner is None or out is None:
        raise typer.BadParameter("name the partner and the file: --partner PARTNER --out FILE")
    named = read_map(default_map() if accounts is None else _text_of(accounts))
    with _books(data) as (books, _):
        newest = load_house(books.connection).open_cycle - 1
        number = newest if cycle is None else cycle
        told, moves = own_journal(books.connection, partner, number, by_day=by == "day")
    _write(out, [to_csv(told, moves, named)], force=force)
    _tell([out], as_json=as_json)


def _write_text(
    spell: Callable[[Books, Tell], Iterator[str]], out: Path, data: Data, *, force: bool, as_json: bool
) -> None:
    with _books(data) as (books, tell):
        _write(out, spell(books, tell), force=force)
    _tell([out], as_json=as_json)


def _write(out: Path, pieces: Iterable[str], *, force: bool) -> None:
    """Writes it beside the path and puts it there whole. CoalitionError FILE_EXISTS."""
    if out.exists() and not force:
        raise _is_there(out)
    begun = out.with_name(out.name + _BEGUN)
    with begun.open("w", encoding="utf-8", newline="") as file:
        file.writelines(pieces)
    begun.replace(out)


def _text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        raise CoalitionError("MAP_INVALID", f"{path} is not UTF-8 text", field="map") from None


def _is_there(out: Path) -> CoalitionError:
    return CoalitionError(
        "FILE_EXISTS", f"{out} is there already; name another, or overwrite it with --force"
    )


def _tell(paths: list[Path], *, as_json: bool) -> None:
    if as_json:
        emit([{"path": str(path), "bytes": path.stat().st_size} for path in paths])
        return
    for path in paths:
        say(f"wrote {path}, {path.stat().st_size:,} bytes")
