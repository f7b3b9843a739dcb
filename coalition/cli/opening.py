"""`coalition opening`: the points and value that members bring along when a partner joins with a running programme."""

import asyncio
import gc
from functools import cache
from pathlib import Path
from typing import Annotated

import typer

from coalition.cli.approval import ask, must_be_asked
from coalition.cli.currencies import minor_digits
from coalition.cli.house_view import opening_of_file, read_house
from coalition.cli.options import ActId, Data, Json, Yes
from coalition.cli.printing import emit, hint, say, utc
from coalition.cli.progress import Tell, progress
from coalition.cli.quantities import Quantity
from coalition.cli.sharing import database
from coalition.cli.site import Site, open_site
from coalition.cli.telling import tell_outcome
from coalition.cli.voice import Voice, speaking
from coalition.client.opening import prepare_opening
from settlement.database import GATEWAY, connect_writer
from settlement.errors import CoalitionError
from settlement.house.records import Opening
from settlement.ledger.memory import HouseMemory
from settlement.ledger.opening import load_opening
from settlement.ledger.opening_file import Prepared, read_prepared
from settlement.money import POINTS, VALUE

STATEMENT_TIMEOUT = "60s"
app = typer.Typer(no_args_is_help=True, help="Prepare, propose, approve and load opening balances.")
PreparedFile = Annotated[
    Path,
    typer.Argument(
        metavar="PREPARED", exists=True, dir_okay=False, help="What `coalition opening prepare` wrote."
    ),
]


@app.command()
@speaking()
def prepare(
    voice: Voice,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="CSV or Parquet: alias_kind and alias, or member_id; points, or value as 25.00; expires_on.",
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="PREPARED", help="Where to write the prepared file.")],
) -> None:
    """Turn a programme's export into the file that both companies sign: aliases become tokens, every row is checked. Where it has
    value, the server is asked for the currency.

    [dim]coalition opening prepare members.csv --out bakery.opening --as bakery[/]
    """
    currency = cache(lambda: _currency(voice))
    with progress() as tell:
        prepared = prepare_opening(
            file, out, identity=voice.identity, minor_digits=lambda: minor_digits(currency()), tell=tell
        )
    if voice.json:
        emit(_document(prepared))
    else:
        _tell_totals(prepared, currency() if prepared.totals.value else "")
        hint(f"coalition opening propose {out} --as {voice.identity.partner_id}", flags=voice.flags)


@app.command()
@speaking()
def propose(voice: Voice, prepared: PreparedFile, act_id: ActId = None) -> None:
    """Propose a prepared file as the partner who funds its lots; a person of the operator then approves it.

    [dim]coalition opening propose bakery.opening --as bakery[/]
    """
    found = _read(prepared)
    totals, partner = found.totals, voice.identity.partner_id
    if (totals.network, totals.partner) != (voice.identity.network, partner):
        message = f"the file is for {totals.partner} in {totals.network}: prepare it as {partner}"
        raise CoalitionError("OPENING_FILE_INVALID", message, field="prepared")
    with voice.acting() as client:
        outcome = client.propose_opening(
            file_sha256=bytes.fromhex(found.sha256),
            rows=totals.rows,
            members=totals.members,
            points=totals.points,
            value=totals.value,
            act_id=act_id,
        )
    step = f"a person of the operator: coalition opening approve {found.sha256} --as NAME"
    tell_outcome(voice, outcome, f"proposed {found.sha256}", step)


@app.command()
@speaking()
def approve(
    voice: Voice,
    sha256: Annotated[
        str, typer.Argument(metavar="SHA256", help="The file's SHA-256, or enough of its first digits.")
    ],
    yes: Yes = False,
    act_id: ActId = None,
) -> None:
    """Approve opening balances that a partner has proposed, as a person of the operator.

    [dim]coalition opening approve 5f1c3a90 --as ann[/]
    """
    must_be_asked(voice, yes=yes)
    with voice.acting() as client:
        house = read_house(client)
        found = opening_of_file(house, sha256.lower())
        if not voice.json:
            say(f"proposed by {found.partner}, {utc(found.proposed_at_us)}, SHA-256 {found.file_sha256}")
            say(f"  {_totals(found, house.founded.currency)}, funded by {found.partner}")
        ask("Approve these opening balances?", yes=yes)
        outcome = client.approve_opening(
            partner_id=found.partner, file_sha256=bytes.fromhex(found.file_sha256), act_id=act_id
        )
    tell_outcome(
        voice, outcome, f"approved the opening of {found.partner}", "coalition opening load PREPARED"
    )


@app.command()
def load(prepared: PreparedFile, data: Data = None, json: Json = False) -> None:
    """Load an approved file into the books, while the server goes on. Cut short, it goes on where it ended when repeated.

    [dim]coalition opening load bakery.opening[/]
    """
    site = open_site(data)
    site.require()
    found = _read(prepared)
    gc.disable()  # rows come and go by the thousand, none of them in a cycle
    with database(site), progress() as tell:
        opening, currency = asyncio.run(_load(site, found, tell))
    if json:
        emit(_document(found))
    else:
        say(f"loaded: {_totals(opening, currency)} of {opening.partner}")


async def _load(site: Site, found: Prepared, tell: Tell) -> tuple[Opening, str]:
    """What is loaded then, and, if it has value, in which currency."""
    dsn = site.dsn(GATEWAY)
    async with (
        await connect_writer(dsn, GATEWAY, statement_timeout=STATEMENT_TIMEOUT) as writer,
        await connect_writer(dsn, GATEWAY, statement_timeout=STATEMENT_TIMEOUT) as reader,
    ):
        opening = await load_opening(writer, reader, found, lambda done, total: tell("lots", done, total))
        return opening, (await HouseMemory().refresh(reader)).founded.currency if opening.value else ""


def _read(path: Path) -> Prepared:
    with progress() as tell:
        return read_prepared(path, lambda done, total: tell("reading", done, total))


def _currency(voice: Voice) -> str:
    with voice.asking() as client:
        return client.position().currency


def _totals(found: Opening, currency: str) -> str:
    """The control totals; of what there is none nothing is said."""
    points, value = Quantity(POINTS, found.points), Quantity(VALUE, found.value, currency)
    brought = [str(points)] if found.points else []
    brought += [f"{value} of value"] if found.value else []
    return f"{found.rows:,} lots of {found.members:,} members, {' and '.join(brought)}"


def _document(found: Prepared) -> dict[str, object]:
    totals = found.totals
    return {
        "partner": totals.partner,
        "file_sha256": found.sha256,
        "rows": totals.rows,
        "members": totals.members,
        "points": totals.points,
        "value": totals.value,
    }


def _tell_totals(found: Prepared, currency: str) -> None:
    say(f"prepared {found.path}, SHA-256 {found.sha256}")
    say(f"  lots     {found.totals.rows:,}")
    say(f"  members  {found.totals.members:,}")
    say(f"  points   {found.totals.points:,}")
    if found.totals.value:
        say(f"  value    {Quantity(VALUE, found.totals.value, currency)}")
