"""The tree stands for itself: it names no machine it was made on and no place it was fetched from."""

import re
from pathlib import Path

import pytest

from tests.house.source import ROOT, files_not_ignored, files_of_the_project, shown

PLACES = {
    "a path of one machine": re.compile(r"(?<![\w.$}~/-])/(?:home|root|Users|work|mnt|workspace)/\w"),
    "a package registry": re.compile(
        r"\bpypi\.(?:org|python)|\bpythonhosted\b|index-url[ =]https?\b|:/{2}\S+/simple\b"
    ),
    "a secret": re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\n[A-Za-z0-9+/]"),
}
DATA_ENDINGS = {".arrow", ".csv", ".db", ".feather", ".parquet", ".rda", ".sqlite", ".zip"}


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", errors="replace")


@pytest.mark.parametrize("kind", PLACES)
def test_no_file_names(kind: str) -> None:
    found = [
        f"{shown(path)}: {match.group()}"
        for path in files_of_the_project()
        for match in PLACES[kind].finditer(text_of(path))
    ]
    assert found == []


def test_a_place_is_seen() -> None:
    home, index = "/".join(["", "home", "ann", "x"]), ".".join(["https://pypi", "org/project"])
    assert PLACES["a path of one machine"].search(f"data = {home}")
    assert PLACES["a package registry"].search(index)
    assert not PLACES["a path of one machine"].search("build/root/x ./home/x $X/home/y")


def test_no_shopping_data_is_committed() -> None:
    """The baskets of the demonstration may be used, not passed on; golden files of tests are JSON or text."""
    found = [shown(path) for path in files_of_the_project() if path.suffix in DATA_ENDINGS]
    assert found == []


def test_a_tree_without_git_has_the_same_files() -> None:
    assert set(files_of_the_project()) <= set(files_not_ignored(ROOT))


def test_what_the_tour_of_the_readme_leaves_behind_is_no_file_of_the_project(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text((ROOT / ".gitignore").read_text())
    left = ("tour/keys/log.pem", "bakery.outbox", "bakery.outbox-wal", "bundle.zip", "statements/1.csv")
    kept = ("settlement/statements/build.py", "docs/tour/page.md")
    for name in (*left, *kept):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = {path.relative_to(tmp_path).as_posix() for path in files_not_ignored(tmp_path) if path.is_file()}
    assert found == {".gitignore", *kept}
