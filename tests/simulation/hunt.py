"""Plants one bug after the other in a copy of the engine and lets the simulator look for it.

`python -m tests.simulation.hunt [NAME ...]` prints the table: which law found each, after how many acts.
"""

import json
import os
import shutil
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[2]
MUTANTS = Path(__file__).with_name("mutants")
ACTS_A_SEED = 5_000
SEEDS = 8


@dataclass(frozen=True)
class Found:
    """How a planted bug was found: the law, and how many steps of how many stories that took."""

    law: str
    sentence: str
    seed: int
    steps: int


def mutants() -> list[str]:
    """The names of all planted bugs."""
    return sorted(path.stem for path in MUTANTS.glob("*.patch"))


def meaning(name: str) -> str:
    """What the bug is: the first line of its patch."""
    return (MUTANTS / f"{name}.patch").read_text().partition("\n")[0]


def touched(name: str) -> list[str]:
    """The files that the bug is planted in."""
    lines = (MUTANTS / f"{name}.patch").read_text().splitlines()
    return [line.removeprefix("+++ b/") for line in lines if line.startswith("+++ b/")]


@contextmanager
def planted(name: str) -> Iterator[Path]:
    """A copy of the two packages with the bug in it."""
    with TemporaryDirectory(prefix="coalition-mutant-") as folder:
        copy = Path(folder)
        for package in ("coalition", "settlement"):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / package, copy / package, ignore=ignored)
        plant(name, copy)
        yield copy


def plant(name: str, copy: Path) -> None:
    """Plants the bug in a folder that holds the files it touches. CalledProcessError if they are not as it expects."""
    patch = MUTANTS / f"{name}.patch"
    subprocess.run(
        ["git", "apply", "--unidiff-zero", patch],
        cwd=copy,
        check=True,
        capture_output=True,
        text=True,
        env=environment_of(copy),
    )


def hunt(name: str) -> Found | None:
    """Lives story after story until one breaks a law; None if none does."""
    with planted(name) as copy:
        steps = 0
        for seed in range(1, SEEDS + 1):
            told = _simulate(copy, seed)
            if not told["ok"]:
                return Found(told["law"], told["sentence"], seed, steps + told["happened"])
            steps += told["acts"]
    return None


def _simulate(copy: Path, seed: int) -> dict[str, Any]:
    ran = simulate(copy, "--seed", seed, "--acts", ACTS_A_SEED, "--shrink-seconds", 0, "--json")
    assert ran.returncode in (0, 1), ran.stderr
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


def simulate(copy: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """`coalition simulate WORDS` of the copy."""
    return subprocess.run(
        [sys.executable, "-m", "coalition", "simulate", *map(str, words)],
        cwd=copy,
        env=environment_of(copy),
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def environment_of(copy: Path) -> dict[str, str]:
    """Nothing that would lead git or Python to another tree than the copy."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTHON"))}
    return kept | {"PYTHONPATH": str(copy), "GIT_CEILING_DIRECTORIES": str(copy.parent)}


def main(names: Iterable[str]) -> int:
    """Hunts, prints the table, and fails if a bug gets away."""
    table = Table("planted bug", "found by", "steps", "what it is")
    away = 0
    for name in names or mutants():
        found = hunt(name)
        away += found is None
        law, steps = ("[bold red]nothing[/]", "") if found is None else (found.law, f"{found.steps:,}")
        table.add_row(name, law, steps, meaning(name))
        Console(stderr=True).print(f"{name}: {law} {steps}")
    Console(width=160).print(table)
    return 1 if away else 0


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m tests.simulation.hunt", description=__doc__)
    parser.add_argument(
        "names",
        metavar="NAME",
        nargs="*",
        help="planted bugs, as tests/simulation/mutants names them; all by default",
    )
    asked = parser.parse_args().names
    if unknown := set(asked) - set(mutants()):
        parser.error(
            f"no such planted bug: {', '.join(sorted(unknown))}; tests/simulation/mutants has them all"
        )
    sys.exit(main(asked))
