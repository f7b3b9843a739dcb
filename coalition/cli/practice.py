"""`coalition practice`: what only a practice network can do."""

import asyncio
from typing import Annotated

import typer

from coalition.cli.options import Data, Json
from coalition.cli.printing import emit, say, utc
from coalition.cli.sharing import database
from coalition.cli.site import Site, open_site
from settlement.clock import format_time
from settlement.database import WORKER, connect_writer
from settlement.house.practice import DAYS_MAX, network_now_us
from settlement.house.state import House
from settlement.worker.practice import set_ahead

STATEMENT_TIMEOUT = "60s"
app = typer.Typer(
    no_args_is_help=True, help="Practise: in a network founded for it, time passes as you like."
)


@app.callback()
def practice() -> None:
    """Practise: in a network founded by [bold]coalition db init --practice[/], time passes as you like."""


@app.command()
def forward(
    days: Annotated[int, typer.Option(min=1, max=DAYS_MAX, metavar="N", help="How many more days ahead.")],
    data: Data = None,
    json: Json = False,
) -> None:
    """Set the clock of a practice network ahead, while its server goes on, which sees to what falls due. There is no way back.

    [dim]coalition practice forward --days 31[/]
    """
    site = open_site(data)
    site.require()
    with database(site):
        house = asyncio.run(forward_site(site, days))
    now_us = network_now_us(house)
    if json:
        emit({"network": house.founded.origin, "now": format_time(now_us)})
    else:
        say(f"in {house.founded.origin} it is {utc(now_us)}")


async def forward_site(site: Site, days: int) -> House:
    """Sets the clock of a site's network ahead. CoalitionError NOT_FOR_PRACTICE, FIELD_INVALID."""
    dsn = site.dsn(WORKER)
    async with await connect_writer(dsn, WORKER, statement_timeout=STATEMENT_TIMEOUT) as connection:
        return await set_ahead(connection, days)
