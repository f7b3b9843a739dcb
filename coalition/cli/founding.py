"""`coalition db init`: a network is founded."""

from dataclasses import replace
from typing import Annotated

import typer

from coalition.cli.currencies import minor_digits
from coalition.cli.options import Data, Json
from coalition.cli.printing import emit, hint, money_micros, say
from coalition.cli.serve import DEFAULT_ADDRESS
from coalition.cli.sharing import database
from coalition.cli.site import OPERATOR_IDENTITY, Site, open_site
from coalition.cli.site_network import found_network, founded_network, prepare_database
from coalition.cli.terms import Terms, taking_terms
from coalition.cli.usage import wrong_usage
from settlement.clearing.calendar import check_known
from settlement.house.records import BILATERAL, POOL, Network
from settlement.house.tariff import Tariff, check_terms
from settlement.ids import is_partner_id
from settlement.journal.grammar import PATTERNS
from settlement.ledger.founding import SHARDS_MAX

PEOPLE_MIN = 2
CENT = Tariff(10_000)
"""The tariff where no term is given: a point is worth 0.01."""

People = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="A person who may propose or approve; two at least. [default: ann bob]",
    ),
]


def model_text(text: str) -> str:
    """An option's settlement model; wrong usage unless it is one."""
    if text not in (BILATERAL, POOL):
        raise typer.BadParameter(f"{BILATERAL} or {POOL}")
    return text


Model = Annotated[
    str,
    typer.Option(
        metavar="MODEL",
        callback=model_text,
        help="Who pays for a point that is spent: its funder (bilateral), or a fund of all issuers (pool).",
    ),
]


@taking_terms
def init(
    name: Annotated[
        str, typer.Option(metavar="NAME", help="The network's name: every signature is for it alone.")
    ],
    terms: Terms,
    currency: Annotated[str, typer.Option(metavar="CODE", help="Settlement currency (ISO 4217).")] = "EUR",
    model: Model = BILATERAL,
    shards: Annotated[
        int, typer.Option(min=1, max=SHARDS_MAX, help="Serial histories that members are spread over.")
    ] = 1,
    operator: Annotated[str, typer.Option(metavar="ID", help="The operator's id.")] = "operator",
    person: People = None,
    practice: Annotated[
        bool,
        typer.Option("--practice", help="For practice: nothing in it is real, its clock can be set ahead."),
    ] = False,
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
    _check_names(name, operator, people)
    with wrong_usage("--currency"):
        digits = minor_digits(currency)
    network = Network(name, currency, digits, shards, operator, model, practice)
    tariff = replace(CENT, **terms)
    with wrong_usage():
        check_terms(tariff, model=model)
        check_known(tariff)
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
            "practice": network.practice,
            "data": str(site.data),
            "log_vkey": site.log_vkey(),
            "identities": names,
        }
        emit(facts)
        return
    worth = money_micros(tariff.rate_micros, currency=network.currency, minor_digits=network.minor_digits)
    say(f"founded {network.origin}{', for practice' if network.practice else ''}: a point is worth {worth}")
    say(f"  data        {site.data}")
    say(f"  identities  {', '.join(names)} in {site.data / 'identities'} (each file is one person's secret)")
    say(f"  log key     {site.log_vkey()} (public: auditors verify with it)")
    hint("coalition serve", 'coalition partner onboard bakery --name "The Bakery"', flags=site.flags)
