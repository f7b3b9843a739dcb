"""What is typed wrongly is told before anything is written, and to machines in their own form."""

from pathlib import Path

import pytest

from tests.support.command import run
from tests.support.network import RunningServer

NOTHING = "01890f3c-7a5b-7c21-9d3e-0b1c2d3e4f50"


@pytest.mark.parametrize(
    "words",
    [
        ("partner", "onboard", "cafe", "--name", "Café"),
        ("partner", "register", "UPPER", "--name", "Upper"),
        ("tariff", "propose", "--point-value", "0", "--as", "ann"),
        ("tariff", "propose", "--from", "2027-01-01", "--as", "ann"),
        ("tariff", "approve", "--as", "bob"),
        ("reverse", "nonsense", "--as", "bakery"),
        ("settlement", "confirm", 1, "--leg", "bakery", "--amount", "2,00"),
        ("audit", "proof", NOTHING, "--as", "bakery", "--vkey", "nonsense"),
    ],
)
def test_wrong_usage_ends_with_2_and_leaves_no_file(
    network: RunningServer, words: tuple[object, ...]
) -> None:
    told = run(*words, "--server", network.address, "--json", data=network.site.data)
    assert (told.code, told.document["error"]["reason"]) == (2, "USAGE_WRONG"), told.err
    assert not network.site.identity_path("cafe").exists()


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("settlement", "propose", "abc", "--as", "ann"), "cycle"),
        (("redeem", "--as", "bakery"), "member"),
        (("settlement", "confirm", 7, "--all-legs"), "settlement"),
        (("settlement", "confirm", 7), "leg"),
        (("settlement", "approve", "--cycle", 7, "--as", "bob", "--yes"), "cycle"),
        (("settlement", "approve", "--proposal", "0" * 8, "--as", "bob", "--yes"), "proposal"),
        (("partner", "onboard", "operator", "--name", "Operator"), "partner"),
        (("partner", "onboard", "bakery", "--name", "Another"), "name"),
        (("audit", "proof", NOTHING, "--as", "bakery", "--vkey", "tour/keys/log.vkey"), "vkey"),
    ],
)
def test_machines_are_told_which_field_is_wrong(
    network: RunningServer, words: tuple[object, ...], field: str
) -> None:
    told = run(*words, "--server", network.address, "--json", data=network.site.data)
    assert told.document["error"]["field"] == field, told.err


def test_machines_are_told_what_to_do_next(network: RunningServer) -> None:
    words = ("settlement", "confirm", 7, "--all-legs", "--server", network.address, "--json")
    told = run(*words, data=network.site.data)
    error = told.document["error"]
    assert (told.code, error["reason"]) == (1, "SETTLEMENT_NOT_FOUND")
    assert f"-> {error['next']}" in told.err


def test_who_may_not_speak_is_told_who_may(network: RunningServer) -> None:
    told = run("position", "--as", "ann", "--server", network.address, data=network.site.data)
    assert (told.code, "error ROLE_MISSING: this method is for partners" in told.err) == (1, True), told.err


def test_an_error_is_a_document_where_json_was_asked_for(tmp_path: Path) -> None:
    told = run("balance", "card:1", "--as", "bakery", "--json", data=tmp_path)
    assert (told.code, told.document["error"]["reason"]) == (1, "IDENTITY_NOT_FOUND")
    assert "coalition db init" in told.err


def test_a_file_that_is_no_identity_is_not_asked_to_be_private(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Words")
    told = run("position", "--identity", tmp_path / "README.md")
    assert (told.code, "error IDENTITY_INVALID" in told.err, "chmod" in told.err) == (1, True, False)


def test_a_file_that_is_no_bundle_is_kept(network: RunningServer, tmp_path: Path) -> None:
    kept = tmp_path / "thesis.txt"
    kept.write_text("years of work")
    told = run("audit", "export", kept, data=network.site.data)
    assert (told.code, "--force" in told.err) == (1, True)
    assert kept.read_text() == "years of work"


def test_status_says_that_the_database_is_away(network: RunningServer) -> None:
    url = "postgresql://ann:secret@127.0.0.1:1/books"
    told = run("db", "status", data=network.site.data, env={"COALITION_DATABASE_URL": url})
    assert (told.code, "no: " in told.out, "secret" in told.out + told.err) == (1, True, False)


def test_status_says_what_a_point_is_worth(network: RunningServer) -> None:
    env = {"COALITION_DATABASE_URL": network.site.database_url or ""}
    told = run("db", "status", data=network.site.data, env=env)
    assert (told.code, "a point is worth 0.01 EUR" in told.out) == (0, True), told.err
