"""Pages and workbooks say what the JSON says, are the same bytes in every process, and stay legible however long they are."""

import io
import json
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from typing import Any

import openpyxl
import pypdfium2
import pytest

from settlement.statements.build import statement
from settlement.statements.cyclebook import CycleBook, Owed
from settlement.statements.pages import to_pdf
from settlement.statements.purposes import Charge
from settlement.statements.spelling import to_json
from settlement.statements.tables import grouped
from settlement.statements.workbook import to_xlsx
from settlement.statements.writing import rendered
from tests.settlement.statements.books import GOLDEN

BAKERY = to_json(statement(GOLDEN, "bakery"))
_AGAIN = """import sys
from hashlib import sha256
from settlement.statements.writing import rendered
document = sys.stdin.buffer.read()
print(*[sha256(rendered(document, form)).hexdigest() for form in ("xlsx", "pdf")])"""


def crowd(count: int) -> CycleBook:
    """The golden book with so many counterparties more."""
    names = {
        f"shop-{number:03}": f"Shop ({number}) \\ Sons, with a name as long as a name can be here"
        for number in range(count)
    }
    owed = {("bakery", name): Owed(1_234_567 + number, 3) for number, name in enumerate(names)}
    charges = {
        pair: {"reimbursement": Charge(each.amount_minor * 10_000 + 77, 3)} for pair, each in owed.items()
    }
    return replace(
        GOLDEN,
        names={**GOLDEN.names, **names},
        obligations={**GOLDEN.obligations, **owed},
        charges={**GOLDEN.charges, **charges},
    )


def pages_of(document: bytes) -> list[str]:
    """The text of each page."""
    pdf = pypdfium2.PdfDocument(document)
    return [page.get_textpage().get_text_range() for page in pdf]


def sheets_of(document: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(document))


def test_the_same_bytes_come_out_of_another_process() -> None:
    here = [sha256(rendered(BAKERY, form)).hexdigest() for form in ("xlsx", "pdf")]
    assert [sha256(rendered(BAKERY, form)).hexdigest() for form in ("xlsx", "pdf")] == here
    again = subprocess.run([sys.executable, "-c", _AGAIN], input=BAKERY, capture_output=True, check=True)
    assert again.stdout.decode().split() == here


def test_the_pages_say_what_the_json_says() -> None:
    told = json.loads(BAKERY)
    [page] = pages_of(to_pdf(BAKERY))
    for text in (
        "Statement",
        "no. 8",
        "clearing.example/coalition-1",
        "3 (2026-11)",
        '=Bread, "fresh" (bakery)',
        "page 1 of 1",
    ):
        assert text in page
    assert f"pays {grouped(told['due'])} EUR" in page
    for amount in (told["opening"], told["closing"], told["owes"]["amount"], told["owed"]["amount"]):
        assert grouped(amount) in page
    for line in told["counterparties"]:
        assert line["name"] in page
        assert grouped(line["owes"]["amount"]) in page


def test_long_tables_go_on_over_pages_under_their_heading() -> None:
    document = to_json(statement(crowd(500), "bakery"))
    pages = pages_of(to_pdf(document))
    assert len(pages) > 10
    assert all(f"page {number} of {len(pages)}" in page for number, page in enumerate(pages, 1))
    assert all("counterparty" in page and "is owed EUR" in page for page in pages)
    assert all("By counterparty, continued" in page for page in pages[1:])
    told = json.loads(document)
    everything = "\n".join(pages)
    assert [each["id"] for each in told["counterparties"] if f"{each['id']} " not in everything] == []
    for page in pages[1:]:  # no purposes are parted from whom they belong to
        first = page.split("net EUR")[1].strip().splitlines()[0]
        assert first.startswith(("shop-", "total"))


@pytest.mark.parametrize("amount", [10**17, -(10**17)])
def test_the_largest_amounts_find_room(amount: int) -> None:
    book = replace(GOLDEN, obligations={("bakery", "acme"): Owed(10**17, 10**9)}, opening={"bakery": amount})
    [page] = pages_of(to_pdf(to_json(statement(book, "bakery"))))
    assert page.count("1,000,000,000,000,000.00") >= 4
    assert ("\u2013" if amount < 0 else "") + "1,000,000,000,000,000.00" in page


def test_the_workbook_says_what_the_json_says() -> None:
    told = json.loads(BAKERY)
    sheets = sheets_of(to_xlsx(BAKERY))
    assert sheets.sheetnames == ["Statement", "Counterparties"]
    heading, *rows, total = sheets["Counterparties"].iter_rows(values_only=True)
    assert heading[:7] == (
        "counterparty", "name", "owes, postings", "owes EUR", "is owed, postings", "is owed EUR", "net EUR"
    )  # fmt: skip
    assert [row[0] for row in rows] == [line["id"] for line in told["counterparties"]]
    assert [Decimal(str(row[3])) for row in rows] == [
        Decimal(line["owes"]["amount"]) for line in told["counterparties"]
    ]
    assert Decimal(str(total[6])) == Decimal(told["net"])
    summary = {row[0]: row[1] for row in sheets["Statement"].iter_rows(values_only=True) if row[0]}
    assert Decimal(str(summary["closing"])) == Decimal(told["closing"])
    assert any(told["due"].replace("1234", "1,234") in str(name) for name in summary)


def test_no_cell_of_the_workbook_is_a_formula() -> None:
    names = {**GOLDEN.names, "acme": "=1+1", "cafe": "@SUM(A1)"}
    sheets = sheets_of(to_xlsx(to_json(statement(replace(GOLDEN, names=names, label="+1"), "bakery"))))
    cells = [cell for sheet in sheets for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [cell.value for cell in cells if cell.data_type == "f"]
    texts = [str(cell.value) for cell in cells if cell.data_type == "s"]
    assert {"'=1+1", "'@SUM(A1)"} <= set(texts)
    assert not [text for text in texts if text.startswith(("=", "+", "@"))]


def test_amounts_that_a_spreadsheet_would_round_are_text() -> None:
    book = replace(GOLDEN, obligations={("bakery", "acme"): Owed(1_234_567_890_123_456, 1)})
    sheets = sheets_of(to_xlsx(to_json(statement(book, "bakery"))))
    _, row, _ = sheets["Counterparties"].iter_rows(values_only=True)
    assert row[3] == "12345678901234.56"
