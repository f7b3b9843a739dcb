"""Every scenario comes out as its file says: on the simulator's stand-in, and again on real PostgreSQL."""

from difflib import unified_diff
from functools import cache
from pathlib import Path

import pytest

from coalition.audit.fsck import fsck
from settlement.journal.grammar import KINDS
from tests.scenarios.play import Played, on_postgres, on_stand_in
from tests.scenarios.scenario import read
from tests.scenarios.views import VIEWS
from tests.support.postgres import drop_database, new_books

FILES = sorted(Path(__file__).parent.glob("*.txt"))
every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
LINES_MAX = 60


@cache
def played(path: Path) -> Played:
    """Each file is played in memory once."""
    return on_stand_in(read(path, tuple(VIEWS)))


def must_be(path: Path, text: str) -> None:
    """Fails with the lines that differ."""
    told, found = path.read_text().splitlines(), text.splitlines()
    differing = unified_diff(told, found, path.name, "what came out", n=1, lineterm="")
    if told != found:
        pytest.fail(
            "\n".join([*differing, "if this is right: pytest tests/scenarios --rewrite"]), pytrace=False
        )


@every_file
def test_it_comes_out_as_written(path: Path, *, rewrites: bool) -> None:
    text = played(path).text
    if rewrites:
        path.write_text(text)
    must_be(path, text)


@every_file
def test_it_comes_out_the_same_on_postgresql_and_fsck_finds_nothing(path: Path) -> None:
    books = new_books()
    try:
        text = on_postgres(read(path, tuple(VIEWS)), books).text
        assert list(fsck(books, processes=0)) == []
    finally:
        drop_database(books)
    must_be(path, text)


@every_file
def test_it_is_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LINES_MAX


def test_every_kind_of_entry_has_its_scenario() -> None:
    # An opening is loaded from a file, which the stage does not hold: tests/settlement/ledger/test_opening.py.
    assert frozenset[str]().union(*[played(path).kinds for path in FILES]) == KINDS.keys() - {"opening"}
