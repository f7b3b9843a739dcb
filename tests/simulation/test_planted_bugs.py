"""The simulator finds bugs: each patch in `mutants` plants one in a copy of the engine."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.simulation.hunt import ROOT, Found, hunt, meaning, mutants, plant, planted, simulate, touched

AT_ONCE = "lot-taken-twice"
STEPS_OF_A_SHORT_STORY = 30


def test_there_are_many_and_each_says_what_it_is() -> None:
    assert len(mutants()) >= 30
    assert len({meaning(name) for name in mutants()}) == len(mutants())


@pytest.mark.parametrize("name", mutants())
def test_each_can_be_planted_and_leaves_a_program(name: str, tmp_path: Path) -> None:
    for file in touched(name):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    try:
        plant(name, tmp_path)
    except subprocess.CalledProcessError as error:
        pytest.fail(f"make its patch anew\n{error.stderr}")
    for file in touched(name):
        compile((tmp_path / file).read_text(), file, "exec")


def test_a_bug_is_found_and_told_as_a_short_story_with_its_seed() -> None:
    with planted(AT_ONCE) as copy:
        ran = simulate(copy, "--seed", 1, "--acts", 2_000, "--shrink-seconds", 20)
    assert ran.returncode == 1, ran.stderr
    assert "seed 1: a law is broken after" in ran.stderr
    assert "entries are what the model says" in ran.stderr
    told = [line for line in ran.stdout.splitlines() if " asks to " in line]
    assert 0 < len(told) <= STEPS_OF_A_SHORT_STORY, ran.stdout
    assert any("redeem" in line for line in told)


def test_what_is_found_is_also_there_for_machines() -> None:
    with planted(AT_ONCE) as copy:
        ran = simulate(copy, "--seed", 1, "--acts", 500, "--shrink-seconds", 0, "--json")
    document = json.loads(ran.stdout)
    assert (ran.returncode, document["ok"], document["seed"]) == (1, False, 1)
    assert document["law"] == "entries are what the model says"


@pytest.mark.long
@pytest.mark.parametrize("name", mutants())
def test_every_planted_bug_is_found(name: str) -> None:
    assert isinstance(hunt(name), Found), meaning(name)
