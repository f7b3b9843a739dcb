"""Every command explains itself."""

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from coalition.cli.app import app
from tests.support.command import run


def commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of the command itself, its groups and all that is in them."""
    yield words
    if isinstance(command, TyperGroup):
        context = typer.Context(command)
        for name in command.list_commands(context):
            yield from commands(command.get_command(context, name), (*words, name))


ALL = list(commands(typer.main.get_command(app)))
LEAVES = [words for words in ALL if not any(other[:-1] == words for other in ALL if other)]


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_command_has_help(words: tuple[str, ...]) -> None:
    told = run(*words, "--help")
    assert told.code == 0
    assert "Usage: coalition" in told.out
    assert told.err == ""


def test_the_version_is_told() -> None:
    told = run("--version")
    assert (told.code, told.out) == (0, f"coalition {version('coalition-settlement')}\n"), told.err


def test_all_promised_commands_exist() -> None:
    promised = """
        serve; db init; db migrate; db start; db stop; db status; partner register; partner activate; partner suspend;
        partner list; partner show; partner onboard; key generate; key add; key revoke; key list; key proof; member enrol;
        member link; member show; issue; redeem; reverse; balance; receipt; entries; cycle list; cycle close;
        cycle obligations; settlement preview; settlement propose; settlement approve; settlement confirm; settlement show;
        settlement object; settlement answer; settlement cancel; settlement abort; settlement list;
        statement show; statement write; report trial-balance; report matrix; report liability; report saving;
        report breakage; export beancount; export hledger; export parquet; export ledger;
        audit export; audit verify; audit proof; fsck;
        tariff show; tariff propose; tariff approve;
        tls init; tls partner; tls attach; door
    """
    assert {tuple(words.split()) for words in promised.split(";")} <= set(LEAVES)


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_a_misspelled_option_is_wrong_usage(words: tuple[str, ...]) -> None:
    assert run(*words, "--no-such-option").code == 2
