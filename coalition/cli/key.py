"""`coalition key`: private keys and who may use them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer

from coalition.cli.key_files import read_key, read_proof, write_key, write_proof
from coalition.cli.options import ActId, Json, id_text
from coalition.cli.partner import key_document
from coalition.cli.printing import emit, hint, say, short, show_table
from coalition.cli.telling import tell_outcome
from coalition.cli.tls_folder import tls_of_new
from coalition.cli.voice import OPERATOR, Voice, speaking
from coalition.client import BlockingClient, Identity, KeyProof, Outcome, prove_possession, save_identity
from coalition.client.answers import Key
from settlement.errors import CoalitionError
from settlement.house.records import APPROVER, REQUEST
from settlement.signing import ECDSA_P256, ED25519, KeySigner, keyid_of, new_key

app = typer.Typer(no_args_is_help=True, help="Generate, add, revoke and list keys; prove possession of one.")
KEYID_DIGITS_MIN = 8
_ALGORITHMS = {"ed25519": ED25519, "p256": ECDSA_P256}
_OTHER_NAMER = {APPROVER: ("the operator", f"--as {OPERATOR}"), REQUEST: ("an approver", "--as NAME")}
"""Who must name an approver's key besides a key of this purpose, in words and as an option."""
KeyFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="A private key: unencrypted PKCS #8 PEM, mode 0600.")
]

ProofFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The proof that its holder made with `coalition key proof`."),
]
Owner = Annotated[
    str | None,
    typer.Option(metavar="PARTNER", callback=id_text, help="Whose key. Default: the proof's, or your own."),
]
Person = Annotated[
    str | None,
    typer.Option(metavar="NAME", callback=id_text, help="For an approver key: who alone holds it."),
]


@app.command()
def generate(
    file: KeyFile,
    algorithm: Annotated[Literal["ed25519", "p256"], typer.Option(help="What kind of key.")] = "ed25519",
    as_json: Json = False,
) -> None:
    """Make a fresh private key; nothing leaves this machine.

    [dim]coalition key generate bakery-2.pem[/]
    """
    signer = new_key(_ALGORITHMS[algorithm])
    write_key(signer, file)
    if as_json:
        emit({"keyid": signer.keyid, "algorithm": _ALGORITHMS[algorithm], "file": str(file)})
        return
    say(f"made {file} (mode 0600), keyid {signer.keyid}")
    hint(f"coalition key proof {file} --network NAME --partner PARTNER")


@app.command()
def proof(
    file: KeyFile,
    network: Annotated[str, typer.Option(metavar="NAME", help="The network that the key will be used in.")],
    partner: Annotated[
        str,
        typer.Option(metavar="PARTNER", callback=id_text, help="The company that the key will speak for."),
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it there. Default: standard output.")
    ] = None,
) -> None:
    """Prove that you hold a key, for whoever adds it: JSON with the public key and its own signature, nothing secret.

    [dim]coalition key proof bakery.pem --network clearing.example/coalition-1 --partner bakery --out proof.json[/]
    """
    signer = read_key(file)
    proven = prove_possession(signer, public_key=signer.spki, network=network, partner_id=partner)
    document = write_proof(proven, keyid=signer.keyid, network=network, partner_id=partner)
    if out is None:
        emit(document)
        return
    out.write_text(json.dumps(document, indent=2) + "\n")
    hint(f"coalition key add --partner {partner} --proof {out}")


@app.command()
@speaking(OPERATOR)
def add(
    voice: Voice,
    key: Annotated[Path | None, typer.Option(metavar="FILE", help="The new private key itself.")] = None,
    proof: ProofFile = None,
    partner: Owner = None,
    purpose: Annotated[Literal["request", "approver"], typer.Option(help="What it signs.")] = "request",
    person: Person = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With --key: write an identity with the new key.")
    ] = None,
    act_id: ActId = None,
) -> None:
    """Add a key: the operator anyone's, a partner its own second one, so that keys rotate without a pause.

    An approver's key counts once the operator's request key and an approver (`--as ann`) have both added it.

    [dim]coalition key add --proof proof.json[/]

    [dim]coalition key add --as ann --key carol.pem --purpose approver --person carol --out carol.json[/]

    [dim]coalition key add --as bakery --key bakery-2.pem --out bakery-2.json[/]
    """
    if (key is None) == (proof is None):
        raise typer.BadParameter("give either the key or its proof", param_hint="--key / --proof")
    if (purpose == "approver") != (person is not None):
        raise typer.BadParameter("an approver key has a person, a request key none", param_hint="--person")
    if out is not None and (key is None or out.exists()):
        raise typer.BadParameter("needs --key, and a file that is not there yet", param_hint="--out")
    signer = None if key is None else read_key(key)
    proven, owner = (
        (signer, voice.identity.partner_id) if proof is None else read_proof(proof, voice.identity.network)
    )
    assert proven is not None
    owner = partner or owner
    if signer is not None and out is not None:
        # Before the key is used, so that an added key is never without its identity.
        save_identity(_identity(voice, signer, owner, with_alias_key=purpose == "request"), out)
    with voice.acting() as client:
        outcome = client.add_key(key=proven, partner_id=owner, purpose=purpose, person=person, act_id=act_id)
        known = {} if outcome.refusal else _known_keys(client)
    source = f"--proof {proof}" if key is None else f"--key {key}"
    steps = (f"speak with it: --identity {out}",) if out is not None else ()
    if person is None:
        tell_outcome(voice, outcome, f"added a request key for {owner}", *steps)
    elif outcome.refusal or _keyid(proven) in known:
        tell_outcome(voice, outcome, f"added an approver key: {person} may approve now", *steps)
    else:
        _tell_named_by_one(voice, outcome, known, source=source, person=person)


def _identity(voice: Voice, signer: KeySigner, owner: str, *, with_alias_key: bool) -> Identity:
    """An identity with a new key, for the network of the voice."""
    alias_key = voice.identity.alias_key if with_alias_key else None
    tls = tls_of_new(voice.site, voice.identity, owner)
    return replace(voice.identity, partner_id=owner, signer=signer, alias_key=alias_key, tls=tls)


def _tell_named_by_one(
    voice: Voice, outcome: Outcome, known: dict[str, Key], *, source: str, person: str
) -> None:
    own = known.get(voice.identity.signer.keyid)
    namer, flag = _OTHER_NAMER[own.purpose if own is not None else REQUEST]
    sentence = f"{person}'s key is named by one of two; it counts once {namer} adds it too"
    step = f"coalition key add {source} --purpose approver --person {person} {flag}"
    tell_outcome(voice, outcome, sentence, f"{namer} adds it too: {step}")


def _keyid(key: KeySigner | KeyProof) -> str:
    return keyid_of(key.public_key) if isinstance(key, KeyProof) else key.keyid


def _known_keys(client: BlockingClient) -> dict[str, Key]:
    """All keys that count or did, by keyid: an approver's key that only one has named is not among them."""
    return {key.keyid: key for partner in client.partners() for key in partner.keys}


@app.command()
@speaking(OPERATOR)
def revoke(
    voice: Voice,
    keyid: Annotated[str, typer.Argument(metavar="KEYID", help="The keyid, or enough of its first digits.")],
    reason: Annotated[Literal["retired", "superseded", "compromised"], typer.Option(help="Why.")] = "retired",
    act_id: ActId = None,
) -> None:
    """End a key: whatever it signs is refused as soon as the revocation is seen. Nothing signed before is undone.

    [dim]coalition key revoke 3f9c01d2a4b58e77 --reason superseded[/]
    """
    with voice.acting() as client:
        full = _full_keyid(client, keyid.lower())
        outcome = client.revoke_key(keyid=full, reason=reason, act_id=act_id)
    tell_outcome(voice, outcome, f"revoked {short(full)}")


def _full_keyid(client: BlockingClient, digits: str) -> str:
    """The one key that begins so. CoalitionError KEYID_UNKNOWN, KEYID_AMBIGUOUS."""
    found = {
        key.keyid for partner in client.partners() for key in partner.keys if key.keyid.startswith(digits)
    }
    if not found or len(digits) < KEYID_DIGITS_MIN:
        message = f"no key begins with these digits, of which {KEYID_DIGITS_MIN} are needed; see `coalition key list`"
        raise CoalitionError("KEYID_UNKNOWN", message)
    if len(found) > 1:
        raise CoalitionError("KEYID_AMBIGUOUS", "several keys begin with these digits; give more of them")
    return found.pop()


@app.command("list")
@speaking(OPERATOR)
def list_keys(
    voice: Voice,
    partner: Annotated[str | None, typer.Option(metavar="PARTNER", help="Only this company's.")] = None,
    live: Annotated[bool, typer.Option("--live", help="Only keys that are not revoked.")] = False,
) -> None:
    """List the network's keys."""
    with voice.asking() as client:
        owned = [
            (found.partner_id, key)
            for found in client.partners()
            for key in found.keys
            if partner in (None, found.partner_id) and not (live and key.revoked_at_entry is not None)
        ]
    if voice.json:
        emit([{"partner_id": owner, **key_document(key)} for owner, key in owned])
        return
    rows = [
        (
            owner,
            short(key.keyid),
            key.algorithm,
            key.purpose,
            key.person or "-",
            "live" if key.revoked_at_entry is None else f"revoked at 0:{key.revoked_at_entry}",
        )
        for owner, key in owned
    ]
    show_table(("partner", "keyid", "algorithm", "purpose", "person", "state"), rows)
