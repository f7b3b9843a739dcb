"""Hundred thousand bad inputs: no unexpected exception, no INTERNAL, no case over a second, no process over 200 MB."""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.material import make_material
from tests.fuzz.running import CASE_SECONDS_MAX

ROOT = Path(__file__).resolve().parents[2]
PEAK_BYTES_MAX = 200_000_000
SOME = {
    "leaf": 800,
    "envelope": 500,
    "admission": 1_200,
    "receipt": 400,
    "note": 300,
    "vkey": 200,
    "inclusion": 150,
    "consistency": 150,
    "identity": 200,
    "tls": 200,
    "key": 200,
    "proof": 100,
    "outbox": 100,
    "bundle": 40,
    "camt": 200,
    "pain": 100,
    "reads": 200,
    "door": 200,
}
MANY = {
    "leaf": 20_000,
    "envelope": 14_000,
    "admission": 24_000,
    "receipt": 8_000,
    "note": 8_000,
    "vkey": 2_000,
    "inclusion": 3_000,
    "consistency": 2_000,
    "identity": 4_000,
    "tls": 3_000,
    "key": 3_000,
    "proof": 2_000,
    "outbox": 2_000,
    "bundle": 1_200,
    "camt": 3_000,
    "pain": 1_000,
    "reads": 3_000,
    "door": 4_000,
}
"""Cases of each target."""


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what is changed."""
    folder = tmp_path_factory.mktemp("material")
    make_material(folder)
    return folder


def fuzzed(material: Path, counts: dict[str, int]) -> int:
    """Runs targets in a process of their own and holds it to the limits; returns how many cases it tried."""
    seed = 0 if os.environ.get("CI") else secrets.randbelow(2**32)
    words = [f"{name}={cases}" for name, cases in counts.items()]
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", str(material), str(seed), *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=580,  # sooner than pytest gives the whole run up
    )
    assert done.returncode == 0, f"seed {seed}\n{done.stderr}"
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["peak_bytes"] < PEAK_BYTES_MAX
    assert all(ran["slowest_seconds"] < CASE_SECONDS_MAX for ran in report["ran"])
    tried = {ran["target"]: ran["cases"] for ran in report["ran"]}
    assert all(tried[name] >= cases for name, cases in counts.items())
    return sum(tried.values())


def test_some_bad_inputs_of_every_kind(material: Path) -> None:
    assert fuzzed(material, SOME) >= 4_000


@pytest.mark.long
@pytest.mark.parametrize("name", MANY)
def test_many_bad_inputs(material: Path, name: str) -> None:
    assert fuzzed(material, {name: MANY[name]}) >= MANY[name]


def test_many_are_a_hundred_thousand() -> None:
    assert sum(MANY.values()) >= 100_000
    assert MANY.keys() == SOME.keys()
