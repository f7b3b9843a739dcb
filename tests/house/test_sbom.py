"""The bill of materials says what the pins say, in CycloneDX's own schema, and twice the same."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.source import ROOT
from tests.house.test_pins import pins_of


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `make sbom` writes, made in a copy of the files it reads."""
    return made(tmp_path_factory.mktemp("bill") / "one")


def made(folder: Path) -> str:
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml", "requirements"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    ready = ("--old-file=.venv/.installed-dev", f"BIN={ROOT}/.venv/bin")
    subprocess.run(["make", *ready, "sbom"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return (folder / "build" / "sbom.json").read_text()


def test_it_follows_the_schema(bill: str) -> None:
    # Loaded here: it takes seconds, and every worker of a run loads this file.
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(bill) is None
    assert validator.validate_str(bill.replace('"type": "library"', '"type": "librarian"', 1)) is not None


def test_it_names_every_pin_with_its_hashes(bill: str) -> None:
    told = {
        (
            part["name"],
            f"=={part['version']}",
            sum(len(place["hashes"]) for place in part["externalReferences"]),
        )
        for part in json.loads(bill)["components"]
    }
    assert told == {(pin.name, str(pin.specifier), hashes) for pin, hashes in pins_of("run")}


def test_the_same_pins_give_the_same_bytes(bill: str, tmp_path: Path) -> None:
    assert made(tmp_path / "two") == bill
