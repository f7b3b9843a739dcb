"""Readers of single documents: leaves, envelopes, notes, verifier keys."""

from functools import partial

from coalition.wire.envelope import open_envelope, payload_of, seal
from coalition.wire.methods import METHODS_BY_TYPE
from settlement.errors import CoalitionError
from settlement.journal.leaf import HOUSE, LeafError, format_leaf, parse_leaf
from settlement.transparency.checkpoint import (
    Checkpoint,
    CheckpointError,
    parse_and_verify,
    parse_note,
    parse_vkey,
    sign,
)
from settlement.transparency.merkle import leaf_hash, root
from tests.coalition.audit.forgery import Forgery
from tests.fuzz.changes import Way, changed, in_bytes, in_lines
from tests.fuzz.material import Material
from tests.fuzz.protobuf import in_message
from tests.fuzz.target import Target

TEXT: tuple[Way, ...] = (in_lines,) * 4 + (in_bytes,)
MESSAGE: tuple[Way, ...] = (in_message,) * 4 + (in_bytes,)
ENVELOPE_REASONS = {None, "PAYLOAD_TOO_LARGE", "PAYLOAD_MALFORMED", "UNKNOWN_FIELD", "PAYLOAD_TYPE_MISMATCH"}
TYPES = sorted(METHODS_BY_TYPE)


def readers(material: Material) -> list[Target]:
    """One target for each document."""
    vkey, notes = material.vkey, notes_of(material.taken_apart)
    keys = changed([vkey.encode()], (in_bytes,)).map(lambda data: data.decode("utf-8", "surrogateescape"))
    return [
        Target("leaf", changed(material.leaves, TEXT), read_leaf),
        Target("envelope", changed(_envelopes(material), MESSAGE), read_envelope),
        Target(
            "note", changed([note.encode() for note in notes], TEXT), partial(read_note, vkey, _texts(notes))
        ),
        Target("vkey", keys, partial(read_vkey, vkey)),
    ]


def read_leaf(data: bytes) -> None:
    """LeafError, or an entry that is written back byte for byte and whose postings can be read."""
    try:
        entry = parse_leaf(data)
    except LeafError:
        return
    assert format_leaf(entry) == data
    assert [post.inverse().inverse() for post in entry.transfers()] == entry.transfers()


def _envelopes(material: Material) -> list[bytes]:
    """A real payload sealed as one of every type."""
    signer = next(iter(material.keys.values()))
    payload = next(payload for _, payload in material.taken_apart.shards[HOUSE] if payload)
    return [seal(signer, payload_type, payload) for payload_type in TYPES]


def read_envelope(data: bytes) -> None:
    """One of the documented errors, or the parts."""
    refused = None
    try:
        sealed = open_envelope(data, payload_type=TYPES[len(data) % len(TYPES)])
        assert sealed.payload == payload_of(data)
    except CoalitionError as error:
        refused = error.reason
    assert refused in ENVELOPE_REASONS


def notes_of(forgery: Forgery) -> list[str]:
    """The log's checkpoint at every size that the house ever had."""
    hashes = [leaf_hash(leaf) for leaf, _ in forgery.shards[HOUSE]]
    key = forgery.log_key
    return [
        sign(Checkpoint(forgery.origin, size, root(hashes[:size])), signer=key, public_key=key.spki[-32:])
        for size in range(1, len(hashes) + 1)
    ]


def _texts(notes: list[str]) -> set[str]:
    return {parse_note(note).text for note in notes}


def read_note(vkey: str, signed: set[str], data: bytes) -> None:
    """CheckpointError, or a text that the log's key really signed."""
    try:
        text = parse_note(data).text
        parse_and_verify(data, [vkey])
    except CheckpointError:
        return
    assert text in signed


def read_vkey(vkey: str, text: str) -> None:
    """CheckpointError, or the very key: four bytes of the text are a checksum of the others."""
    try:
        parse_vkey(text)
    except CheckpointError:
        return
    assert text == vkey
