"""Private keys and proofs of possession as files."""

import base64
import json
import os
from pathlib import Path
from typing import Any

from coalition.client import KeyProof
from coalition.client.private_files import create_private, read_private
from settlement.errors import CoalitionError
from settlement.signing import KeySigner, load_key


def write_key(signer: KeySigner, path: Path) -> None:
    """Writes a private key with mode 0600. CoalitionError FILE_EXISTS rather than losing another key; OSError."""
    try:
        descriptor = create_private(path)
    except FileExistsError:
        raise CoalitionError("FILE_EXISTS", f"{path} is there already; a key is never overwritten") from None
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(signer.to_pem())


def read_key(path: Path) -> KeySigner:
    """A private key. CoalitionError FILE_NOT_PRIVATE, KEY_UNREADABLE; OSError."""
    try:
        return load_key(read_private(path).decode("ascii"))
    except UnicodeDecodeError:
        raise CoalitionError("KEY_UNREADABLE", f"{path} is not a PEM file") from None
    except CoalitionError as error:
        if error.reason == "FILE_NOT_PRIVATE":
            raise
        raise CoalitionError("KEY_UNREADABLE", f"{path}: {error.message}") from None


def write_proof(proof: KeyProof, *, keyid: str, network: str, partner_id: str) -> dict[str, str]:
    """The proof as a JSON object; binary values in base64."""
    return {
        "network": network,
        "partner_id": partner_id,
        "keyid": keyid,
        "public_key": base64.b64encode(proof.public_key).decode(),
        "possession": base64.b64encode(proof.possession).decode(),
    }


def read_proof(path: Path, network: str) -> tuple[KeyProof, str]:
    """The proof in a file, and for whose key it is. CoalitionError PROOF_UNREADABLE, AUDIENCE_MISMATCH; OSError."""
    try:
        content: Any = json.loads(path.read_bytes())
        proof = KeyProof(_binary(content["public_key"]), _binary(content["possession"]))
        owner, audience = str(content["partner_id"]), str(content["network"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise CoalitionError("PROOF_UNREADABLE", f"{path} is not what `coalition key proof` writes") from None
    if audience != network:
        raise CoalitionError(
            "AUDIENCE_MISMATCH", f"the proof is for the network {audience}, this is {network}"
        )
    return proof, owner


def _binary(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
