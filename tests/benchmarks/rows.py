"""The rows in the order they are run. To add one: a class with the members of `row.Row`, named here."""

from __future__ import annotations

from collections.abc import Callable

from tests.benchmarks.echo_row import EchoRow
from tests.benchmarks.naive.row import NaiveRow
from tests.benchmarks.row import Row
from tests.benchmarks.unary_row import UnaryRow

ROWS: dict[str, Callable[[], Row]] = {
    "echo": EchoRow,
    "naive": NaiveRow,
    "unary": UnaryRow,
}
