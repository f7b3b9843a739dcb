"""The proof text carries an inclusion proof and its checkpoint unchanged, in one spelling."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.signing import new_key
from settlement.transparency import checkpoint as cp
from settlement.transparency import merkle
from settlement.transparency.merkle import ProofError
from settlement.transparency.proof import MAX_HASHES, InclusionProof, format_proof, parse_proof

ORIGIN = "clearing.example/coalition-1"
SIGNER = new_key()
PUBLIC = SIGNER.spki[-32:]
LEAVES = [merkle.leaf_hash(b"%d" % index) for index in range(11)]
NOTE = cp.sign(cp.Checkpoint(ORIGIN, len(LEAVES), merkle.root(LEAVES)), signer=SIGNER, public_key=PUBLIC)
PATH = merkle.inclusion_proof(merkle.memory_nodes(LEAVES), index=7, size=len(LEAVES))
TEXT = format_proof(7, PATH, NOTE)


def test_the_text_is_that_of_the_standard() -> None:
    lines = "".join(b64encode(each).decode() + "\n" for each in PATH)
    expected = f"c2sp.org/tlog-proof@v1\nindex 7\n{lines}\n{NOTE}"
    assert format_proof(7, PATH, NOTE) == expected


def test_whoever_has_the_leaf_and_the_key_can_check_the_text_alone() -> None:
    proof = parse_proof(TEXT)
    head = cp.parse_and_verify(proof.checkpoint_note, [cp.vkey(ORIGIN, PUBLIC)])
    merkle.verify_inclusion(
        leaf_hash=LEAVES[7], index=proof.index, size=head.size, proof=proof.hashes, root=head.root
    )


@given(
    st.integers(0, 2**63 - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=MAX_HASHES).map(tuple),
)
def test_what_is_written_is_what_is_read(index: int, hashes: tuple[bytes, ...]) -> None:
    assert parse_proof(format_proof(index, hashes, NOTE)) == InclusionProof(index, hashes, NOTE)


def test_an_extra_line_is_dropped() -> None:
    """The format allows it, and nobody signs it."""
    extra = TEXT.replace("\nindex", "\nextra aGVsbG8=\nindex")
    assert parse_proof(extra) == parse_proof(TEXT)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("tlog-proof@v1", "tlog-proof@v2"),
        ("c2sp", "\nc2sp"),
        ("index 7\n", ""),
        ("index 7", "index 07"),
        ("index 7", "index -7"),
        ("index 7", "index  7"),
        ("index 7", "index 7 "),
        ("index 7", "index 9223372036854775808"),
        ("index 7", "Index 7"),
        ("index 7", "index 7\r"),
        ("index 7", "index 7\nindex 7"),
        ("index 7", "extra ***\nindex 7"),
        ("index 7", "extra aGVsbG8=\nextra aGVsbG8=\nindex 7"),
        (b64encode(PATH[0]).decode(), b64encode(PATH[0]).decode()[:-1]),
        (b64encode(PATH[0]).decode(), b64encode(PATH[0][:31]).decode()),
        (b64encode(PATH[0]).decode(), PATH[0].hex()),
        (b64encode(PATH[0]).decode(), b64encode(PATH[0]).decode() + " "),
        ("\n\n" + NOTE, "\n"),
        ("\n\n" + NOTE, "\n\n"),
        (NOTE, NOTE + "x" * 2 * cp.MAX_NOTE_BYTES),
    ],
)
def test_a_malformed_text_is_refused(old: str, new: str) -> None:
    assert old in TEXT
    with pytest.raises(ProofError):
        parse_proof(TEXT.replace(old, new, 1))


@pytest.mark.parametrize(
    ("index", "hashes"), [(-1, []), (2**63, []), (0, [b"short"]), (0, [bytes(32)] * (MAX_HASHES + 1))]
)
def test_values_that_no_proof_can_have_are_not_written(index: int, hashes: list[bytes]) -> None:
    with pytest.raises(ProofError):
        format_proof(index, hashes, NOTE)
