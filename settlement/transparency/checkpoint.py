"""Checkpoints: the log's size and root, signed (C2SP tlog-checkpoint in a C2SP signed-note, Ed25519). Pure: no I/O.

    clearing.example/coalition-1\\n            origin, also the name of the log's key
    70000\\n                                   size in leaves
    <base64 root>\\n
    \\n
    — clearing.example/coalition-1 <base64(key id[4] || Ed25519 signature of the three lines)>\\n

    key id = SHA-256(name || 0x0A || 0x01 || public key)[:4]
    vkey   = name "+" hex(key id) "+" base64(0x01 || public key)

Reading is stricter than the C2SP pages where they leave a choice: exactly three lines (extension lines cannot
be audited), one spelling of every number and every base64, and the origin is a key name.
"""

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from settlement.errors import CoalitionError
from settlement.transparency.merkle import EMPTY_ROOT, HASH_BYTES

if TYPE_CHECKING:
    from settlement.signing import Signer

ED25519 = b"\x01"
KEY_ID_BYTES = 4
PUBLIC_KEY_BYTES = 32
MAX_SIZE = 2**63 - 1
MAX_NOTE_BYTES = 262_144
"""Room for the 16 signatures that a reader must accept even if all are post-quantum (signed-note: nearly 5 kB each)."""
MAX_SIGNATURES = 100
"""The limit of golang.org/x/mod/sumdb/note, so that what we accept others accept too."""

_DASH = "— "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]")
"""Characters that no note holds: controls, and halves of characters, which UTF-8 cannot spell."""
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


class CheckpointError(CoalitionError):
    """A checkpoint, note or verifier key is malformed, or carries no good signature of the log."""

    def __init__(self, message: str) -> None:
        super().__init__("CHECKPOINT_INVALID", message)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One tree head: `size` leaves have the root hash `root`. Raises CheckpointError for values no log can have."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        _require_name(self.origin)
        _require(0 <= self.size <= MAX_SIZE, f"a log cannot have {self.size} leaves")
        _require(len(self.root) == HASH_BYTES, f"a root has {HASH_BYTES} bytes, not {len(self.root)}")
        _require(self.size > 0 or self.root == EMPTY_ROOT, "the root of no leaves is SHA-256 of nothing")

    def note_text(self) -> str:
        """The three lines that are signed, each with its newline."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"

    @classmethod
    def from_note_text(cls, text: str) -> Self:
        """The checkpoint that a note's text says, signature or not. Raises CheckpointError."""
        lines = text.split("\n")
        _require(len(lines) == 4 and lines[3] == "", "a checkpoint has exactly three lines")
        return cls(lines[0], parse_decimal(lines[1]), parse_base64(lines[2]))


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A named Ed25519 public key (32 raw bytes) that signs notes."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        _require_name(self.name)
        _require(
            len(self.public_key) == PUBLIC_KEY_BYTES, f"an Ed25519 public key has {PUBLIC_KEY_BYTES} bytes"
        )

    @property
    def key_id(self) -> bytes:
        """Four bytes that say which key of this name signed: a hint, not a proof."""
        return key_id(self.name, self.public_key)

    def verify(self, signature: bytes, text: str) -> None:
        """The signature is this key's over the text, or CheckpointError."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            raise CheckpointError(f"the signature of {self.name} is not good") from None


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: who claims to have signed, and what follows the key id."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A well-formed signed note of which nothing is verified yet."""

    text: str
    signatures: tuple[NoteSignature, ...]


def key_id(name: str, public_key: bytes) -> bytes:
    """SHA-256(name || 0x0A || 0x01 || public key)[:4] (C2SP signed-note, Ed25519)."""
    return sha256(name.encode() + b"\n" + ED25519 + public_key).digest()[:KEY_ID_BYTES]


def vkey(name: str, public_key: bytes) -> str:
    """The verifier key as text, the way contracts, policies and other tools carry it. Raises CheckpointError."""
    key = NoteKey(name, public_key)
    return f"{key.name}+{key.key_id.hex()}+{b64encode(ED25519 + key.public_key).decode()}"


def parse_vkey(text: str) -> NoteKey:
    """The key that a verifier key text names. Raises CheckpointError, also if the key id is not this key's."""
    name, _, rest = text.partition("+")
    claimed_id, _, encoded = rest.partition("+")
    _require(bool(encoded), "a verifier key reads NAME+ID+KEY; of a file that holds one, give what it holds")
    material = parse_base64(encoded)
    _require(material[:1] == ED25519, "only Ed25519 verifier keys (type 0x01) are known here")
    key = NoteKey(name, material[1:])
    _require(
        claimed_id == key.key_id.hex(), f"the key id in the verifier key of {name} belongs to another key"
    )
    return key


def signature_line(name: str, key_id: bytes, signature: bytes) -> str:
    """One signature line of a note, with its newline."""
    return f"{_DASH}{name} {b64encode(key_id + signature).decode()}\n"


def sign(checkpoint: Checkpoint, *, signer: "Signer", public_key: bytes) -> str:
    """The full note, signed by the log's key, whose name is the origin.

    The signature is verified at once: a signer that holds another key than the one we publish is found here,
    not by a partner. Raises CheckpointError then. Sign only what the guard has admitted.
    """
    key = NoteKey(checkpoint.origin, public_key)
    text = checkpoint.note_text()
    signature = signer.sign(text.encode())
    key.verify(signature, text)
    return f"{text}\n{signature_line(key.name, key.key_id, signature)}"


def parse_and_verify(note: str | bytes, vkeys: Iterable[str]) -> Checkpoint:
    """The checkpoint in a note that the log signed. Raises CheckpointError.

    `vkeys` are the verifier keys that the reader trusts, got out of band. Every signature by one of them must
    be good; lines by keys the reader does not know say nothing and are ignored. At least one good signature
    must be by a key named like the origin, i.e. by the log.
    """
    parsed = parse_note(note)
    trusted = {(key.name, key.key_id): key for key in map(parse_vkey, vkeys)}
    signed_by = set()
    for line in parsed.signatures:
        key = trusted.get((line.name, line.key_id))
        if key is not None:
            key.verify(line.signature, parsed.text)
            signed_by.add(key.name)
    _require(bool(signed_by), "no trusted key signed this checkpoint")
    checkpoint = Checkpoint.from_note_text(parsed.text)
    _require(checkpoint.origin in signed_by, f"the log {checkpoint.origin} did not sign this checkpoint")
    return checkpoint


def parse_note(note: str | bytes) -> Note:
    """Split a signed note into its text and signature lines, verifying nothing. Raises CheckpointError if malformed."""
    whole = _decode(note)
    _require(_CONTROL.search(whole) is None, "a note holds no control characters but newlines")
    text, blank, lines = whole.rpartition("\n\n")
    _require(bool(blank) and lines.endswith("\n"), "a note is text, a blank line, and signature lines")
    signature_lines = lines.removesuffix("\n").split("\n")
    _require(len(signature_lines) <= MAX_SIGNATURES, f"a note has at most {MAX_SIGNATURES} signatures")
    return Note(text + "\n", tuple(map(_parse_signature_line, signature_lines)))


def parse_decimal(text: str) -> int:
    """A size or index: ASCII digits, no leading zero, below 2**63. Raises CheckpointError."""
    _require(
        _DECIMAL.fullmatch(text) is not None, "a size or index is a decimal number with no leading zeros"
    )
    number = int(text)
    _require(number <= MAX_SIZE, f"a size or index is at most {MAX_SIZE}")
    return number


def parse_base64(text: str) -> bytes:
    """Standard padded base64 (RFC 4648 section 4) in its one canonical spelling. Raises CheckpointError."""
    try:
        decoded = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise CheckpointError("malformed base64") from None
    _require(b64encode(decoded).decode() == text, "base64 has one spelling, and this is another")
    return decoded


def _decode(note: str | bytes) -> str:
    try:
        raw = note.encode() if isinstance(note, str) else note
        _require(len(raw) <= MAX_NOTE_BYTES, f"a note has at most {MAX_NOTE_BYTES} bytes")
        return raw.decode()
    except UnicodeError:
        raise CheckpointError("a note is UTF-8") from None


def _parse_signature_line(line: str) -> NoteSignature:
    _require(line.startswith(_DASH), "a signature line begins with an em dash and a space")
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    _require(bool(space), "a signature line is an em dash, a name and a signature")
    _require_name(name)
    signed = parse_base64(encoded)
    _require(len(signed) > KEY_ID_BYTES, "a signature line holds a key id and a signature")
    return NoteSignature(name, signed[:KEY_ID_BYTES], signed[KEY_ID_BYTES:])


def _require_name(name: str) -> None:
    plain = bool(name) and "+" not in name and not any(each.isspace() for each in name)
    _require(
        plain and _CONTROL.search(name) is None,
        "a key name or origin is not empty and holds no space and no +",
    )


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise CheckpointError(message)
