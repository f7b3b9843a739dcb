"""What the code imports, the project asks for: nothing works only because something else happened to bring it."""

import ast
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.source import ROOT, parsed, python_files, shown
from tests.house.test_pins import EXTRAS, NEEDS

OWN = {"coalition", "settlement", "tests"}
DEMO = ROOT / "coalition" / "cli" / "demo"
PARQUET = [ROOT / "coalition/client/opening_source.py", ROOT / "settlement/exports/tables.py"]
DISTRIBUTIONS = packages_distributions()


def test_the_packages_import_only_what_they_ask_for() -> None:
    code = python_files("coalition", "settlement")
    ours = [path for path in code if DEMO not in path.parents and path not in PARQUET]
    assert undeclared(ours, declared=NEEDS["run"]) == []


def test_what_knows_parquet_imports_only_what_its_extra_asks_for() -> None:
    assert undeclared(PARQUET, declared=NEEDS["run"] + EXTRAS["parquet"]) == []


def test_the_demonstration_imports_only_what_it_asks_for() -> None:
    assert undeclared(python_files("coalition/cli/demo"), declared=NEEDS["demo"]) == []


def test_the_tests_import_only_what_they_ask_for() -> None:
    assert undeclared(python_files("tests", "proto"), declared=NEEDS["dev"]) == []


@pytest.mark.parametrize(
    "source", ["import click", "from click.core import Group", "def f():\n    import click"]
)
def test_every_way_to_import_is_seen(source: str) -> None:
    assert [root for _, root in foreign_imports(ast.parse(source))] == ["click"]


def undeclared(paths: tuple[Path, ...] | list[Path], *, declared: list[str]) -> list[str]:
    """Each import whose distribution nobody declared; of a shared namespace (`google`) one is enough."""
    names = {canonicalize_name(Requirement(need).name) for need in declared}
    return [
        f"{shown(path)}:{line}: {root}"
        for path in paths
        for line, root in foreign_imports(parsed(path))
        if not names & {canonicalize_name(name) for name in DISTRIBUTIONS.get(root, [])}
    ]


def foreign_imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and top-level name of every import that is neither Python's own nor ours."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                modules = [alias.name for alias in names]
            case ast.ImportFrom(module=str(module), level=0):
                modules = [module]
            case _:
                continue
        for root in (module.partition(".")[0] for module in modules):
            if root not in sys.stdlib_module_names and root not in OWN:
                yield node.lineno, root
