"""The pages say what the code says: tables of the documentation are compared with the tables of the code."""

import re
from pathlib import Path

import pytest

from coalition.api.v1.envelope_pb2 import ErrorReason, RefusalReason
from coalition.audit.checks import Check
from coalition.client.writing import ACT_LIFE_US
from coalition.errors import CODES
from coalition.exchange.lane import BATCH_ACTS_MAX, QUEUE_ACTS_MAX
from coalition.wire.envelope import PAYLOAD_BYTES_MAX
from coalition.wire.methods import ACT_LIFE_MAX_US, METHODS
from settlement.house.decide import PARTNERS_MAX
from settlement.journal.grammar import KINDS, PATTERNS
from settlement.journal.leaf import LEAF_BYTES_MAX
from settlement.ledger.rules.arrears import REPAYMENTS_MAX
from settlement.ledger.rules.opening import PART_LOTS_MAX
from settlement.ledger.rules.points import SLICES_MAX
from tests.house.source import ROOT, files_of_the_project, shown

DOCS = ROOT / "docs"
PAGES = sorted(path for path in files_of_the_project() if path.suffix == ".md")
FIRST_LINES = {"shard", "index", "house", "time", "kind"}


def tables(page: str) -> dict[str, list[list[str]]]:
    """The page's tables by the text of their first head cell, rows as plain cells; equal heads are joined."""
    found: dict[str, list[list[str]]] = {}
    rows: list[list[str]] | None = None
    for line in (DOCS / page).read_text().splitlines():
        if not line.startswith("|"):
            rows = None
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if rows is None:
            rows = found.setdefault(cells[0], [])
        elif not set(line) <= set("|- :"):
            rows.append(cells)
    return found


def spoken(cell: str) -> list[str]:
    """The code words of a cell."""
    return re.findall(r"`([^`]*)`", cell)


def test_the_leaf_grammar_on_the_page_is_the_one_that_is_read() -> None:
    told = {spoken(kind)[0]: tuple(spoken(lines)[0].split()) for kind, lines in tables("journal.md")["kind"]}
    assert told == KINDS


def test_every_line_of_a_leaf_is_explained() -> None:
    told = {key for keys, _ in tables("journal.md")["line"] for key in spoken(keys)}
    assert told == PATTERNS.keys() - FIRST_LINES


def test_every_error_is_told_with_its_code() -> None:
    assert {reason: code for reason, code, _ in tables("wire.md")["reason"]} == CODES


def test_every_error_and_refusal_of_the_proto_is_told() -> None:
    errors = {name.removeprefix("ERROR_REASON_") for name in ErrorReason.DESCRIPTOR.values_by_name}
    refusals = {name.removeprefix("REFUSAL_REASON_") for name in RefusalReason.DESCRIPTOR.values_by_name}
    told = re.findall(r"[A-Z_]{4,}", " ".join(reasons for _, reasons in tables("wire.md")["about"]))
    assert {reason for reason, _, _ in tables("wire.md")["reason"]} == errors - {"UNSPECIFIED"}
    assert sorted(told) == sorted(refusals - {"UNSPECIFIED"})


def test_every_method_is_told_as_an_act_or_a_read() -> None:
    told = {
        f"/coalition.api.v1.{service}/{name}": read
        for service, *columns in tables("wire.md")["service"]
        for read, names in zip((False, True), columns, strict=True)
        for name in names.split(", ")
        if name
    }
    assert told == {path: method.read for path, method in METHODS.items()}


@pytest.mark.parametrize(
    ("page", "row", "value"),
    [
        ("ledger.md", "lots in one redemption", SLICES_MAX),
        ("ledger.md", "parts of lots that repay in one entry", REPAYMENTS_MAX),
        ("ledger.md", "partners", PARTNERS_MAX),
        ("ledger.md", "lots in one part of an opening", PART_LOTS_MAX),
        ("ledger.md", "acts in one batch", BATCH_ACTS_MAX),
        ("ledger.md", "acts waiting per shard", QUEUE_ACTS_MAX),
    ],
)
def test_bounds_are_those_of_the_code(page: str, row: str, value: int) -> None:
    (told,) = (cells[1] for cells in tables(page)["bound"] if cells[0] == row)
    assert int(told.replace(",", "")) == value


def test_sizes_in_the_text_are_those_of_the_code() -> None:
    assert f"{LEAF_BYTES_MAX:,} bytes" in (DOCS / "journal.md").read_text()
    wire = (DOCS / "wire.md").read_text()
    assert f"1 to {PAYLOAD_BYTES_MAX:,}" in wire
    assert f"at most {ACT_LIFE_MAX_US // 3_600_000_000} hours apart" in wire
    assert ACT_LIFE_US <= ACT_LIFE_MAX_US


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_page_is_reachable_from_the_index() -> None:
    index = (DOCS / "README.md").read_text()
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")} - {"README.md"}
    assert pages == set(re.findall(r"\]\(([^)]+)\)", index))


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_tests_that_are_named_exist(page: Path) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", page.read_text())
    assert [name for name in named if not is_test(*name)] == []


def test_the_threat_model_names_each_test_that_it_counts_on() -> None:
    text, _, listed = (DOCS / "threat-model.md").read_text().partition("\n## Tests\n")
    numbers = [int(number) for number in re.findall(r"^\| (\d+) \|", listed, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert {int(number) for number in re.findall(r"\[(\d+)\]", text)} == set(numbers)


def is_test(path: str, test: str) -> bool:
    """Whether the file is there and, if a test is named, holds it."""
    file = ROOT / path
    return file.exists() and (not test or f"def {test}(" in file.read_text())


def test_checks_that_the_threat_model_names_exist() -> None:
    page = (DOCS / "threat-model.md").read_text()
    told = {
        name
        for names in re.findall(r"checks? ((?:`[^`]+`(?:,\s|\sand\s)?)+)", page)
        for name in spoken(names)
    }
    assert len(told) > 3
    assert told <= set(Check)


def test_every_room_is_on_the_page_of_the_architecture() -> None:
    page = (DOCS / "architecture.md").read_text()
    rooms = {
        shown(path)
        for root in ("coalition", "settlement")
        for path in (ROOT / root).iterdir()
        if path.is_dir() and (path / "__init__.py").exists()
    }
    told = set(re.findall(r"^\| `((?:coalition|settlement)/[a-z]+)", page, re.MULTILINE))
    assert told == rooms
