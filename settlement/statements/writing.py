"""A cycle's statements as files, in every form; of a large cycle by several processes at once."""

import gc
import multiprocessing
import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from settlement.statements.build import Statement, Telling, participants
from settlement.statements.cyclebook import CycleBook
from settlement.statements.spelling import folder_name, to_csv, to_json

Form: TypeAlias = Literal["json", "csv", "xlsx", "pdf"]
FORMS: tuple[Form, ...] = get_args(Form)
ALONE_PAIRS_MAX = 5_000
"""Up to so many pairs of participants, starting processes takes longer than they save."""
_AT_ONCE = 5
"""Statements that a process is given at a time."""
Progress: TypeAlias = Callable[[int, int], None]
"""`progress(done, total)`, in statements."""


def rendered(document: bytes, form: Form) -> bytes:
    """A statement's JSON as a workbook or as pages; ValueError for another form, which the JSON alone does not give."""
    if form == "xlsx":
        from settlement.statements.workbook import to_xlsx

        return to_xlsx(document)
    if form == "pdf":
        from settlement.statements.pages import to_pdf

        return to_pdf(document)
    raise ValueError(f"{form} is not made of JSON")


def files_of(statement: Statement, forms: Sequence[Form]) -> Iterator[tuple[str, bytes]]:
    """A statement's file names, as `1-2026-11/bakery.json`, and bytes, in the order of the forms."""
    document = to_json(statement)
    for form in forms:
        name = f"{folder_name(statement.book)}/{statement.partner}.{form}"
        if form == "json":
            yield name, document
        else:
            yield name, to_csv(statement) if form == "csv" else rendered(document, form)


def write_statements(
    book: CycleBook,
    folder: Path,
    forms: Sequence[Form] = FORMS,
    *,
    processes: int | None = None,
    progress: Progress = lambda done, total: None,
) -> list[Path]:
    """Writes all of a cycle's statements under `folder` and returns their paths, in order of participants.

    `processes`: by default one for each core, and none beside this one for a small cycle. OSError if a file cannot be written.
    """
    if processes is None:
        processes = (os.cpu_count() or 1) if len(book.obligations) > ALONE_PAIRS_MAX else 0
    partners = participants(book)
    folder.joinpath(folder_name(book)).mkdir(parents=True, exist_ok=True)
    parts = [partners[start : start + _AT_ONCE] for start in range(0, len(partners), _AT_ONCE)]
    written: list[Path] = []
    for paths in _written(parts, processes, book, folder, forms):
        written += paths
        progress(len(written) // len(forms), len(partners))
    return written


def _written(
    parts: list[list[str]], processes: int, book: CycleBook, folder: Path, forms: Sequence[Form]
) -> Iterator[list[Path]]:
    if not processes:
        yield from map(_Writer(book, folder, forms).write, parts)
        return
    started = pickle.dumps((book, folder, forms))  # once for all processes: a large book takes seconds
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, initializer=_begin, initargs=(started,)) as pool:
        yield from pool.map(_write, parts)


class _Writer:
    def __init__(self, book: CycleBook, folder: Path, forms: Sequence[Form]) -> None:
        self._telling, self._folder, self._forms = Telling(book), folder, forms

    def write(self, partners: Sequence[str]) -> list[Path]:
        """Writes the statements of some partners."""
        paths = []
        for partner in partners:
            for name, content in files_of(self._telling.of(partner), self._forms):
                path = self._folder.joinpath(name)
                path.write_bytes(content)
                paths.append(path)
        return paths


_writer: list[_Writer] = []
"""Of a process that writes: its one."""


def _begin(started: bytes) -> None:
    gc.disable()
    _writer.append(_Writer(*pickle.loads(started)))  # noqa: S301 - bytes of the process that started this one
    gc.freeze()  # the book stays to the end: the collector need not walk it again and again
    gc.enable()


def _write(partners: Sequence[str]) -> list[Path]:
    return _writer[0].write(partners)
