"""Amounts are integers of their smallest unit: where money is decided there is no float."""

import ast
from collections.abc import Iterator

import pytest

from tests.house.source import parsed, python_files, shown

MONEY_ROOMS = (
    "settlement/money.py",
    "settlement/house",
    "settlement/ledger",
    "settlement/clearing",
    "settlement/statements",
    "settlement/reporting",
    "settlement/exports",
)
DRAWN = {"settlement/statements/pages.py"}
"""Has places on a page; amounts are text there already."""


def floats_in(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and kind of everything in `tree` that is or makes a float."""
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=float()):
                yield node.lineno, "a float literal"
            case ast.Name(id="float"):
                yield node.lineno, "float"
            case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
                yield node.lineno, "true division; // with a stated rounding keeps integers"


@pytest.mark.parametrize("room", MONEY_ROOMS)
def test_money_is_never_a_float(room: str) -> None:
    found = [
        f"{shown(path)}:{line}: {kind}"
        for path in python_files(room)
        if shown(path) not in DRAWN
        for line, kind in floats_in(parsed(path))
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    ["float(x)", "x: float = y", "x = 0.5", "x = 1e3", "x = y / z", "x /= 2", "def f(x: list[float]): ..."],
)
def test_every_way_to_a_float_is_seen(source: str) -> None:
    assert list(floats_in(ast.parse(source)))


@pytest.mark.parametrize(
    "source", ["x = y // z", "x, y = divmod(x, y)", "x = int(y)", "x = 10**6", "x = 'floating 0.5'"]
)
def test_integer_arithmetic_is_not_a_float(source: str) -> None:
    assert not list(floats_in(ast.parse(source)))
