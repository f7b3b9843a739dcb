"""`coalition member`: the directory of members."""

from typing import Annotated

import typer

from coalition.cli import member_proofs
from coalition.cli.options import ActId, MemberText
from coalition.cli.printing import emit, say
from coalition.cli.telling import tell_outcome
from coalition.cli.voice import Voice, read_alias, read_member, speaking

app = typer.Typer(no_args_is_help=True, help="Enrol, link and find members.")


@app.command()
@speaking()
def enrol(
    voice: Voice,
    alias: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND:ALIAS",
            help="A card, phone, app id or email; only a token of it is sent. May be repeated.",
        ),
    ] = None,
    act_id: ActId = None,
) -> None:
    """Make a new member, known by no, one or several aliases.

    [dim]coalition member enrol --alias card:4000123412341234 --alias phone:+3512345678 --as bakery[/]
    """
    with voice.acting() as client:
        outcome = client.enrol(aliases=[read_alias(text) for text in alias or []], act_id=act_id)
    tell_outcome(
        voice,
        outcome,
        f"enrolled member {outcome.member}",
        f"coalition issue {outcome.member} 120 --as {voice.identity.partner_id}",
    )


@app.command()
@speaking()
def link(
    voice: Voice,
    member: MemberText,
    alias: Annotated[str, typer.Argument(metavar="KIND:ALIAS", help="The new card, phone, app id or email.")],
    act_id: ActId = None,
) -> None:
    """Give a member one more alias, such as a new card.

    [dim]coalition member link card:4000123412341234 phone:+3512345678 --as bakery[/]
    """
    named = read_member(member)
    with voice.acting() as client:
        member_id = named if isinstance(named, str) else client.member(member=named).member_id
        outcome = client.link_alias(member_id=member_id, alias=read_alias(alias), act_id=act_id)
    tell_outcome(voice, outcome, f"linked to member {outcome.member}")


@app.command()
@speaking()
def show(voice: Voice, member: MemberText) -> None:
    """Find a member by id or alias.

    [dim]coalition member show card:4000123412341234 --as bakery[/]
    """
    with voice.asking() as client:
        found = client.member(member=read_member(member))
    if voice.json:
        emit({"member_id": found.member_id, "shard": found.shard})
    else:
        say(f"member {found.member_id}, shard {found.shard}")


member_proofs.add_to(app)
