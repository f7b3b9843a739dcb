"""The proof that a partner keeps: C2SP tlog-proof@v1, a leaf's inclusion in a signed checkpoint as one text. Pure.

    c2sp.org/tlog-proof@v1
    index 7
    <base64 hash>                  zero or more, from the leaf's sibling up
                                   an empty line
    <the checkpoint, verbatim>

Whoever has the leaf and the log's verifier key checks it offline: `checkpoint.parse_and_verify`, then
`merkle.verify_inclusion`.
"""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from settlement.transparency.checkpoint import (
    MAX_NOTE_BYTES,
    MAX_SIZE,
    CheckpointError,
    parse_base64,
    parse_decimal,
)
from settlement.transparency.merkle import HASH_BYTES, ProofError

MAX_HASHES = 63
"""No path in a tree of fewer than 2**63 leaves is longer."""

_HEADER = "c2sp.org/tlog-proof@v1"
_MAX_PROOF_CHARACTERS = 2 * MAX_NOTE_BYTES


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """A parsed proof text of which nothing is verified yet."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint_note: str


def format_proof(index: int, hashes: Sequence[bytes], checkpoint_note: str) -> str:
    """The proof text for the leaf at `index`. Raises ProofError for values no proof can have."""
    _require(0 <= index <= MAX_SIZE, f"no leaf has the index {index}")
    _require_path(hashes)
    lines = [_HEADER, f"index {index}", *(b64encode(each).decode() for each in hashes)]
    return "\n".join(lines) + "\n\n" + checkpoint_note


def parse_proof(text: str) -> InclusionProof:
    """Read a proof text strictly. Raises ProofError if it is malformed.

    An `extra` line, which the format allows and nobody signs, must be well-formed and is then dropped.
    """
    _require(len(text) <= _MAX_PROOF_CHARACTERS, "the proof is too long")
    head, blank, note = text.partition("\n\n")
    _require(bool(blank) and bool(note), "a proof is a head, an empty line and a checkpoint")
    lines = head.split("\n")
    _require(lines.pop(0) == _HEADER, f"a proof begins with the line {_HEADER}")
    try:
        if lines and lines[0].startswith("extra "):
            parse_base64(lines.pop(0).removeprefix("extra "))
        _require(bool(lines) and lines[0].startswith("index "), "the index line is missing")
        index = parse_decimal(lines.pop(0).removeprefix("index "))
        hashes = tuple(map(parse_base64, lines))
    except CheckpointError as error:
        raise ProofError(error.message) from None
    _require_path(hashes)
    return InclusionProof(index, hashes, note)


def _require_path(hashes: Sequence[bytes]) -> None:
    _require(len(hashes) <= MAX_HASHES, f"a path has at most {MAX_HASHES} hashes")
    _require(all(len(each) == HASH_BYTES for each in hashes), f"a hash has {HASH_BYTES} bytes")


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise ProofError(message)
