"""A bundle is the same bytes for the same books, covers what the newest checkpoint covers, and can be checked by hand."""

import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from coalition.audit.bundle import NothingPublishedError, export_bundle
from coalition.audit.checks import Check
from coalition.audit.fsck import fsck
from coalition.audit.guide import GUIDE
from coalition.audit.verify import verify_bundle
from tests.coalition.audit.conftest import Evidence
from tests.support.postgres import copy_books, drop_database, new_books
from tests.support.small_network import SmallNetwork, spoil


def test_the_same_books_give_the_same_bytes(evidence: Evidence, tmp_path: Path) -> None:
    export_bundle(evidence.dsn, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == evidence.bundle.read_bytes()


def test_an_older_checkpoint_gives_a_smaller_bundle_that_holds(evidence: Evidence, tmp_path: Path) -> None:
    dsn = copy_books(evidence.dsn)
    spoil(dsn, "DELETE FROM checkpoints WHERE size = (SELECT max(size) FROM checkpoints)")
    report = export_bundle(dsn, tmp_path / "older.zip")
    drop_database(dsn)
    assert report.ok
    assert verify_bundle(tmp_path / "older.zip", vkey=evidence.vkey).ok
    assert (tmp_path / "older.zip").stat().st_size < evidence.bundle.stat().st_size


def test_without_a_checkpoint_there_is_nothing_to_export(evidence: Evidence, tmp_path: Path) -> None:
    dsn = new_books()
    with pytest.raises(NothingPublishedError):
        export_bundle(dsn, tmp_path / "none.zip")
    drop_database(dsn)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("server")
async def test_a_network_without_any_act_is_clean_and_has_a_bundle(tmp_path: Path) -> None:
    dsn = new_books()
    async with SmallNetwork.found(dsn, tmp_path / "log") as network:
        assert list(fsck(dsn)) == []
        await network.publisher().publish()
        assert list(fsck(dsn)) == []
        assert export_bundle(dsn, tmp_path / "empty.zip").ok
        assert verify_bundle(tmp_path / "empty.zip", vkey=network.vkey).findings == []
    drop_database(dsn)


def test_spoilt_books_are_exported_as_evidence(evidence: Evidence, tmp_path: Path) -> None:
    dsn = copy_books(evidence.dsn)
    spoil(dsn, "UPDATE payloads SET payload = 'x' WHERE (shard, index) = (1, 30)")
    report = export_bundle(dsn, tmp_path / "spoilt.zip")
    drop_database(dsn)
    assert Check.PAYLOAD_HASHES in {finding.check for finding in report.findings}
    assert not verify_bundle(tmp_path / "spoilt.zip").ok


def by_hand(bundle: Path, folder: Path) -> str:
    """What the commands of the bundle's README say; its journal entry and both signatures are proven by them."""
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(folder)
    commands = "\n".join(line[4:] for line in GUIDE.splitlines() if line.startswith("    "))
    commands = commands.replace("unzip bundle.zip -d evidence && cd evidence", "set -e")
    done = subprocess.run(["bash", "-c", commands], cwd=folder, capture_output=True, text=True, check=True)
    said = done.stdout
    assert said.startswith("whole\n")
    assert said.count("Signature Verified Successfully") == 2
    hashes = re.findall(r"^([0-9a-f]{64})(?:  -)?$", said, re.MULTILINE)
    assert len(hashes) == 4, said
    assert hashes[0] == hashes[1]
    assert hashes[2] == hashes[3]
    return said


@pytest.mark.debian
@pytest.mark.usefixtures("server")
async def test_the_readme_finds_the_only_act_of_a_small_bundle_behind_an_entry_that_nobody_signed(
    tmp_path: Path,
) -> None:
    dsn = new_books()
    async with SmallNetwork.found(dsn, tmp_path / "log", shards=1) as network:
        await network.take_in("bakery")
        await network.close_cycle(1, "first")
        await network.enrol("bakery", 1)
        await network.publisher().publish()
        assert export_bundle(dsn, tmp_path / "small.zip").ok
    drop_database(dsn)
    said = by_hand(tmp_path / "small.zip", tmp_path / "evidence")
    assert "\nshard 1\nindex 1\n" in said
    assert "\nkind enrol\n" in said


@pytest.mark.debian
def test_the_commands_of_the_readme_do_what_it_says(evidence: Evidence, tmp_path: Path) -> None:
    said = by_hand(evidence.bundle, tmp_path)
    gross, stated_gross, total, paid, stated_paid = (int(line) for line in said.split("\n")[-6:-1])
    assert gross == stated_gross > 0
    assert total == 0
    assert paid == stated_paid > 0
