"""`coalition partner`: the companies of the network."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from coalition.cli import account, funding
from coalition.cli.options import ActId, PartnerId, display_name
from coalition.cli.printing import emit, hint, say, short, show_table
from coalition.cli.telling import outcome_document, tell_outcome
from coalition.cli.tls_folder import tls_of_new
from coalition.cli.voice import OPERATOR, Voice, speaking
from coalition.client import BlockingClient, Identity, Outcome, load_identity, save_identity
from coalition.client.answers import Key, Partner
from settlement.errors import CoalitionError
from settlement.signing import new_key

app = typer.Typer(no_args_is_help=True, help="Register, activate, suspend and show partners; fund campaigns.")
funding.add_to(app)
app.add_typer(account.app, name="account")
DisplayName = Annotated[
    str,
    typer.Option(
        "--name",
        metavar="TEXT",
        callback=display_name,
        help="How statements call it: 1 to 80 ASCII characters.",
    ),
]


@app.command()
@speaking(OPERATOR)
def register(voice: Voice, partner: PartnerId, name: DisplayName, act_id: ActId = None) -> None:
    """Take a company into the network; it may act once it has a key and is active.

    [dim]coalition partner register bakery --name "The Bakery"[/]
    """
    with voice.acting() as client:
        outcome = client.register(partner_id=partner, display_name=name, act_id=act_id)
    tell_outcome(
        voice, outcome, f"registered {partner}", f"coalition key add --partner {partner} --proof FILE"
    )


@app.command()
@speaking(OPERATOR)
def activate(voice: Voice, partner: PartnerId, act_id: ActId = None) -> None:
    """Let a registered or suspended partner act."""
    with voice.acting() as client:
        outcome = client.activate(partner_id=partner, act_id=act_id)
    tell_outcome(voice, outcome, f"{partner} is active")


@app.command()
@speaking(OPERATOR)
def suspend(voice: Voice, partner: PartnerId, act_id: ActId = None) -> None:
    """Refuse a partner's acts from the next entry on; what it owes and is owed stays."""
    with voice.acting() as client:
        outcome = client.suspend(partner_id=partner, act_id=act_id)
    tell_outcome(
        voice,
        outcome,
        f"{partner} is suspended",
        f"to let it act again: coalition partner activate {partner}",
    )


@app.command("list")
@speaking(OPERATOR)
def list_partners(voice: Voice) -> None:
    """List all companies of the network."""
    with voice.asking() as client:
        partners = client.partners()
    if voice.json:
        emit([partner_document(partner) for partner in partners])
        return
    rows = [
        (p.partner_id, p.display_name, p.state, sum(k.revoked_at_entry is None for k in p.keys))
        for p in partners
    ]
    show_table(("partner", "name", "state", "live keys"), rows)


@app.command()
@speaking(OPERATOR)
def show(voice: Voice, partner: PartnerId) -> None:
    """Show a company and its keys."""
    with voice.asking() as client:
        found = find_partner(client, partner)
    if voice.json:
        emit(partner_document(found))
        return
    say(f"{found.partner_id} ({found.display_name}) is {found.state}")
    show_keys(found.keys)


@app.command()
@speaking(OPERATOR)
def onboard(
    voice: Voice,
    partner: PartnerId,
    name: DisplayName,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where its identity goes. Default: DIR/identities/PARTNER.json."),
    ] = None,
) -> None:
    """Register a partner, make a fresh key for it, add the key, and activate it, all in one go.

    The identity file holds the partner's private key: hand it over safely and keep no copy. A run that was cut short is repeated.

    [dim]coalition partner onboard bakery --name "The Bakery"[/]
    """
    path = out or voice.site.identity_path(partner)
    with voice.acting() as client:
        known = next((found for found in client.partners() if found.partner_id == partner), None)
        _require_same(known, partner, name, operator=voice.identity.partner_id)
        identity = _identity_for(voice, partner, path, known)
        outcomes = _missing_steps(client, identity, name, known)
    if voice.json:
        emit(
            {
                "partner_id": partner,
                "identity": str(path),
                "keyid": identity.signer.keyid,
                "acts": [outcome_document(outcome) for outcome in outcomes],
            }
        )
        return
    say(
        f"{partner} is active{'' if outcomes else ' already'}; its key is {short(identity.signer.keyid)}, its identity {path}"
    )
    speaker = f"--as {partner}" if out is None else f"--identity {path}"
    hint(f"coalition member enrol --alias card:4000123412341234 {speaker}", flags=voice.flags)


def _require_same(known: Partner | None, partner: str, name: str, *, operator: str) -> None:
    """Wrong usage unless a partner of this id may come, or is there already under this very name."""
    if partner == operator:
        raise typer.BadParameter(
            "this is the operator, who issues and redeems nothing; choose another id", param_hint="PARTNER"
        )
    if known is not None and known.display_name != name:
        raise typer.BadParameter(
            f"{partner} is in the network as {known.display_name!r}", param_hint="--name"
        )


def _identity_for(voice: Voice, partner: str, path: Path, known: Partner | None) -> Identity:
    """The identity in the file, if it is this partner's from an earlier run; else a fresh one, saved before its key is used."""
    if path.exists():
        kept = load_identity(path)
        if (kept.partner_id, kept.network) == (partner, voice.identity.network):
            _require_live(kept, path, known)
            return kept
        raise CoalitionError(
            "FILE_EXISTS", f"{path} is the identity of {kept.partner_id}; name another file with --out"
        )
    if known is not None and any(key.revoked_at_entry is None for key in known.keys):
        message = f"{partner} is in the network and has live keys, and {path} is missing; add a key with `coalition key add`"
        raise CoalitionError("PARTNER_EXISTS", message)
    identity = replace(
        voice.identity,
        partner_id=partner,
        signer=new_key(),
        alias_key=voice.site.alias_key(),
        tls=tls_of_new(voice.site, voice.identity, partner),
    )
    save_identity(identity, path)
    return identity


def _require_live(kept: Identity, path: Path, known: Partner | None) -> None:
    """CoalitionError IDENTITY_REVOKED if the network has ended the identity's key: it never comes back."""
    for key in known.keys if known is not None else ():
        if key.keyid == kept.signer.keyid and key.revoked_at_entry is not None:
            message = (
                f"the key in {path} was revoked at entry 0:{key.revoked_at_entry}; make another: "
                f"`coalition key generate FILE`, then `coalition key add --partner {kept.partner_id} "
                "--key FILE --out IDENTITY`"
            )
            raise CoalitionError("IDENTITY_REVOKED", message)


def _missing_steps(
    client: BlockingClient, identity: Identity, name: str, known: Partner | None
) -> list[Outcome]:
    """Does what is not done yet; CoalitionError ONBOARDING_REFUSED with the first no."""
    partner, outcomes = identity.partner_id, []
    if known is None:
        outcomes.append(client.register(partner_id=partner, display_name=name))
    if known is None or all(key.keyid != identity.signer.keyid for key in known.keys):
        outcomes.append(client.add_key(key=identity.signer, partner_id=partner))
    if known is None or known.state != "active":
        outcomes.append(client.activate(partner_id=partner))
    for outcome in outcomes:
        if outcome.refusal is not None:
            raise CoalitionError(
                "ONBOARDING_REFUSED", f"entry {outcome.shard}:{outcome.index} says {outcome.refusal}"
            )
    return outcomes


def find_partner(client: BlockingClient, partner_id: str) -> Partner:
    """The partner of this id. CoalitionError PARTNER_NOT_FOUND."""
    for partner in client.partners():
        if partner.partner_id == partner_id:
            return partner
    raise CoalitionError("PARTNER_NOT_FOUND", f"the network has no partner {partner_id}")


def show_keys(keys: tuple[Key, ...]) -> None:
    """Prints keys as a table."""
    rows = [
        (
            short(key.keyid),
            key.algorithm,
            key.purpose,
            key.person or "-",
            f"0:{key.added_at_entry}",
            "live" if key.revoked_at_entry is None else f"revoked at 0:{key.revoked_at_entry}",
        )
        for key in keys
    ]
    show_table(("keyid", "algorithm", "purpose", "person", "added at", "state"), rows)


def key_document(key: Key) -> dict[str, object]:
    """A key for machines."""
    return {
        "keyid": key.keyid,
        "algorithm": key.algorithm,
        "purpose": key.purpose,
        "person": key.person,
        "added_at_entry": key.added_at_entry,
        "revoked_at_entry": key.revoked_at_entry,
    }


def partner_document(partner: Partner) -> dict[str, object]:
    """A partner for machines."""
    return {
        "partner_id": partner.partner_id,
        "display_name": partner.display_name,
        "state": partner.state,
        "keys": [key_document(key) for key in partner.keys],
    }
