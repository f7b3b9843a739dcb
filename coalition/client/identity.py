"""Who a caller is and whom it trusts: one private file per key.

The file is JSON:

    {
      "network": "clearing.example/coalition-1",        the audience of every request
      "server": "clearing.example:443",                 or "unix:/run/coalition.sock"
      "partner_id": "bakery",
      "private_key": "-----BEGIN PRIVATE KEY----- ...", PKCS #8 PEM
      "receipt_key": "MCow...",                         base64 of the operator's DER SubjectPublicKeyInfo
      "alias_key": "q83v...",                           base64 of 32 bytes, or null
      "tls": {                                          or null: the server has no TLS
        "server_ca": "-----BEGIN CERTIFICATE----- ...", PEM
        "certificate": "-----BEGIN CERTIFICATE----- ...", "key": "-----BEGIN PRIVATE KEY----- ..."   PEM, or null
      }
    }
"""

import base64
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coalition.client.errors import ClientError
from coalition.client.private_files import replace_private, require_private
from coalition.client.tls import Tls
from settlement.errors import CoalitionError
from settlement.ids import is_partner_id
from settlement.signing import KeySigner, keyid_of, load_key, parse_public_key

ALIAS_KEY_BYTES = 32


@dataclass(frozen=True, repr=False)
class Identity:
    """What a client needs to speak for a partner. Raises ClientError IDENTITY_INVALID. Printing it shows no secret."""

    network: str
    """The network's name: the audience that every request is for."""
    server: str
    """"host:port" or "unix:/path"."""
    partner_id: str
    signer: KeySigner
    receipt_spki: bytes
    """The operator's public receipt key, DER SubjectPublicKeyInfo. Pinned: no other key's receipts count."""
    alias_key: bytes | None = None
    """The network's 32-byte key for alias tokens; without it, members are named by their ids only."""
    tls: Tls | None = None
    """How to speak TLS with the server; without it, there is none."""

    def __post_init__(self) -> None:
        if not self.network or not self.server:
            raise _invalid("network and server must not be empty")
        if not is_partner_id(self.partner_id):
            raise _invalid("partner_id must be 2 to 40 of a-z, 0-9 and inner hyphens")
        if self.alias_key is not None and len(self.alias_key) != ALIAS_KEY_BYTES:
            raise _invalid(f"alias_key must have {ALIAS_KEY_BYTES} bytes")
        try:
            parse_public_key(self.receipt_spki)
        except CoalitionError as error:
            raise _invalid(f"receipt_key: {error.message}") from error

    def __repr__(self) -> str:
        return (
            f"Identity(network={self.network!r}, server={self.server!r}, partner_id={self.partner_id!r}, "
            f"keyid={self.signer.keyid}, receipt_keyid={keyid_of(self.receipt_spki)}, "
            f"alias_key={'none' if self.alias_key is None else 'hidden'}, tls={self.tls!r})"
        )


def save_identity(identity: Identity, path: Path | str) -> None:
    """Writes the identity's file with mode 0600, whole or not at all; one that is there is replaced. Errors: OSError."""
    alias_key = identity.alias_key
    content = {
        "network": identity.network,
        "server": identity.server,
        "partner_id": identity.partner_id,
        "private_key": identity.signer.to_pem(),
        "receipt_key": base64.b64encode(identity.receipt_spki).decode(),
        "alias_key": None if alias_key is None else base64.b64encode(alias_key).decode(),
        "tls": None if identity.tls is None else _tls_content(identity.tls),
    }
    replace_private(Path(path), (json.dumps(content, indent=2) + "\n").encode())


def load_identity(path: Path | str) -> Identity:
    """Reads an identity's file.

    Errors: OSError; ClientError FILE_NOT_PRIVATE if others can read it, IDENTITY_INVALID naming what is wrong with it.
    """
    path = Path(path)
    with path.open("rb") as file:
        mode, data = os.fstat(file.fileno()).st_mode, file.read()
    content = _object(path, data)
    # Asked of an identity only: any other file may be everybody's.
    require_private(path, mode)
    try:
        signer = load_key(_text(content, "private_key"))
    except CoalitionError as error:
        raise _invalid(f"private_key: {error.message}") from None
    return Identity(
        network=_text(content, "network"),
        server=_text(content, "server"),
        partner_id=_text(content, "partner_id"),
        signer=signer,
        receipt_spki=_bytes(content, "receipt_key"),
        alias_key=None if content.get("alias_key") is None else _bytes(content, "alias_key"),
        tls=None if content.get("tls") is None else _tls(content["tls"]),
    )


def _tls_content(tls: Tls) -> dict[str, str | None]:
    parts = {"server_ca": tls.server_ca, "certificate": tls.certificate, "key": tls.key}
    return {name: None if pem is None else pem.decode() for name, pem in parts.items()}


def _tls(content: Any) -> Tls:
    if not isinstance(content, dict):
        raise _invalid("tls must be an object, or null")
    parts = [
        None if content.get(name) is None else _text(content, name).encode()
        for name in ("certificate", "key")
    ]
    try:
        return Tls(_text(content, "server_ca").encode(), *parts)
    except ClientError as error:
        raise _invalid(error.message.removeprefix("identity: ")) from None


def _object(path: Path, data: bytes) -> dict[str, Any]:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        # The parser's own message could quote a piece of a key.
        raise _invalid(f"{path} is no identity file: it is not JSON") from None
    if not isinstance(content, dict):
        raise _invalid(f"{path} is no identity file: it is not a JSON object")
    return content


def _text(content: dict[str, Any], name: str) -> str:
    value = content.get(name)
    # JSON can spell halves of characters, which no message and no key can hold.
    if not isinstance(value, str) or value.encode(errors="ignore").decode() != value:
        raise _invalid(f"{name} must be there, as a string")
    return value


def _bytes(content: dict[str, Any], name: str) -> bytes:
    try:
        return base64.b64decode(_text(content, name), validate=True)
    except ValueError:
        raise _invalid(f"{name} must be base64") from None


def _invalid(message: str) -> ClientError:
    return ClientError("IDENTITY_INVALID", f"identity: {message}")
