"""Files that are there whole or not at all, also after the power went."""

import os
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

_FILES_PER_BATCH = 512


def write_whole(files: Iterable[tuple[Path, bytes]]) -> None:
    """Write every file aside, fsync it, rename it into place, and fsync the folders; new folders are made.

    On return everything is on the disk. After a crash any of the files may be there, each of them whole. Many
    files go to the disk together, because the first fsync of a batch does most of the work of the others.
    Raises OSError. One writer per folder: the names of the files aside are fixed, so that a crash leaves no
    litter that grows.
    """
    remaining = iter(files)
    while batch := list(islice(remaining, _FILES_PER_BATCH)):
        folders: set[Path] = set()
        asides = []
        for path, content in batch:
            _make_folder(path.parent, folders)
            aside = path.with_name(f".{path.name}.part")
            aside.write_bytes(content)
            asides.append(aside)
        for aside in asides:
            fsync_path(aside)
        for (path, _), aside in zip(batch, asides, strict=True):
            aside.replace(path)
            folders.add(path.parent)
        for folder in folders:
            fsync_path(folder)


def _make_folder(folder: Path, changed: set[Path]) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent, changed)
        folder.mkdir(exist_ok=True)
        changed.add(folder.parent)


def fsync_path(path: Path) -> None:
    """Make a file's content, or the names in a folder, survive a power loss. Raises OSError."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
