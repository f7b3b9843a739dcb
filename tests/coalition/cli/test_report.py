"""`coalition report` as finance types it: tables, JSON, CSV and charts of a small programme."""

import csv
import io
from pathlib import Path

import pytest

from tests.support.command import Ran, run
from tests.support.network import RunningServer, onboard

CARD = "card:4000123412341234"
EVERY = ("trial-balance", "matrix", "liability", "saving", "breakage")
STORY = (
    ("member", "enrol", "--alias", CARD, "--as", "bakery"),
    ("issue", CARD, 500, "--as", "bakery"),
    ("redeem", CARD, 200, "--as", "cinema"),
    ("cycle", "close", 1, "--label", "=first"),
    ("redeem", CARD, 50, "--as", "cinema"),
)


@pytest.fixture(scope="module")
def books(network: RunningServer) -> RunningServer:
    """A bakery's points, spent in part at a cinema, before a cycle's close and after it."""
    onboard(network, "cinema")
    for words in STORY:
        told = run(*words, "--server", network.address, data=network.site.data)
        assert told.code == 0, told.err
    proposing = ("settlement", "preview", 1, "--as", "ann", "--server", network.address)
    assert run(*proposing, data=network.site.data).code == 0, "every shard has cut the cycle"
    return network


def ask(books: RunningServer, *words: object) -> Ran:
    url = str(books.site.database_url)
    return run("report", *words, data=books.site.data, env={"COALITION_DATABASE_URL": url})


def report(books: RunningServer, *words: object) -> Ran:
    told = ask(books, *words)
    assert told.code == 0, told.err
    return told


def rows(books: RunningServer, *words: object) -> list[dict[str, str]]:
    found: list[dict[str, str]] = report(books, *words, "--json").document["rows"]
    return found


def test_the_trial_balance_shows_every_account(books: RunningServer) -> None:
    balances = {(row["account"], row["asset"]): row["balance"] for row in rows(books, "trial-balance")}
    assert balances == {
        ("issued:bakery", "PTS"): "500",
        ("redeemed:cinema", "PTS"): "-250",
        ("wallet:*", "PTS"): "-250",
        ("position:bakery", "EUR"): "2.500000",
        ("position:cinema", "EUR"): "-2.500000",
    }
    [member] = [
        row for row in rows(books, "trial-balance", "--members") if row["account"].startswith("wallet")
    ]
    assert member["balance"] == "-250"
    assert ("total", "0") in [
        tuple(line.split()[::4]) for line in report(books, "trial-balance").out.splitlines()
    ]


def test_a_report_as_of_the_close_leaves_out_what_came_later(books: RunningServer) -> None:
    assert rows(books, "matrix", "--as-of", "cycle:1") == [
        {"first": "bakery", "second": "cinema", "owes": "2.000000", "is_owed": "0.000000", "net": "2.000000"}
    ]
    [line] = rows(books, "liability", "--as-of", "cycle:1")
    assert (line["funder"], line["months"], line["points"], line["money_EUR"]) == (
        "bakery",
        "0-3",
        "300",
        "3.000000",
    )
    assert [row["owes"] for row in rows(books, "matrix")] == ["2.500000"]
    assert [row["owes"] for row in rows(books, "matrix", "--cycle", 1)] == ["2.000000"]


def test_what_was_saved_and_what_will_not_be_spent(books: RunningServer) -> None:
    [cycle] = rows(books, "saving")
    assert (cycle["gross"], cycle["multilateral"], cycle["saving_percent"]) == ("2.00", "2.00", "0.00")
    [month] = rows(books, "breakage", "--partner", "bakery")
    assert (month["issued"], month["spent"], month["redeemed_percent"]) == ("500", "250", "50.00")
    assert rows(books, "breakage", "--partner", "cinema") == []


@pytest.mark.parametrize("name", EVERY)
def test_csv_and_json_say_the_same_and_csv_holds_no_formula(
    books: RunningServer, tmp_path: Path, name: str
) -> None:
    path = tmp_path / "report.csv"
    document = rows(books, name, "--csv", path)
    spelled = list(csv.DictReader(io.StringIO(path.read_text())))
    assert [list(row) for row in spelled] == [list(row) for row in document]
    assert [[cell.removeprefix("'") for cell in row.values()] for row in spelled] == [
        [str(cell) for cell in row.values()] for row in document
    ]
    assert "=first" not in path.read_text().split(",")


@pytest.mark.parametrize("name", EVERY)
def test_a_chart_has_the_same_bytes_again(books: RunningServer, tmp_path: Path, name: str) -> None:
    first, again, picture = (tmp_path / each for each in ("first.svg", "again.svg", "picture.png"))
    for path in (first, again, picture):
        assert f"wrote {path}" in report(books, name, "--chart", path).out.replace("\n", "")
    assert first.read_bytes() == again.read_bytes()
    assert b"<svg" in first.read_bytes()
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("liability", "--chart", "chart.pdf"), 2, ".svg or .png"),
        (("matrix", "--cycle", "1", "--as-of", "2026-01-01"), 2, "leave it out"),
        (("liability", "--as-of", "tomorrow"), 1, "FIELD_INVALID"),
        (("liability", "--as-of", "2001-01-01"), 1, "founded later"),
        (("trial-balance", "--as-of", "1:99999"), 1, "ENTRY_NOT_FOUND"),
        (("matrix", "--cycle", "2"), 1, "CYCLE_NOT_CLOSED"),
        (("matrix", "--cycle", "9"), 1, "CYCLE_NOT_FOUND"),
        (("breakage", "--csv", "no/such/folder.csv"), 1, "FILE_UNUSABLE"),
    ],
)
def test_what_cannot_be_reported_is_told(
    books: RunningServer, words: tuple[str, ...], code: int, said: str
) -> None:
    told = ask(books, *words)
    assert (told.code, said in told.err) == (code, True), told.err
