"""Each expected failure is a sentence on standard error and an exit code, never a traceback."""

import shutil
from pathlib import Path

import pytest

from coalition.api.v1.envelope_pb2 import ErrorReason, RefusalReason
from coalition.cli.failures import NEXT_STEPS, REFUSALS
from tests.support.command import run
from tests.support.network import RunningServer

NOWHERE = ("--server", "127.0.0.1:1", "--timeout", "0.3")


def test_every_refusal_has_a_sentence() -> None:
    known = {name.removeprefix("REFUSAL_REASON_") for name in RefusalReason.keys()}  # noqa: SIM118 - an enum wrapper
    assert known - {"UNSPECIFIED"} == REFUSALS.keys()


def test_next_steps_are_for_reasons_that_exist() -> None:
    from_the_network = {name.removeprefix("ERROR_REASON_") for name in ErrorReason.keys()}  # noqa: SIM118
    from_this_side = {
        "UNAVAILABLE",
        "DEADLINE_EXCEEDED",
        "ALIAS_KEY_MISSING",
        "DATABASE_UNUSABLE",
        "RECEIPT_INVALID",
        "NETWORK_EXISTS",
        "CERTIFICATE_EXPIRED",
        "NOT_FOR_PRACTICE",
        "SETTLEMENT_NOT_FOUND",
    }
    assert NEXT_STEPS.keys() <= from_the_network | from_this_side


def test_no_server_listening_is_told_with_the_cure(network: RunningServer) -> None:
    told = run("balance", "card:1", "--as", "bakery", *NOWHERE, data=network.site.data)
    assert told.code == 1
    assert told.out == ""
    assert "error UNAVAILABLE" in told.err
    assert "coalition serve" in told.err


def test_an_act_without_answer_can_be_repeated_by_its_id(network: RunningServer) -> None:
    act_id = "01890f3c-7a5b-7c21-9d3e-0b1c2d3e4f50"
    words = ("member", "enrol", "--as", "bakery", "--act-id", act_id)
    unheard = run(*words, *NOWHERE, data=network.site.data)
    assert unheard.code == 1
    assert f"--act-id {act_id}" in unheard.err
    heard = run(*words, "--server", network.address, "--json", data=network.site.data)
    again = run(*words, "--server", network.address, "--json", data=network.site.data)
    assert heard.document == again.document
    assert heard.document["act_id"] == act_id
    other = run(
        "issue",
        heard.document["member_id"],
        5,
        *words[2:],
        "--server",
        network.address,
        data=network.site.data,
    )
    assert other.code == 1
    assert "error ACT_ID_REUSED" in other.err


def test_an_act_id_that_is_none_is_wrong_usage_and_nothing_is_kept(network: RunningServer) -> None:
    before = run(
        "entries", "--as", "bakery", "--server", network.address, "--json", data=network.site.data
    ).document
    told = run(
        "member",
        "enrol",
        "--as",
        "bakery",
        "--act-id",
        "X",
        "--server",
        network.address,
        data=network.site.data,
    )
    assert told.code == 2
    after = run(
        "entries", "--as", "bakery", "--server", network.address, "--json", data=network.site.data
    ).document
    assert after == before


def test_an_open_cycle_is_told_at_once(network: RunningServer) -> None:
    for words in (
        ("settlement", "preview", 1),
        ("settlement", "propose", 1, "--as", "ann"),
        ("statement", "show", 1),
    ):
        told = run(*words, "--server", network.address, data=network.site.data)
        assert (told.code, "error CYCLE_NOT_CLOSED" in told.err) == (1, True), told.err


def test_who_speaks_must_be_said_where_it_matters(network: RunningServer) -> None:
    told = run("issue", "card:1", 5, data=network.site.data)
    assert told.code == 2
    assert "bakery" in told.err


def test_an_unknown_identity_names_the_known_ones(network: RunningServer) -> None:
    told = run("issue", "card:1", 5, "--as", "nobody", data=network.site.data)
    assert told.code == 1
    assert "error IDENTITY_NOT_FOUND" in told.err
    assert "ann, bakery, bob, operator" in told.err


def test_a_name_on_the_command_line_goes_before_the_environment(network: RunningServer) -> None:
    environment = {"COALITION_IDENTITY": str(network.site.identity_path("operator"))}
    words = ("position", "--server", network.address)
    assert "error ROLE_MISSING" in run(*words, data=network.site.data, env=environment).err
    assert run(*words, "--as", "bakery", data=network.site.data, env=environment).code == 0


def test_an_identity_that_others_can_read_is_refused(network: RunningServer, tmp_path: Path) -> None:
    copy = tmp_path / "bakery.json"
    shutil.copy(network.site.identity_path("bakery"), copy)
    copy.chmod(0o644)
    told = run("position", "--identity", copy)
    assert told.code == 1
    assert "error FILE_NOT_PRIVATE" in told.err
    assert "chmod 600" in told.err


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"network": "x", "private_key": "no key"}'])
def test_a_file_that_is_no_identity_is_told(tmp_path: Path, content: str) -> None:
    file = tmp_path / "wrong.json"
    file.write_text(content)
    file.chmod(0o600)
    told = run("position", env={"COALITION_IDENTITY": str(file)})
    assert told.code == 1
    assert "error IDENTITY_INVALID" in told.err


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    for words in (
        ("position", "--identity"),
        ("audit", "verify"),
        ("key", "proof", "--network", "n", "--partner", "pp"),
    ):
        told = run(*words, tmp_path / "missing")
        sentence = f"error FILE_UNUSABLE: {tmp_path / 'missing'}: there is no such file"
        assert (told.code, sentence in told.err) == (1, True), told.err


def test_an_outbox_that_is_none_is_told(network: RunningServer, tmp_path: Path) -> None:
    shutil.copy(network.site.identity_path("bakery"), tmp_path / "b.json")
    outbox = tmp_path / "b.outbox.sqlite"
    outbox.write_text("no database " * 100)
    outbox.chmod(0o600)
    told = run("member", "enrol", "--identity", tmp_path / "b.json", "--server", network.address)
    assert told.code == 1
    assert "error OUTBOX_UNUSABLE" in told.err


@pytest.mark.parametrize(
    "words", [("fsck",), ("serve",), ("db", "start"), ("db", "migrate"), ("audit", "export", "x.zip")]
)
def test_a_folder_without_a_network_is_told_and_left_alone(tmp_path: Path, words: tuple[str, ...]) -> None:
    told = run(*words, "--data", tmp_path / "none")
    assert told.code == 1
    assert "error SITE_NOT_FOUND" in told.err
    assert "coalition db init" in told.err
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("postgresql://ann:secret@127.0.0.1:1/books", "DATABASE_UNUSABLE"),
        ("postgresql:/ann:secret@127.0.0.1/books", "DATABASE_URL_INVALID"),
    ],
)
def test_a_database_that_is_away_is_told_without_its_password(
    network: RunningServer, url: str, reason: str
) -> None:
    told = run("fsck", data=network.site.data, env={"COALITION_DATABASE_URL": url})
    assert told.code == 1
    assert f"error {reason}" in told.err
    assert "secret" not in told.err + told.out


@pytest.mark.parametrize("member", ["4000123412341234", "card:", "4000:"])
def test_a_member_that_cannot_be_read_is_wrong_usage_and_not_repeated(
    network: RunningServer, member: str
) -> None:
    told = run("balance", member, "--as", "bakery", data=network.site.data)
    assert told.code == 2
    assert "4000" not in told.err.replace("card:4000123412341234", "")
