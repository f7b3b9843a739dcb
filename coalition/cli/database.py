"""`coalition db`: the network's database on this machine."""

import psycopg
import typer

from coalition.cli.failures import FAILED
from coalition.cli.founding import init
from coalition.cli.options import Data, Json
from coalition.cli.printing import emit, money_micros, say
from coalition.cli.sharing import database, is_kept, keep
from coalition.cli.site import Site, open_site
from coalition.cli.site_network import founded_network
from settlement import embedded
from settlement.database import OWNER, READER, connect, migrate
from settlement.errors import CoalitionError
from settlement.house.state import House
from settlement.ledger.memory import load_house

app = typer.Typer(no_args_is_help=True, help="Prepare, start and stop the network's database.")
app.command()(init)


@app.command("migrate")
def migrate_schema(data: Data = None) -> None:
    """Bring the schema to the newest revision; to be run after an upgrade, while the server is stopped."""
    site = _existing(data)
    with database(site):
        migrate(site.dsn(OWNER))
    say("the schema is at its newest revision")


@app.command()
def start(data: Data = None) -> None:
    """Start the embedded PostgreSQL and keep it running until [bold]coalition db stop[/]."""
    site = _embedded(data)
    with database(site):
        embedded.start(site.data)
        keep(site.data, True)
    say(f"PostgreSQL runs in {site.data}")


@app.command()
def stop(data: Data = None) -> None:
    """Stop the embedded PostgreSQL, also under those who use it."""
    site = _embedded(data)
    keep(site.data, False)
    was_running = embedded.stop(site.data)
    say(f"PostgreSQL in {site.data} {'is stopped' if was_running else 'was not running'}")


@app.command()
def status(data: Data = None, json: Json = False) -> None:
    """Say whether the database runs and what it holds; starts nothing."""
    site = open_site(data)
    facts: dict[str, object] = {"data": str(site.data), "embedded": site.database_url is None}
    if site.database_url is None:
        state = embedded.status(site.data)
        facts |= {"running": state.running, "pid": state.pid, "kept_running": is_kept(site.data)}
    if site.database_url is not None or facts["running"]:
        facts |= _reached(site)
    if facts.get("reachable"):
        facts |= _contents(site)
    if json:
        emit({name: value for name, value in facts.items() if name != "point_value"})
    else:
        _say_facts(facts)
    if facts.get("reachable") is False:
        raise typer.Exit(FAILED)


def _say_facts(facts: dict[str, object]) -> None:
    shown = {None: "-", True: "yes", False: "no"}
    for name, value in facts.items():
        if name == "point_value":
            say(f"a point is worth {value}")
        elif name == "reachable" and value is False:
            say(f"{name:<14}no: {facts['reason']}")
        elif name not in ("reason", "point_micros"):
            text = shown[value] if value is None or isinstance(value, bool) else value
            say(f"{name.replace('_', ' '):<14}{text}")


def _reached(site: Site) -> dict[str, object]:
    """Whether the database answers; if not, the first line of why, which never holds the password."""
    try:
        psycopg.connect(site.dsn(READER)).close()
    except psycopg.OperationalError as error:
        return {"reachable": False, "reason": str(error).strip().partition("\n")[0]}
    return {"reachable": True}


def _contents(site: Site) -> dict[str, object]:
    if founded_network(site) is None:
        return {"network": None}
    with connect(site.dsn(READER), READER) as connection:
        house: House = load_house(connection)
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    network = house.founded
    return {
        "network": network.origin,
        "schema": row[0] if row is not None else None,
        "model": network.model,
        "practice": network.practice,
        "currency": network.currency,
        "point_micros": house.tariff.rate_micros,
        "point_value": money_micros(
            house.tariff.rate_micros, currency=network.currency, minor_digits=network.minor_digits
        ),
        "shards": network.shards,
        "partners": len(house.partners) - 1,
        "open_cycle": house.open_cycle,
    }


def _existing(data: Data) -> Site:
    site = open_site(data)
    site.require()
    return site


def _embedded(data: Data) -> Site:
    site = open_site(data)
    if site.database_url is not None:
        message = "COALITION_DATABASE_URL names a server of your own: start and stop it with its own means"
        raise CoalitionError("DATABASE_NOT_EMBEDDED", message)
    site.require()
    return site
