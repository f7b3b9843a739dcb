"""`coalition export` as it is typed: whole files or none, nothing overwritten unasked, and what is wrong told."""

from pathlib import Path

import pytest
from beancount import loader

from tests.support.command import Ran, run
from tests.support.network import RunningServer

CARD = "card:4000123412341234"
STORY = (("member", "enrol", "--alias", CARD), ("issue", CARD, 500))


@pytest.fixture(scope="module")
def books(network: RunningServer) -> RunningServer:
    """A bakery's points, and a closed cycle in which nothing is owed."""
    for words in (*[(*each, "--as", "bakery") for each in STORY], ("cycle", "close", 1)):
        told = run(*words, "--server", network.address, data=network.site.data)
        assert told.code == 0, told.err
    waiting = run(
        "settlement", "preview", 1, "--as", "ann", "--server", network.address, data=network.site.data
    )
    assert waiting.code == 0, "every shard has cut the cycle"
    return network


def export(books: RunningServer, *words: object) -> Ran:
    url = str(books.site.database_url)
    return run("export", *words, data=books.site.data, env={"COALITION_DATABASE_URL": url})


def test_text_is_written_whole_and_not_over_another_file(books: RunningServer, tmp_path: Path) -> None:
    path = tmp_path / "ledger.beancount"
    told = export(books, "beancount", "--out", path)
    assert (told.code, f"bean-check {path}" in told.err.replace("\n", "")) == (0, True)
    assert loader.load_file(str(path))[1] == []
    assert [each.name for each in tmp_path.iterdir()] == [path.name], "nothing half-written is left"
    path.write_text("mine")
    assert "FILE_EXISTS" in export(books, "beancount", "--out", path).err
    assert "FILE_EXISTS" in export(books, "hledger", "--out", path).err
    assert path.read_text() == "mine"
    [document] = export(books, "hledger", "--out", path, "--force", "--json").document
    assert document == {"path": str(path), "bytes": path.stat().st_size}


def test_tables_are_written_into_a_folder(books: RunningServer, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="the extra `parquet` is not installed")
    folder = tmp_path / "tables"
    names = ["entries", "transfers", "obligations", "statement_lines"]
    found = export(books, "parquet", "--out", folder, "--json").document
    assert [Path(each["path"]).stem for each in found] == names
    assert "FILE_EXISTS" in export(books, "parquet", "--out", folder).err
    assert export(books, "parquet", "--out", folder, "--force").code == 0


def test_a_partner_gets_its_own_journal_on_its_own_accounts(books: RunningServer, tmp_path: Path) -> None:
    accounts, out = tmp_path / "accounts.toml", tmp_path / "bakery.csv"
    assert export(books, "ledger", "--write-map", accounts).code == 0
    accounts.write_text(accounts.read_text().replace("'points liability'", "'2400 Points'"))
    told = export(books, "ledger", "--partner", "bakery", "--map", accounts, "--out", out)
    assert told.code == 0, told.err
    assert out.read_text().count(",2400 Points,points_liability,,5.00,EUR") == 1
    assert "FILE_EXISTS" in export(books, "ledger", "--write-map", accounts).err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("ledger",), 2, "--partner PARTNER"),
        (("ledger", "--partner", "bakery"), 2, "--out FILE"),
        (("ledger", "--partner", "nobody", "--out", "x.csv"), 1, "PARTNER_NOT_FOUND"),
        (("ledger", "--partner", "bakery", "--cycle", "2", "--out", "x.csv"), 1, "CYCLE_NOT_CLOSED"),
        (("ledger", "--partner", "bakery", "--cycle", "7", "--out", "x.csv"), 1, "CYCLE_NOT_FOUND"),
        (("ledger", "--partner", "bakery", "--map", "no.toml", "--out", "x.csv"), 1, "FILE_UNUSABLE"),
        (("beancount", "--out", "no/such/folder"), 1, "FILE_UNUSABLE"),
    ],
)
def test_what_cannot_be_exported_is_told(
    books: RunningServer,
    words: tuple[str, ...],
    code: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    told = export(books, *words)
    assert (told.code, said in told.err) == (code, True), told.err
    assert list(tmp_path.iterdir()) == []


def test_a_map_of_other_bytes_is_told(books: RunningServer, tmp_path: Path) -> None:
    accounts = tmp_path / "accounts.toml"
    accounts.write_bytes(b"\xff\xfe")
    told = export(books, "ledger", "--partner", "bakery", "--map", accounts, "--out", tmp_path / "x.csv")
    assert (told.code, "MAP_INVALID" in told.err) == (1, True)
