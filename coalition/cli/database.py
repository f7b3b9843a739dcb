"""`coalition db`: the network's database on this machine."""

from typing import Annotated

import psycopg
import typer

from coalition.cli.currencies import minor_digits
from coalition.cli.failures import FAILED
from coalition.cli.options import Data, Json
from coalition.cli.printing import emit, hint, money_micros, say
from coalition.cli.serve import DEFAULT_ADDRESS
from coalition.cli.sharing import database, is_kept, keep
from coalition.cli.site import (
    OPERATOR_IDENTITY,
    Site,
    found_network,
    founded_network,
    open_site,
    prepare_database,
)
from coalition.cli.terms import Fee, Interchange, PointValue, Price, Rebate, with_terms
from coalition.cli.usage import wrong_usage
from settlement import embedded
from settlement.database import OWNER, READER, connect, migrate
from settlement.errors import CoalitionError
from settlement.house.records import BILATERAL, POOL, Network
from settlement.house.state import House
from settlement.house.tariff import Tariff, check_terms
from settlement.ids import is_partner_id
from settlement.journal.leaf import PATTERNS
from settlement.ledger.founding import SHARDS_MAX
from settlement.ledger.memory import load_house

PEOPLE_MIN = 2
app = typer.Typer(no_args_is_help=True, help="Prepare, start and stop the network's database.")


@app.command()
def init(
    name: Annotated[
        str, typer.Option(metavar="NAME", help="The network's name: every signature is for it alone.")
    ],
    currency: Annotated[str, typer.Option(metavar="CODE", help="Settlement currency (ISO 4217).")] = "EUR",
    model: Annotated[
        str,
        typer.Option(
            metavar="MODEL",
            help="Who pays for a point that is spent: its funder (bilateral), or a fund of all issuers (pool).",
        ),
    ] = BILATERAL,
    point_value: PointValue = "0.01",
    price: Price = None,
    fee: Fee = None,
    interchange: Interchange = None,
    rebate: Rebate = None,
    shards: Annotated[
        int, typer.Option(min=1, max=SHARDS_MAX, help="Serial histories that members are spread over.")
    ] = 1,
    operator: Annotated[str, typer.Option(metavar="ID", help="The operator's id.")] = "operator",
    person: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A person who may propose or approve settlements; two at least. [default: ann bob]",
        ),
    ] = None,
    server: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where identities made here will find the server.")
    ] = DEFAULT_ADDRESS,
    data: Data = None,
    json: Json = False,
) -> None:
    """Found a network: database, keys, and the identities of the operator and its people.

    Without COALITION_DATABASE_URL an embedded PostgreSQL is made in the data folder. Repeat a run that was cut short; a network
    that exists is never touched.

    [dim]coalition db init --name clearing.example/coalition-1 --person ann --person bob[/]
    """
    people = person or ["ann", "bob"]
    if model not in (BILATERAL, POOL):
        raise typer.BadParameter("bilateral or pool", param_hint="--model")
    _check_names(name, operator, people)
    with wrong_usage("--currency"):
        digits = minor_digits(currency)
    network = Network(name, currency, digits, shards, operator, model)
    tariff = with_terms(
        Tariff(0), point_value=point_value, price=price, fee=fee, interchange=interchange, rebate=rebate
    )
    with wrong_usage():
        check_terms(tariff, model=model)
    site = open_site(data)
    with database(site):
        if founded_network(site) is None:
            prepare_database(site)
        found_network(site, network, tariff=tariff, people=people, server=server)
    _tell_founded(site, network, tariff, people, json=json)


def _check_names(name: str, operator: str, people: list[str]) -> None:
    if PATTERNS["network"].fullmatch(name) is None:
        raise typer.BadParameter("2 to 100 of a-z, 0-9, dot, slash and hyphen", param_hint="--name")
    if not is_partner_id(operator):
        raise typer.BadParameter("2 to 40 of a-z, 0-9 and inner hyphens", param_hint="--operator")
    if not all(is_partner_id(person) for person in people) or OPERATOR_IDENTITY in people:
        demand = f"2 to 40 of a-z, 0-9 and inner hyphens, and not `{OPERATOR_IDENTITY}`"
        raise typer.BadParameter(demand, param_hint="--person")
    if len(set(people)) < max(PEOPLE_MIN, len(people)):
        raise typer.BadParameter(
            "two different people at least, as one proposes and another approves", param_hint="--person"
        )


def _tell_founded(site: Site, network: Network, tariff: Tariff, people: list[str], *, json: bool) -> None:
    names = [OPERATOR_IDENTITY, *people]
    if json:
        facts = {
            "network": network.origin,
            "data": str(site.data),
            "log_vkey": site.log_vkey(),
            "identities": names,
        }
        emit(facts)
        return
    worth = money_micros(tariff.rate_micros, currency=network.currency, minor_digits=network.minor_digits)
    say(f"founded {network.origin}: a point is worth {worth}")
    say(f"  data        {site.data}")
    say(f"  identities  {', '.join(names)} in {site.data / 'identities'} (each file is one person's secret)")
    say(f"  log key     {site.log_vkey()} (public: auditors verify with it)")
    hint("coalition serve", 'coalition partner onboard bakery --name "The Bakery"', flags=site.flags)


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
