"""`coalition partner fund | end-funding | fundings`: campaigns whose points several partners pay for."""

from datetime import datetime
from typing import Annotated

import typer

from coalition.cli.amounts import share_basis_points
from coalition.cli.options import ActId, PartnerId
from coalition.cli.points import TIME_FORMATS
from coalition.cli.printing import emit, show_table, utc
from coalition.cli.telling import tell_outcome
from coalition.cli.usage import wrong_usage
from coalition.cli.voice import OPERATOR, Voice, speaking
from coalition.client.answers import Funding
from settlement.clock import format_time, to_us

Campaign = Annotated[
    str,
    typer.Option(metavar="NAME", help="The issuer's campaign: 1 to 64 of a-z, 0-9 and hyphens."),
]


@speaking()
def fund(
    voice: Voice,
    partner: PartnerId,
    campaign: Campaign,
    share: Annotated[
        str, typer.Option(metavar="PERCENT", help="Of the campaign's points, as 25 or 12.5: 0.01 to 99.99.")
    ],
    until: Annotated[
        datetime, typer.Option(formats=TIME_FORMATS, metavar="TIME", help="As 2027-01-01T00:00:00Z.")
    ],
    act_id: ActId = None,
) -> None:
    """Agree to pay for a share of the points that PARTNER issues for a campaign of its own.

    [dim]coalition partner fund bakery --campaign spring --share 25 --until 2027-04-01T00:00:00Z --as grocer[/]
    """
    with wrong_usage("--share"):
        basis_points = share_basis_points(share)
    with voice.acting() as client:
        outcome = client.agree_to_fund(
            issuer=partner,
            campaign=campaign,
            share_basis_points=basis_points,
            valid_until=until,
            act_id=act_id,
        )
    percent = _percent(basis_points)
    tell_outcome(
        voice,
        outcome,
        f"{voice.identity.partner_id} funds {percent} of what {partner} issues for {campaign}",
        f"coalition issue MEMBER POINTS --campaign {campaign} --as {partner}",
    )


@speaking()
def end_funding(voice: Voice, partner: PartnerId, campaign: Campaign, act_id: ActId = None) -> None:
    """Pay for no more points of PARTNER's campaign; those that are issued already stay as they are.

    [dim]coalition partner end-funding bakery --campaign spring --as grocer[/]
    """
    with voice.acting() as client:
        outcome = client.end_funding(issuer=partner, campaign=campaign, act_id=act_id)
    tell_outcome(voice, outcome, f"{voice.identity.partner_id} funds {campaign} of {partner} no more")


@speaking(OPERATOR)
def fundings(voice: Voice) -> None:
    """List who funds whose campaigns now: a partner's own, the operator's view of all.

    [dim]coalition partner fundings --as bakery[/]
    """
    with voice.asking() as client:
        found = client.fundings()
    if voice.json:
        emit([_document(each) for each in found])
        return
    rows = [
        (
            each.issuer,
            each.campaign,
            each.funder,
            _percent(each.share_basis_points),
            utc(to_us(each.valid_until)),
        )
        for each in found
    ]
    show_table(("issuer", "campaign", "funder", "share", "until"), rows)


def add_to(app: typer.Typer) -> None:
    """Adds these commands to a group."""
    for command in (fund, end_funding, fundings):
        app.command(command.__name__.replace("_", "-"))(command)


def _percent(basis_points: int) -> str:
    whole, rest = divmod(basis_points, 100)
    return f"{whole}.{rest:02} %"


def _document(funding: Funding) -> dict[str, object]:
    return {
        "issuer": funding.issuer,
        "campaign": funding.campaign,
        "funder": funding.funder,
        "share_basis_points": funding.share_basis_points,
        "valid_until": format_time(to_us(funding.valid_until)),
        "agreed_at_entry": funding.agreed_at_entry,
    }
