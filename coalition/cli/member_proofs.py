"""`coalition member codes | next-code | add-proof | remove-proof`: what a member shows as its own yes."""

import json
from pathlib import Path
from typing import Annotated

import typer

from coalition.cli.key_files import read_key
from coalition.cli.options import ActId, MemberText
from coalition.cli.printing import say
from coalition.cli.telling import tell_outcome
from coalition.cli.voice import OPERATOR, Voice, read_member, speaking
from coalition.client import BlockingClient
from coalition.client.member_proofs import (
    CodeChain,
    NewDevice,
    agree,
    new_chain,
    prove_device,
    read_code,
    spell_code,
)
from coalition.client.private_files import read_private, replace_private
from settlement.errors import CoalitionError
from settlement.ids import new_act_id
from settlement.ledger.acts import CODE, Consent
from settlement.ledger.rules.ruling import spell_proof

CHAIN_CODES_MAX = 100_000
CodeText = Annotated[
    str | None, typer.Option("--code", metavar="CODE", help="A one-time code that the member shows.")
]
DeviceKey = Annotated[
    Path | None,
    typer.Option(
        "--device-key", metavar="FILE", help="Sign as the member's device, whose key is in this file."
    ),
]
CodesFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="The member's secret, and how far it is used.")
]


def shown(
    voice: Voice, act_id: str, kind: str, what: str, *, code: str | None, device_key: Path | None
) -> Consent | None:
    """What the member shows for one act, or None; wrong usage if that is two things, or no code."""
    if code is not None and device_key is not None:
        raise typer.BadParameter("leave one out: --code or --device-key")
    if device_key is not None:
        signer, network = read_key(device_key), voice.identity.network
        return agree(
            signer,
            network=network,
            partner_id=voice.identity.partner_id,
            act_id=act_id,
            kind=kind,
            what=what,
        )
    return None if code is None else _code(code)


def codes(
    file: CodesFile,
    count: Annotated[
        int, typer.Option(min=1, max=CHAIN_CODES_MAX, metavar="NUMBER", help="How many codes.")
    ] = 1_000,
) -> None:
    """Make a chain of one-time codes, as a member's app does; `member add-proof --codes FILE` tells the network.

    [dim]coalition member codes maria.codes[/]
    """
    if file.exists():
        raise CoalitionError("FILE_EXISTS", f"{file} is there already; codes are never overwritten")
    _keep(file, new_chain(count), used=0)
    say(f"{count:,} codes are in {file}: next: coalition member add-proof MEMBER --codes {file} --as NAME")


def next_code(file: CodesFile) -> None:
    """Print the next code of a chain, which serves once.

    [dim]coalition member next-code maria.codes[/]
    """
    chain, used = _kept(file)
    if used == chain.count:
        raise CoalitionError("CODES_USED_UP", f"all {chain.count:,} codes of {file} were shown: make others")
    _keep(file, chain, used=used + 1)
    say(spell_code(chain.code(used + 1)))


@speaking()
def add_proof(
    voice: Voice,
    member: MemberText,
    codes: Annotated[
        Path | None, typer.Option("--codes", metavar="FILE", help="A chain that `member codes` made.")
    ] = None,
    device: Annotated[
        Path | None,
        typer.Option("--device", metavar="FILE", help="The new device's key, as `key generate` made it."),
    ] = None,
    code: CodeText = None,
    device_key: DeviceKey = None,
    act_id: ActId = None,
) -> None:
    """Let a member be known by a device or a chain of codes; if it has one already, it must show that.

    [dim]coalition member add-proof card:4000123412341234 --codes maria.codes --as bakery[/]
    """
    if (codes is None) == (device is None):
        raise typer.BadParameter("name what is added: --codes FILE or --device FILE")
    act_id = act_id or new_act_id()
    with voice.acting() as client:
        member_id, identity = _member_id(client, member), voice.identity
        if codes is not None:
            chain = _kept(codes)[0]
            added: CodeChain | NewDevice = chain
            what = spell_proof(CODE, chain.anchor)
        else:
            assert device is not None
            key = read_key(device)
            added = prove_device(
                key, network=identity.network, partner_id=identity.partner_id, member_id=member_id
            )
            what = spell_proof(key.keyid, key.spki)
        proof = shown(voice, act_id, "proof-add", what, code=code, device_key=device_key)
        outcome = client.add_member_proof(member_id=member_id, added=added, proof=proof, act_id=act_id)
    tell_outcome(voice, outcome, f"member {outcome.member} can be known by {what.split(' ')[0]}")


@speaking(OPERATOR)
def remove_proof(
    voice: Voice,
    member: MemberText,
    keyid: Annotated[
        str | None,
        typer.Option(metavar="KEYID", help="The device that is lost. Default: the chain of codes."),
    ] = None,
    code: CodeText = None,
    device_key: DeviceKey = None,
    act_id: ActId = None,
) -> None:
    """End a device or the chain of codes of a member: the operator by itself, a partner with what the member shows.

    [dim]coalition member remove-proof card:4000123412341234[/]
    """
    if keyid is not None and (len(keyid) != 64 or not set(keyid) <= set("0123456789abcdef")):
        raise typer.BadParameter("64 lower-case hexadecimal digits", param_hint="--keyid")
    act_id = act_id or new_act_id()
    proof = shown(voice, act_id, "proof-remove", keyid or CODE, code=code, device_key=device_key)
    with voice.acting() as client:
        outcome = client.remove_member_proof(
            member_id=_member_id(client, member), device_keyid=keyid, proof=proof, act_id=act_id
        )
    tell_outcome(voice, outcome, f"member {outcome.member} is no more known by it")


def add_to(app: typer.Typer) -> None:
    """Adds these commands to those on members."""
    for command in (codes, next_code, add_proof, remove_proof):
        app.command(command.__name__.replace("_", "-"))(command)


def _member_id(client: BlockingClient, member: str) -> str:
    named = read_member(member)
    return named if isinstance(named, str) else client.member(member=named).member_id


def _code(text: str) -> Consent:
    try:
        return read_code(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--code") from None


def _keep(file: Path, chain: CodeChain, *, used: int) -> None:
    facts = {"seed": chain.seed.hex(), "codes": chain.count, "used": used}
    replace_private(file, json.dumps(facts).encode())


def _kept(file: Path) -> tuple[CodeChain, int]:
    """The chain in a file, and how many of its codes were shown. CoalitionError CODES_UNREADABLE, FILE_NOT_PRIVATE; OSError."""
    data = read_private(file)
    try:
        facts = json.loads(data)
        chain, used = CodeChain(bytes.fromhex(facts["seed"]), int(facts["codes"])), int(facts["used"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise CoalitionError(
            "CODES_UNREADABLE", f"{file} is not what `coalition member codes` writes"
        ) from None
    if not (0 <= used <= chain.count <= CHAIN_CODES_MAX):
        raise CoalitionError("CODES_UNREADABLE", f"{file} is not what `coalition member codes` writes")
    return chain, used
