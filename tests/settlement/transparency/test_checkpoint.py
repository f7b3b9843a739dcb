"""A checkpoint is taken only whole, in its one spelling, and signed by the log."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.signing import KeySigner, new_key
from settlement.transparency import checkpoint as cp
from settlement.transparency.checkpoint import Checkpoint, CheckpointError, NoteKey
from settlement.transparency.merkle import EMPTY_ROOT, leaf_hash

ORIGIN = "clearing.example/coalition-1"
ROOT = leaf_hash(b"root")
HEAD = Checkpoint(ORIGIN, 70_000, ROOT)


def raw_key(signer: KeySigner) -> bytes:
    return signer.spki[-32:]


SIGNER = new_key()
PUBLIC = raw_key(SIGNER)
VKEY = cp.vkey(ORIGIN, PUBLIC)
NOTE = cp.sign(HEAD, signer=SIGNER, public_key=PUBLIC)
STRANGER = new_key()


def resigned(text: str) -> str:
    """The log's key over any text: what remains to refuse it is its form."""
    line = cp.signature_line(ORIGIN, cp.key_id(ORIGIN, PUBLIC), SIGNER.sign(text.encode()))
    return f"{text}\n{line}"


def refused(note: str | bytes, *vkeys: str) -> bool:
    with pytest.raises(CheckpointError) as caught:
        cp.parse_and_verify(note, vkeys or [VKEY])
    return caught.value.reason == "CHECKPOINT_INVALID"


# The example of golang.org/x/mod/sumdb/note.
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_a_note_and_key_made_by_the_go_tools_verify() -> None:
    key = cp.parse_vkey(GO_VKEY)
    note = cp.parse_note(GO_NOTE)
    (signature,) = note.signatures
    assert (
        (signature.name, signature.key_id) == (key.name, key.key_id) == ("PeterNeumann", b"\xc7\x4f\x20\xa3")
    )
    key.verify(signature.signature, note.text)
    assert cp.vkey(key.name, key.public_key) == GO_VKEY
    assert cp.signature_line("PeterNeumann", key.key_id, signature.signature) == GO_NOTE.splitlines(True)[3]


@given(st.integers(1, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_what_is_signed_is_what_is_read(size: int, root: bytes) -> None:
    head = Checkpoint(ORIGIN, size, root)
    note = cp.sign(head, signer=SIGNER, public_key=PUBLIC)
    assert cp.parse_and_verify(note, [VKEY]) == cp.parse_and_verify(note.encode(), [VKEY]) == head


def test_the_note_text_is_the_three_lines_of_the_standard() -> None:
    assert HEAD.note_text() == f"{ORIGIN}\n70000\n{b64encode(ROOT).decode()}\n"
    assert Checkpoint.from_note_text(HEAD.note_text()) == HEAD


def test_an_empty_log_has_one_checkpoint() -> None:
    empty = Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    assert cp.parse_and_verify(cp.sign(empty, signer=SIGNER, public_key=PUBLIC), [VKEY]) == empty
    with pytest.raises(CheckpointError):
        Checkpoint(ORIGIN, 0, ROOT)


@given(st.data())
def test_no_byte_of_a_checkpoint_can_be_changed(data: st.DataObject) -> None:
    note = bytearray(NOTE.encode())
    at = data.draw(st.integers(0, len(note) - 1))
    note[at] ^= data.draw(st.integers(1, 255))
    assert refused(bytes(note))


@given(st.data())
def test_no_byte_of_a_checkpoint_can_be_lost_or_added(data: st.DataObject) -> None:
    note = NOTE.encode()
    at = data.draw(st.integers(0, len(note) - 1))
    assert refused(note[:at] + note[at + 1 :])
    assert refused(note[:at])
    assert refused(note[:at] + data.draw(st.binary(min_size=1, max_size=3)) + note[at:])


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n70000\n",
        f"{ORIGIN}\n70000\n{b64encode(ROOT).decode()}\nextension\n",
        f"{ORIGIN}\n\n70000\n{b64encode(ROOT).decode()}\n",
        f"{ORIGIN}\n070000\n{b64encode(ROOT).decode()}\n",
        f"{ORIGIN}\n+70000\n{b64encode(ROOT).decode()}\n",
        f"{ORIGIN}\n-1\n{b64encode(ROOT).decode()}\n",
        f"{ORIGIN}\n7_0\n{b64encode(ROOT).decode()}\n",
        f"{ORIGIN}\n٧\n{b64encode(ROOT).decode()}\n",
        f"{ORIGIN}\n9223372036854775808\n{b64encode(ROOT).decode()}\n",
        f"{ORIGIN}\n70000\n{b64encode(ROOT[:31]).decode()}\n",
        f"{ORIGIN}\n70000\n{b64encode(ROOT + b'x').decode()}\n",
        f"{ORIGIN}\n70000\n{b64encode(ROOT).decode()[:-1]}\n",
        f"{ORIGIN}\n70000\n {b64encode(ROOT).decode()}\n",
        f"{ORIGIN}\n70000\n{ROOT.hex()}\n",
        f"{ORIGIN}\n70000\n{b64encode(bytes(31) + b'!').decode()[:-2]}F=\n",
        f"{ORIGIN}\n0\n{b64encode(ROOT).decode()}\n",
        f"{ORIGIN}\r\n70000\r\n{b64encode(ROOT).decode()}\r\n",
        "\n70000\n" + b64encode(ROOT).decode() + "\n",
    ],
)
def test_a_signature_does_not_make_a_malformed_checkpoint_good(text: str) -> None:
    assert refused(resigned(text))


def test_the_spelling_of_base64_is_checked_down_to_its_spare_bits() -> None:
    canonical = b64encode(bytes(31) + b"!").decode()
    assert cp.parse_base64(canonical) == bytes(31) + b"!"
    for spelling in (canonical[:-2] + "F=", canonical.rstrip("="), canonical + "=", canonical + "\n", "é==="):
        with pytest.raises(CheckpointError):
            cp.parse_base64(spelling)


@pytest.mark.parametrize(
    "origin", ["", "two words", "a+b", "no\u00a0break", "tab\there", "line\nfeed", "null\x00"]
)
def test_an_origin_has_no_space_plus_or_control_character(origin: str) -> None:
    with pytest.raises(CheckpointError):
        Checkpoint(origin, 1, ROOT)
    with pytest.raises(CheckpointError):
        NoteKey(origin, PUBLIC)


def test_unknown_signature_lines_say_nothing() -> None:
    stranger = cp.signature_line("witness.example/w1", b"\x01\x02\x03\x04", bytes(72))
    same_name = cp.signature_line(ORIGIN, b"\x01\x02\x03\x04", bytes(64))
    same_id = cp.signature_line("other.example", cp.key_id(ORIGIN, PUBLIC), bytes(64))
    text, line = NOTE.split("\n\n")
    assert cp.parse_and_verify(f"{text}\n\n{stranger}{same_name}{same_id}{line}", [VKEY]) == HEAD
    assert refused(f"{text}\n\n{stranger}{same_name}{same_id}")


def test_a_bad_signature_of_a_trusted_key_spoils_the_note() -> None:
    bad = cp.signature_line(ORIGIN, cp.key_id(ORIGIN, PUBLIC), bytes(64))
    short = cp.signature_line(ORIGIN, cp.key_id(ORIGIN, PUBLIC), b"\x01")
    assert refused(NOTE + bad)
    assert refused(NOTE + short)


def test_only_the_log_can_speak_for_the_log() -> None:
    """A trusted witness's note signature over a head that the log never signed is not a checkpoint."""
    name, public = "witness.example/w1", raw_key(STRANGER)
    text = HEAD.note_text()
    line = cp.signature_line(name, cp.key_id(name, public), STRANGER.sign(text.encode()))
    witness_vkey = cp.vkey(name, public)
    assert refused(f"{text}\n{line}", VKEY, witness_vkey)
    assert cp.parse_and_verify(NOTE + line, [VKEY, witness_vkey]) == HEAD


def test_a_checkpoint_of_another_log_is_not_ours() -> None:
    theirs = cp.sign(Checkpoint("other.example/log", 5, ROOT), signer=STRANGER, public_key=raw_key(STRANGER))
    assert refused(theirs)
    assert refused(NOTE, cp.vkey(ORIGIN, raw_key(STRANGER)))
    assert refused(NOTE, cp.vkey("other.example/log", PUBLIC))


def test_a_signer_with_another_key_than_the_published_one_is_found_before_publishing() -> None:
    with pytest.raises(CheckpointError):
        cp.sign(HEAD, signer=STRANGER, public_key=PUBLIC)


def test_a_reader_gives_up_on_oversized_notes() -> None:
    stranger = cp.signature_line("witness.example/w1", b"\x01\x02\x03\x04", bytes(72))
    assert cp.parse_and_verify(NOTE + stranger * (cp.MAX_SIGNATURES - 1), [VKEY]) == HEAD
    assert refused(NOTE + stranger * cp.MAX_SIGNATURES)
    assert refused(NOTE + cp.signature_line("w", b"\x01\x02\x03\x04", bytes(cp.MAX_NOTE_BYTES)))


@pytest.mark.parametrize(
    "line",
    [
        "- name AAAAAAA=\n",
        "—name AAAAAAA=\n",
        "— name\n",
        "—  AAAAAAA=\n",
        "— name  AAAAAAA=\n",
        "— a+b AAAAAAA=\n",
        "— name AAAAAA==\n",
        "— name AAAAAAA\n",
        "— name AAAAAAA=",
        "\n",
    ],
)
def test_a_malformed_signature_line_spoils_the_note(line: str) -> None:
    assert refused(NOTE + line)


@pytest.mark.parametrize("note", ["", "\n", "\n\n", "no end", b"\xff\xfe", "\ud800", HEAD.note_text()])
def test_what_is_no_note_is_refused(note: str | bytes) -> None:
    assert refused(note)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+c74f20a3",
        GO_VKEY.replace("c74f20a3", "c74f20a4"),
        GO_VKEY.replace("c74f20a3", "C74F20A3"),
        GO_VKEY.replace("PeterNeumann", "PeterNewmann"),
        GO_VKEY.replace("PeterNeumann", ""),
        GO_VKEY.replace("PeterNeumann", "\udcff"),
        GO_VKEY[:-4],
        GO_VKEY + "\n",
        GO_VKEY.replace("+ARpc", "+BBpc"),
    ],
)
def test_a_verifier_key_is_taken_only_whole(text: str) -> None:
    with pytest.raises(CheckpointError):
        cp.parse_vkey(text)
