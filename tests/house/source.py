"""The project's own text, as the house rules read it: written by hand, generated code left out."""

import ast
import functools
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATED = ROOT / "coalition" / "api" / "v1"


def shown(path: Path) -> str:
    """The path as a person names it: from the root of the tree."""
    return path.relative_to(ROOT).as_posix()


@functools.cache
def python_files(*rooms: str) -> tuple[Path, ...]:
    """The hand-written modules under `rooms` (folders or modules, from the root)."""
    found = [path for room in rooms for path in _modules_of(ROOT / room)]
    return tuple(sorted(path for path in found if not (GENERATED in path.parents and "_pb2" in path.name)))


def _modules_of(room: Path) -> Iterator[Path]:
    return room.rglob("*.py") if room.is_dir() else iter([room] if room.exists() else [])


@functools.cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of one module."""
    return ast.parse(path.read_text(), filename=str(path))


@functools.cache
def files_of_the_project() -> tuple[Path, ...]:
    """All files that are committed or staged; where git does not know the tree, those that it would not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached"], cwd=ROOT, check=False, capture_output=True, text=True
    ).stdout
    paths = [ROOT / name for name in listed.split("\0") if name] or files_not_ignored(ROOT)
    return tuple(sorted(path for path in paths if path.is_file()))


def files_not_ignored(folder: Path) -> Iterator[Path]:
    """The files under a tree's root but for what its .gitignore names, read simply: a name, or a path from the root."""
    patterns = [".git", *(folder / ".gitignore").read_text().split()]
    rooted = {pattern.strip("/") for pattern in patterns if pattern.startswith("/")}
    anywhere = {pattern.strip("/") for pattern in patterns if not pattern.startswith("/")}
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        if parts[0] not in rooted and not any(fnmatch(part, name) for part in parts for name in anywhere):
            yield path
