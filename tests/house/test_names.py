"""One word, one meaning: a name says what a thing is in the words of the glossary."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.source import ROOT, parsed, python_files, shown

EMPTY_NAMES = {"base", "common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"}
"""Names of modules and rooms that say nothing of what is inside."""

OTHER_WORDS = {
    "merchant": "partner",
    "vendor": "partner",
    "customer": "member",
    "earn": "issue",
    "accrue": "issue",
    "burn": "redeem",
    "voucher": "entry",
    "payout": "settlement, leg or instruction",
}
"""Words that the glossary replaces, with the word to use."""


def words_of(identifier: str) -> list[str]:
    """The lower-case words of a snake_case or CamelCase name, plural as singular."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", identifier)
    return [word.lower().removesuffix("s") for word in words]


@pytest.mark.parametrize(
    ("identifier", "words"),
    [
        ("merchants_by_id", ["merchant", "by", "id"]),
        ("CustomerError", ["customer", "error"]),
        ("VOUCHER_NUMBER", ["voucher", "number"]),
        ("HTTPMerchant", ["http", "merchant"]),
        ("_earned2", ["earned"]),
    ],
)
def test_a_name_is_read_word_by_word(identifier: str, words: list[str]) -> None:
    assert words_of(identifier) == words


def test_no_room_or_module_has_an_empty_name() -> None:
    rooms = ("coalition", "settlement", "tests", "proto")
    named = {part for path in python_files(*rooms) for part in path.relative_to(ROOT).with_suffix("").parts}
    assert named & EMPTY_NAMES == set()


def test_no_class_has_an_empty_name() -> None:
    found = [
        f"{shown(path)}:{node.lineno}: {node.name}"
        for path in python_files("coalition", "settlement")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ClassDef) and words_of(node.name)[-1] in EMPTY_NAMES
    ]
    assert found == []


def test_names_use_the_words_of_the_glossary() -> None:
    named = [
        (place, identifier)
        for path in python_files("coalition", "settlement", "tests")
        for place, identifier in identifiers_given_in(path)
    ] + [(place, name) for path in (ROOT / "proto").rglob("*.proto") for place, name in proto_names_in(path)]
    found = [
        f"{place}: {identifier} (say {OTHER_WORDS[word]})"
        for place, identifier in named
        for word in words_of(identifier)
        if word in OTHER_WORDS
    ]
    assert found == []


def identifiers_given_in(path: Path) -> Iterator[tuple[str, str]]:
    """The names that a module gives itself: what it defines, not what it uses of others."""
    for node in ast.walk(parsed(path)):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                pass
            case (
                ast.arg(arg=name)
                | ast.Name(id=name, ctx=ast.Store())
                | ast.Attribute(attr=name, ctx=ast.Store())
            ):
                pass
            case _:
                continue
        yield f"{shown(path)}:{node.lineno}", name


def proto_names_in(path: Path) -> Iterator[tuple[str, str]]:
    """Every identifier of a proto outside of its comments and strings."""
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        code = re.sub(r'//.*|"[^"]*"', "", line)
        for name in re.findall(r"[A-Za-z_]\w*", code):
            yield f"{shown(path)}:{number}", name
