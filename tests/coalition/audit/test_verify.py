"""The offline verifier finds nothing in an honest bundle, and any changed byte or forged entry in another."""

import io
import random
import re
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.audit import layout
from coalition.audit.archive import read_archive
from coalition.audit.checks import Check, Report
from coalition.audit.verify import verify_bundle
from settlement.signing import new_key
from settlement.transparency.checkpoint import vkey
from tests.coalition.audit.conftest import Evidence
from tests.support.small_network import ORIGIN

NOT_OFFLINE = {check for check in Check if check.value.startswith("table-")}
FLIPS = settings().max_examples // 4
SPOILT_APART = 8
"""So many copies of a bundle have a byte changed in every eighth file."""


def _checks(report: Report) -> set[Check]:
    return {finding.check for finding in report.findings}


def _with_byte_changed(content: bytes, place: int, mask: int) -> bytes:
    return content[:place] + bytes([content[place] ^ mask]) + content[place + 1 :]


def test_an_honest_bundle_has_no_finding_and_every_check_was_tried(evidence: Evidence) -> None:
    report = verify_bundle(evidence.bundle, vkey=evidence.vkey, older_checkpoint=evidence.older_note)
    assert report.findings == []
    assert {check for check, tried in report.tried.items() if tried.count} == set(Check) - NOT_OFFLINE - {
        Check.RECEIPTS
    }


def test_without_a_pinned_key_the_report_says_whose_key_it_believed(evidence: Evidence) -> None:
    report = verify_bundle(evidence.bundle)
    assert report.ok
    assert any("founding entry" in remark for remark in report.remarks)


def test_progress_is_told(evidence: Evidence) -> None:
    told = []
    verify_bundle(evidence.bundle, progress=lambda stage, done, total: told.append((stage, done, total)))
    assert {stage for stage, _, _ in told} == {"files", "entries", "signatures"}


@pytest.mark.parametrize("first", range(SPOILT_APART))
def test_a_changed_byte_of_any_file_names_the_file(evidence: Evidence, tmp_path: Path, first: int) -> None:
    content = evidence.bundle.read_bytes()
    chance = random.Random(first)
    members = list(read_archive(io.BytesIO(content)).members.values())[first::SPOILT_APART]
    for member in members:
        place = member.content_offset + chance.randrange(member.size)
        content = _with_byte_changed(content, place, chance.randrange(1, 256))
    (tmp_path / "b.zip").write_bytes(content)
    found = {finding.where for finding in verify_bundle(tmp_path / "b.zip").findings}
    assert found >= {member.name for member in members}


def test_a_file_that_cannot_be_read_is_told_once(evidence: Evidence, tmp_path: Path) -> None:
    content = evidence.bundle.read_bytes()
    member = read_archive(io.BytesIO(content)).members["network.json"]
    (tmp_path / "b.zip").write_bytes(_with_byte_changed(content, member.content_offset, 1))
    told = [str(finding) for finding in verify_bundle(tmp_path / "b.zip").findings]
    assert told == ["archive: network.json: network.json does not fit its CRC-32"]


def test_a_file_that_is_no_bundle_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Coalition\n" * 10)
    [finding] = verify_bundle(tmp_path / "README.md").findings
    assert finding.where == "README.md"
    assert finding.sentence.startswith("it cannot be read to its end: the zip does not end with")


def test_a_file_that_does_not_fit_the_manifest_is_named(evidence: Evidence, tmp_path: Path) -> None:
    """As above with the zip's own checksums redone: the manifest alone speaks."""
    forgery = evidence.forgery()
    forgery.files[layout.MANIFEST] = layout.manifest(_digests(evidence.bundle))
    forgery.files["network.json"] = forgery.files["network.json"].replace(b"EUR", b"USD")
    report = verify_bundle(forgery.write(tmp_path / "b.zip", manifest=False))
    assert {(f.check, f.where) for f in report.findings} == {
        (Check.MANIFEST, "network.json"),
        (Check.DERIVED, "network.json"),
    }


def _digests(bundle: Path) -> dict[str, str]:
    with bundle.open("rb") as file:
        text = read_archive(file).read(layout.MANIFEST).decode()
    return {line[66:]: line[:64] for line in text.splitlines()}


@settings(max_examples=FLIPS)
@given(st.data())
def test_a_changed_byte_of_the_zips_own_structure_is_found(evidence: Evidence, data: st.DataObject) -> None:
    whole = evidence.bundle.read_bytes()
    members = list(read_archive(io.BytesIO(whole)).members.values())
    member = data.draw(st.sampled_from(members))
    local = st.integers(member.offset, member.content_offset - 1)
    last = members[-1]
    central = st.integers(last.content_offset + last.size, len(whole) - 1)
    changed = _with_byte_changed(whole, data.draw(local | central), data.draw(st.integers(1, 255)))
    spoilt = evidence.bundle.with_name("structure.zip")
    spoilt.write_bytes(changed)
    assert Check.ARCHIVE in _checks(verify_bundle(spoilt))


@settings(max_examples=FLIPS)
@given(st.data())
def test_a_bundle_cut_short_or_made_longer_is_found(evidence: Evidence, data: st.DataObject) -> None:
    whole = evidence.bundle.read_bytes()
    length = data.draw(st.integers(0, len(whole) - 1))
    spoilt = evidence.bundle.with_name("length.zip")
    for changed in (whole[:length], whole + whole[:length] + b"x", whole[length:] if length else b""):
        spoilt.write_bytes(changed)
        assert Check.ARCHIVE in _checks(verify_bundle(spoilt))


@settings(max_examples=FLIPS)
@given(st.binary(max_size=400))
def test_any_bytes_at_all_give_a_report(evidence: Evidence, content: bytes) -> None:
    spoilt = evidence.bundle.with_name("bytes.zip")
    spoilt.write_bytes(content)
    assert Check.ARCHIVE in _checks(verify_bundle(spoilt))


@pytest.mark.parametrize("name", ["../out", "/etc/x", "a//b", "a/./b", "a\\b", "b\x00", "c:d", "", "é"])
def test_names_that_lead_elsewhere_are_found(evidence: Evidence, tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), b"x")
    assert Check.ARCHIVE in _checks(verify_bundle(tmp_path / "b.zip"))


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("checkpoint", bytes(10_000_000))
    assert Check.ARCHIVE in _checks(verify_bundle(tmp_path / "b.zip"))


def test_a_repeated_name_is_found(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("checkpoint", b"one")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("checkpoint", b"two")
    found = verify_bundle(tmp_path / "b.zip").findings
    assert any("repeated" in finding.sentence for finding in found)


def _one_of_each_kind(evidence: Evidence) -> list[str]:
    """Names that differ in more than numbers and partners."""
    kinds = {re.sub(r"\d+|bakery|grocer|cinema", "*", name): name for name in evidence.forgery().files}
    return sorted(kinds.values())


def test_a_file_of_random_bytes_gives_a_report(evidence: Evidence, tmp_path: Path) -> None:
    """A file of each kind holds noise, under a manifest that fits: never an exception, always a finding."""
    chance = random.Random(7)
    for name in _one_of_each_kind(evidence):
        forgery = evidence.forgery()
        forgery.files[name] = chance.randbytes(len(forgery.files[name]))
        report = verify_bundle(forgery.write(tmp_path / "b.zip"))
        remarked = name == layout.README
        assert report.ok == remarked, name


def test_a_missing_file_and_an_added_one_are_named(evidence: Evidence, tmp_path: Path) -> None:
    for name in _one_of_each_kind(evidence):
        forgery = evidence.forgery()
        del forgery.files[name]
        report = verify_bundle(forgery.write(tmp_path / "b.zip"))
        assert (Check.FILES, name) in {(f.check, f.where) for f in report.findings}
    forgery = evidence.forgery()
    forgery.files["statements/extra.json"] = b"{}"
    report = verify_bundle(forgery.write(tmp_path / "b.zip"))
    assert [(f.check, f.where) for f in report.findings] == [(Check.FILES, "statements/extra.json")]


@pytest.mark.parametrize(
    ("beginning", "check"),
    [
        ("statements/1-2026-01/bakery.json", Check.DERIVED),
        ("statements/2-2026-02/grocer.csv", Check.DERIVED),
        ("cycles/1.json", Check.DERIVED),
        ("settlements/2.json", Check.DERIVED),
        ("keys.json", Check.DERIVED),
        ("shards/1/tile/0/000", Check.TILES),
        ("shards/2/tile/1/000.p/", Check.TILES),
        ("shards/0/tile/0/000.p/", Check.TILES),
    ],
)
def test_a_changed_file_under_a_fitting_manifest_is_recomputed(
    evidence: Evidence, tmp_path: Path, beginning: str, check: Check
) -> None:
    forgery = evidence.forgery()
    name = next(name for name in forgery.files if name.startswith(beginning))
    content = forgery.files[name]
    forgery.files[name] = _with_byte_changed(content, len(content) // 2, 0x01)
    report = verify_bundle(forgery.write(tmp_path / "b.zip"))
    assert [(f.check, f.where) for f in report.findings] == [(check, name)]


def test_another_networks_key_signs_nothing_here(evidence: Evidence) -> None:
    stranger = vkey(ORIGIN, new_key().spki[-32:])
    assert _checks(verify_bundle(evidence.bundle, vkey=stranger)) == {Check.CHECKPOINT}
    assert _checks(verify_bundle(evidence.bundle, vkey="nonsense")) == {Check.CHECKPOINT}


def test_a_checkpoint_with_another_root_or_size_is_found(evidence: Evidence, tmp_path: Path) -> None:
    forgery = evidence.forgery()
    size = len(forgery.shards[0])
    forgery.sign_checkpoint(size, b"\x07" * 32)
    assert _checks(verify_bundle(forgery.write(tmp_path / "b.zip"))) == {Check.CHECKPOINT}
    forgery.sign_checkpoint(size - 1, b"\x07" * 32)
    assert Check.CHECKPOINT in _checks(verify_bundle(forgery.write(tmp_path / "b.zip")))
    forgery.sign_checkpoint(10**18, b"\x07" * 32)
    assert Check.FILES in _checks(verify_bundle(forgery.write(tmp_path / "b.zip")))


def test_a_history_that_forgets_an_older_checkpoint_is_found(evidence: Evidence, tmp_path: Path) -> None:
    """An insider changes the founding tariff and redoes everything above: only the auditor's own note knows."""
    forgery = evidence.forgery()
    leaf, _ = forgery.shards[0][0]
    forgery.shards[0][0] = (leaf.replace(b"rate-micros 10000", b"rate-micros 10001"), b"")
    report = verify_bundle(
        forgery.redo_journal().write(tmp_path / "b.zip"), older_checkpoint=evidence.older_note
    )
    assert Check.CONSISTENCY in _checks(report)
