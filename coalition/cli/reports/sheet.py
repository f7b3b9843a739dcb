"""A report as rows and columns: printed for people, as JSON for machines, or as CSV (RFC 4180) for a spreadsheet."""

import csv
import io
from dataclasses import dataclass

from coalition.cli.printing import Amount, decimal_amount, emit, say, show_table
from settlement.spreadsheets import safe_text

Cell = str | int | Amount
"""Text, a count, or an amount spelled as a decimal number."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """`title`: what is reported, as of when. `totals`: lines of people's tables that sum up the rows above them."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[Cell, ...]]
    totals: tuple[tuple[Cell, ...], ...] = ()
    notes: tuple[str, ...] = ()

    def show(self) -> None:
        """Prints the table, amounts grouped by thousands."""
        shown = [
            tuple([decimal_amount(cell) if cell and isinstance(cell, Amount) else cell for cell in row])
            for row in (*self.rows, *self.totals)
        ]
        show_table(self.columns, shown, title=self.title)
        for note in self.notes:
            say(note)

    def emit(self) -> None:
        """Prints one JSON document: amounts are decimal strings."""
        names = [name.replace(" ", "_") for name in self.columns]
        emit({"report": self.title, "rows": [dict(zip(names, row, strict=True)) for row in self.rows]})

    def csv(self) -> bytes:
        """A line of names, then the rows; a text that a spreadsheet would take for a formula is led by an apostrophe."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow([name.replace(" ", "_") for name in self.columns])
        writer.writerows([[_harmless(cell) for cell in row] for row in self.rows])
        return text.getvalue().encode("utf-8")


def _harmless(cell: Cell) -> Cell:
    return safe_text(cell) if isinstance(cell, str) and not isinstance(cell, Amount) else cell
