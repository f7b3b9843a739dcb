"""Files that a person hands in: identities, certificates, keys, proofs of possession, outboxes."""

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from coalition.cli.issuing import make_ca, make_client_certificate
from coalition.cli.key_files import read_key, read_proof, write_proof
from coalition.client import ClientError, Identity, KeyProof, Outbox, Tls, load_identity, save_identity
from coalition.wire.envelope import payload_of, seal
from settlement.errors import CoalitionError
from settlement.signing import ECDSA_P256, ED25519, new_key, parse_public_key
from tests.fuzz.changes import TAPES, Tape, Way, applied, changed, in_bytes, in_json, in_lines, in_pem
from tests.fuzz.target import Target

JSON: tuple[Way, ...] = (in_json,) * 4 + (in_bytes,)
PEM: tuple[Way, ...] = (in_pem,) * 3 + (in_lines, in_bytes)
NETWORK = "clearing.example/test"


def files(folder: Path) -> list[Target]:
    """One target for each kind of file; `folder` is where they are written."""
    return [
        Target("identity", changed(_identities(folder), JSON), _reader(folder / "read.json", _read_identity)),
        _tls(),
        Target("key", changed(_keys(), PEM), _reader(folder / "read.pem", _read_key)),
        Target("proof", changed([_proof()], JSON), _reader(folder / "proof.json", _read_proof)),
        Target(
            "outbox", changed([_outbox(folder)], (in_bytes,)), _reader(folder / "read.outbox", _read_outbox)
        ),
    ]


def _reader(path: Path, read: Callable[[Path], None]) -> Callable[[bytes], None]:
    def attempt(data: bytes) -> None:
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
            file.write(data)
        read(path)

    return attempt


def _identities(folder: Path) -> list[bytes]:
    path, seeds = folder / "made.json", []
    for alias_key, tls in ((None, None), (bytes(32), None), (bytes(32), _good_tls())):
        signer = new_key(ECDSA_P256 if alias_key else ED25519)
        save_identity(
            Identity(NETWORK, "127.0.0.1:7443", "bakery", signer, new_key().spki, alias_key, tls), path
        )
        seeds.append(path.read_bytes())
    return seeds


def _good_tls() -> Tls:
    ca = make_ca("test")
    issued = make_client_certificate(ca, "coalition://test/bakery", days=10)
    return Tls(ca.certificate, issued.certificate, issued.key)


def _tls() -> Target:
    """A CA's certificate, a client's, and its key, of which one is changed: another client, or the client's error."""
    good = _good_tls()
    assert good.certificate is not None
    assert good.key is not None
    parts = (good.server_ca, good.certificate, good.key)

    def made(tape: Tape) -> tuple[int, bytes]:
        which = tape.number % 3
        return which, applied(parts[which], tape.changes, PEM)

    def attempt(case: tuple[int, bytes]) -> None:
        which, data = case
        with suppress(ClientError):
            Tls(*[data if at == which else part for at, part in enumerate(parts)]).credentials()

    return Target("tls", TAPES.map(made), attempt)


def _read_identity(path: Path) -> None:
    """An identity that is written as it is read, or the client's error."""
    try:
        identity = load_identity(path)
    except ClientError:
        return
    save_identity(identity, path)
    assert load_identity(path).signer.keyid == identity.signer.keyid


def _keys() -> list[bytes]:
    return [new_key(algorithm).to_pem().encode() for algorithm in (ED25519, ECDSA_P256)]


def _read_key(path: Path) -> None:
    """A key that signs, or an error."""
    with suppress(CoalitionError):
        signer = read_key(path)
        parse_public_key(signer.spki).verify(signer.sign(b"x"), b"x")


def _proof() -> bytes:
    signer = new_key()
    proof = KeyProof(signer.spki, signer.sign(b"x"))
    document = write_proof(proof, keyid=signer.keyid, network=NETWORK, partner_id="bakery")
    return json.dumps(document).encode()


def _read_proof(path: Path) -> None:
    with suppress(CoalitionError):
        read_proof(path, NETWORK)


def _outbox(folder: Path) -> bytes:
    """A file with answered and unanswered acts; closing it leaves no other file behind."""
    path, signer = folder / "made.outbox", new_key()
    with Outbox(path) as outbox:
        for number in range(12):
            kept = outbox.keep("bakery", str(number), seal(signer, "type", b"payload %d" % number))
            if number % 3:
                outbox.answer(kept, seal(signer, "type", b"receipt"))
    return path.read_bytes()


def _read_outbox(path: Path) -> None:
    """Acts and receipts, damaged as they may be, or that the file is no outbox."""
    with suppress(sqlite3.Error, CoalitionError), Outbox(path) as outbox:
        for kept in outbox.pending():
            outbox.find(kept.partner_id, kept.act_id)
        for envelope, _ in outbox.receipts():
            payload_of(envelope)
