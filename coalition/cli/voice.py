"""Who speaks: the identity that a command signs with, its outbox, and its client."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from inspect import Parameter
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

import typer

from coalition.cli.options import As, Data, IdentityFile, Json, Server, Timeout
from coalition.cli.site import OPERATOR_IDENTITY, Site, open_site
from coalition.client import Alias, BlockingClient, Identity, Outbox, load_identity
from coalition.client.calling import DEADLINE_SECONDS
from settlement.errors import CoalitionError
from settlement.ids import is_partner_id, is_uuid

Arguments = ParamSpec("Arguments")
OPERATOR = OPERATOR_IDENTITY


@dataclass(frozen=True)
class Voice:
    """One identity, and how its answers are shown."""

    site: Site
    identity: Identity
    outbox: Path
    json: bool
    timeout_seconds: float

    @property
    def flags(self) -> str:
        """What a further command needs to find the same site."""
        return self.site.flags

    @contextmanager
    def asking(self) -> Iterator[BlockingClient]:
        """A client for reads: nothing is kept."""
        with BlockingClient(self.identity, deadline_seconds=self.timeout_seconds) as client:
            yield client

    @contextmanager
    def acting(self) -> Iterator[BlockingClient]:
        """A client for acts: each is in the identity's outbox before it is sent."""
        self.outbox.parent.mkdir(mode=0o700, exist_ok=True)
        with (
            Outbox(self.outbox) as outbox,
            BlockingClient(self.identity, outbox=outbox, deadline_seconds=self.timeout_seconds) as client,
        ):
            yield client


def voice_of(
    data: Path | None,
    identity: Path | None,
    speaker: str | None,
    server: str | None,
    json: bool,
    timeout: float,
) -> Voice:
    """The voice of the options that say who speaks. A name on the command line goes before COALITION_IDENTITY."""
    site = open_site(data)
    spoken, outbox = _identity(site, identity if speaker is None else None, speaker)
    if server is not None:
        spoken = replace(spoken, server=server)
    return Voice(site, spoken, outbox, json, timeout)


def speaking(
    default: str | None = None,
) -> Callable[[Callable[Concatenate[Voice, Arguments], None]], Callable[..., None]]:
    """Gives a command the options that say who speaks, and calls it with that voice.

    `default`: the identity that speaks when none is named; None: one must be named.
    """

    def decorate(command: Callable[Concatenate[Voice, Arguments], None]) -> Callable[..., None]:
        own = list(inspect.signature(command).parameters.values())[1:]

        def run(
            *,
            data: Path | None,
            identity: Path | None,
            speaker: str | None,
            server: str | None,
            json: bool,
            timeout: float,
            **values: Any,
        ) -> None:
            voice = voice_of(
                data, identity, speaker or (None if identity else default), server, json, timeout
            )
            command(voice, **values)  # type: ignore[call-arg]

        parameters = [*own, *_WHO]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        run.__name__, run.__doc__ = command.__name__, command.__doc__
        return run

    return decorate


_WHO = [
    Parameter("speaker", Parameter.KEYWORD_ONLY, default=None, annotation=As),
    Parameter("identity", Parameter.KEYWORD_ONLY, default=None, annotation=IdentityFile),
    Parameter("server", Parameter.KEYWORD_ONLY, default=None, annotation=Server),
    Parameter("data", Parameter.KEYWORD_ONLY, default=None, annotation=Data),
    Parameter("json", Parameter.KEYWORD_ONLY, default=False, annotation=Json),
    Parameter("timeout", Parameter.KEYWORD_ONLY, default=DEADLINE_SECONDS, annotation=Timeout),
]


def _identity(site: Site, file: Path | None, name: str | None) -> tuple[Identity, Path]:
    """The identity, and where its outbox is: beside its file, or in the site."""
    if file is not None:
        return load_identity(file), file.with_name(f"{file.stem}.outbox.sqlite")
    return _made_here(site, name), site.data / "outbox" / f"{name}.sqlite"


def _made_here(site: Site, name: str | None) -> Identity:
    known = ", ".join(site.identity_names()) or f"none yet; `coalition db init{site.flags}` makes the first"
    if name is None:
        raise typer.BadParameter(
            f"say who speaks: --as NAME (in {site.data}: {known}) or --identity FILE", param_hint="--as"
        )
    if not is_partner_id(name):
        raise typer.BadParameter("a name is 2 to 40 of a-z, 0-9 and inner hyphens", param_hint="--as")
    path = site.identity_path(name)
    if not path.exists():
        message = f"there is no {path}; identities made in {site.data}: {known}"
        raise CoalitionError("IDENTITY_NOT_FOUND", message)
    return load_identity(path)


def read_member(text: str) -> str | Alias:
    """A member as a person names one: its id, or KIND:ALIAS. What follows the colon is left as it is typed."""
    if is_uuid(text.lower()):
        return text.lower()
    return read_alias(text)


def read_alias(text: str) -> Alias:
    """KIND:ALIAS as a pair; wrong usage for anything else, which is not repeated, as it may be a card's number."""
    kind, colon, alias = text.partition(":")
    if not colon or not alias:
        raise typer.BadParameter(
            "name a member by its id (a UUID) or as KIND:ALIAS with KIND card, phone, app or email"
        )
    return kind, alias
