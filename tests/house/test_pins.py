"""The pins install what the project asks for, checked by hash, and name no place to fetch it from."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.house.source import GENERATED, ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
NEEDS = {
    "run": PROJECT["dependencies"],
    "demo": PROJECT["dependencies"] + EXTRAS["demo"],
    "dev": PROJECT["dependencies"] + EXTRAS["demo"] + EXTRAS["dev"],
}
"""What each file under requirements/ is resolved from; each holds the build tool as well."""
BUILD = (ROOT / "requirements" / "build.in").read_text().split()


def pins_of(file: str) -> list[tuple[Requirement, int]]:
    """Each pin of the file with the number of its hashes."""
    text = (ROOT / "requirements" / f"{file}.txt").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    return [(Requirement(line.split(" --hash=")[0]), line.count("--hash=sha256:")) for line in lines]


@pytest.mark.parametrize("file", NEEDS)
def test_every_dependency_is_pinned_within_its_bounds(file: str) -> None:
    pins = {canonicalize_name(pin.name): pin for pin, _ in pins_of(file)}
    for need in map(Requirement, NEEDS[file] + BUILD):
        pin = pins[canonicalize_name(need.name)]
        (exact,) = pin.specifier
        assert exact.operator == "=="
        assert need.specifier.contains(exact.version), f"{need} but {pin} in {file}.txt; run `make pins`"


@pytest.mark.parametrize("file", NEEDS)
def test_every_pin_has_hashes(file: str) -> None:
    assert [str(pin) for pin, hashes in pins_of(file) if not hashes] == []


@pytest.mark.parametrize(("smaller", "larger"), [("run", "demo"), ("demo", "dev")])
def test_the_files_agree(smaller: str, larger: str) -> None:
    def versions(file: str) -> set[str]:
        return {f"{canonicalize_name(pin.name)}{pin.specifier}" for pin, _ in pins_of(file)}

    assert versions(smaller) <= versions(larger)


@pytest.mark.parametrize("file", NEEDS)
def test_the_pins_name_no_place(file: str) -> None:
    text = (ROOT / "requirements" / f"{file}.txt").read_text()
    assert re.findall(r"\S*://\S*|--\S*index\S*|--find-links\S*|@ \S+", text) == []


@pytest.mark.parametrize(
    ("package", "stamp"),
    [
        ("grpcio", r"GRPC_GENERATED_VERSION = '([\d.]+)'"),
        ("protobuf", r"# Protobuf Python Version: ([\d.]+)"),
    ],
)
def test_the_bounds_admit_no_runtime_older_than_the_generated_code(package: str, stamp: str) -> None:
    stamps = {
        match for path in GENERATED.glob("*_pb2*.py") for match in re.findall(stamp, Path(path).read_text())
    }
    (generated_with,) = stamps
    bounds = {need.name: need.specifier for need in map(Requirement, PROJECT["dependencies"])}
    (least,) = (bound for bound in bounds[package] if bound.operator == ">=")
    assert Version(least.version) >= Version(generated_with)
