"""Options and arguments that several commands share, spelled once."""

from pathlib import Path
from typing import Annotated

import typer

from coalition.cli.usage import wrong_usage
from coalition.wire.strict import read_text
from settlement.ids import is_partner_id, is_uuid
from settlement.transparency.checkpoint import parse_vkey

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="The network's data folder. Default: COALITION_DATA, else the user's data folder.",
    ),
]
IdentityFile = Annotated[
    Path | None,
    typer.Option(
        "--identity",
        metavar="FILE",
        envvar="COALITION_IDENTITY",
        help="Speak with the key in this identity file.",
        show_envvar=True,
    ),
]
As = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME", help="Speak as an identity made here: DIR/identities/NAME.json."),
]
Server = Annotated[
    str | None,
    typer.Option(metavar="HOST:PORT", help="The network's server, instead of the identity's own."),
]
Timeout = Annotated[
    float, typer.Option(min=0.1, max=3_600, metavar="SECONDS", help="How long to try before giving up.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document, for machines.")]


def _uuid(text: str | None) -> str | None:
    """Wrong usage unless it is nothing or a UUID in its one spelling."""
    if text is not None and not is_uuid(text):
        raise typer.BadParameter("a lower-case UUID, as 01890f3c-7a5b-7c21-9d3e-0b1c2d3e4f50")
    return text


ActId = Annotated[
    str | None,
    typer.Option(
        metavar="UUID",
        callback=_uuid,
        help="This act's id: repeat it to ask for the same act again. Default: a fresh one.",
    ),
]
EarlierAct = Annotated[
    str, typer.Argument(metavar="ACT_ID", callback=_uuid, help="An act of yours; its receipt names it.")
]


def id_text(text: str | None) -> str | None:
    """Wrong usage unless it is nothing or an id of a partner or person."""
    if text is not None and not is_partner_id(text):
        raise typer.BadParameter("an id is 2 to 40 of a-z, 0-9 and inner hyphens")
    return text


def display_name(text: str) -> str:
    """A company's name as statements call it; wrong usage unless the network would take it."""
    with wrong_usage():
        return read_text(text, "display_name", least=1, most=80)


def vkey_text(text: str | None) -> str | None:
    """A log's public key as it was written; wrong usage unless it is one."""
    if text is not None:
        with wrong_usage():
            parse_vkey(text)
    return text


PartnerId = Annotated[
    str,
    typer.Argument(metavar="PARTNER", callback=id_text, help="2 to 40 of a-z, 0-9 and inner hyphens."),
]
MemberText = Annotated[
    str,
    typer.Argument(
        metavar="MEMBER",
        help="A member's id, or KIND:ALIAS with KIND card, phone, app or email, as card:4000123412341234.",
    ),
]
CycleNumber = Annotated[
    int, typer.Argument(min=1, max=2**31 - 1, metavar="CYCLE", help="The cycle's number.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
SettlementNumber = Annotated[
    int, typer.Argument(min=1, max=2**31 - 1, metavar="SETTLEMENT", help="The settlement's number.")
]
