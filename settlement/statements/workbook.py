"""A statement as an XLSX workbook, made of its JSON: the same bytes whenever it is written by the same library.

Amounts are numbers where a spreadsheet holds all their digits, else text; text that it would take for a formula is led by an
apostrophe, as in the CSV. A counterparty is one row, so that it can be sorted and filtered.
"""

import io
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from settlement.spreadsheets import safe_text
from settlement.statements.purposes import PURPOSES
from settlement.statements.tables import TOTAL, Table, Told, facts, read_told, summaries

FIGURES_MAX = 15
"""Decimal figures that a spreadsheet's number always holds (IEEE 754)."""
PURPOSE_DIGITS = 6
LABEL_WIDTH, NAME_WIDTH, NUMBER_WIDTH = 34, 40, 16


def to_xlsx(document: bytes) -> bytes:
    """The workbook of a statement's JSON."""
    told = read_told(document)
    out = io.BytesIO()
    with Workbook(out, {"in_memory": True}) as workbook:
        workbook.set_properties(
            {
                "title": f"Statement {told.number}",
                "subject": f"{told.said['partner']['id']}, cycle {told.cycle}",
                "author": told.said["network"],
                "comments": f"Made of the statement's JSON, SHA-256 {told.sha256}",
                "created": datetime.fromisoformat(told.closed_at).replace(tzinfo=None),
            }
        )
        formats = _Formats(workbook)
        _write_summary(workbook.add_worksheet("Statement"), formats, told)
        _write_counterparties(workbook.add_worksheet("Counterparties"), formats, told)
    return out.getvalue()


class _Formats:
    """The looks of cells: headings, and numbers by their decimals, plain and in totals."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._numbers: dict[tuple[int, bool], Format] = {}
        self.title = workbook.add_format({"bold": True, "font_size": 16})
        self.bold = workbook.add_format({"bold": True})
        self.grey = workbook.add_format({"font_color": "#666666"})
        heading = {"bold": True, "bg_color": "#EDEDED", "bottom": 1, "text_wrap": True, "valign": "top"}
        self.label = workbook.add_format(heading)
        self.heading = workbook.add_format(heading | {"align": "right"})

    def number(self, digits: int, *, total: bool) -> Format:
        """For numbers with so many decimals."""
        if (digits, total) not in self._numbers:
            shape = "#,##0" + ("." + "0" * digits if digits else "")
            look = {"bold": True, "top": 1} if total else {}
            self._numbers[digits, total] = self._workbook.add_format(
                {"num_format": shape, "align": "right", **look}
            )
        return self._numbers[digits, total]


def _write_number(
    sheet: Worksheet, formats: _Formats, row: int, column: int, number: str, total: bool
) -> None:
    _, _, decimals = number.partition(".")
    look = formats.number(len(decimals), total=total)
    if len(number) - ("." in number) - number.startswith("-") <= FIGURES_MAX:
        sheet.write_number(row, column, Decimal(number), look)
    else:
        sheet.write_string(row, column, number, look)


def _write_summary(sheet: Worksheet, formats: _Formats, told: Told) -> None:
    sheet.set_column(0, 0, LABEL_WIDTH)
    sheet.set_column(1, 5, NUMBER_WIDTH)
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.write_string(0, 0, f"Statement {told.number}", formats.title)
    row = 2
    for name, value in facts(told):
        sheet.write_string(row, 0, name, formats.grey)
        sheet.write_string(row, 1, safe_text(value))
        row += 1
    sheet.write_string(row, 0, safe_text(told.outcome), formats.bold)
    row += 2
    for table in summaries(told):
        row = _write_table(sheet, formats, table, row)
    sheet.write_string(row, 0, f"Made of the statement's JSON, SHA-256 {told.sha256}", formats.grey)


def _write_table(sheet: Worksheet, formats: _Formats, table: Table, row: int) -> int:
    """Writes a table from a row on; the row where the next one may start."""
    sheet.write_string(row, 0, table.title, formats.bold)
    _write_headings(sheet, formats, row + 1, table.columns)
    for place, line in enumerate(table.rows, row + 2):
        total = line.weight == TOTAL
        sheet.write_string(place, 0, safe_text(line.label), formats.bold if total else None)
        for column, number in enumerate(line.numbers, 1):
            if number:
                _write_number(sheet, formats, place, column, number, total)
    return row + 3 + len(table.rows)


def _write_headings(
    sheet: Worksheet, formats: _Formats, row: int, names: Iterable[str], labels: int = 1
) -> None:
    for column, name in enumerate(names):
        sheet.write_string(row, column, name, formats.label if column < labels else formats.heading)


def _write_counterparties(sheet: Worksheet, formats: _Formats, told: Told) -> None:
    """One row for each, with as many columns as there are purposes; then the totals."""
    said, currency = told.said, told.currency
    purposes = [
        (purpose, side) for purpose in PURPOSES if purpose in said["purposes"] for side in ("owes", "owed")
    ]
    sheet.set_column(0, 0, 20)
    sheet.set_column(1, 1, NAME_WIDTH)
    sheet.set_column(2, 6 + len(purposes), NUMBER_WIDTH)
    sheet.freeze_panes(1, 2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    named = ("counterparty", "name", "owes, postings", f"owes {currency}", "is owed, postings")
    sums = (f"is owed {currency}", f"net {currency}")
    parted = [
        f"{'owes' if side == 'owes' else 'is owed'}: {name.replace('_', ' ')}" for name, side in purposes
    ]
    _write_headings(sheet, formats, 0, (*named, *sums, *parted), labels=2)
    lines = [*said["counterparties"], {**said, "id": "total", "name": ""}]
    for row, line in enumerate(lines, 1):
        total = line["id"] == "total" and row == len(lines)
        sheet.write_string(row, 0, safe_text(line["id"]), formats.bold if total else None)
        sheet.write_string(row, 1, safe_text(line["name"]))
        for column, number in enumerate(_numbers(line, purposes), 2):
            if number:
                _write_number(sheet, formats, row, column, number, total)
    sheet.autofilter(0, 0, len(lines) - 1, 6 + len(purposes))


def _numbers(line: Any, purposes: list[tuple[str, str]]) -> Iterable[str]:
    for side in ("owes", "owed"):
        yield str(line[side]["count"])
        yield line[side]["amount"]
    yield line["net"]
    for purpose, side in purposes:
        yield line["purposes"].get(purpose, {}).get(side, {}).get("amount", "")
