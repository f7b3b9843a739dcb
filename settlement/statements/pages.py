"""A statement as a PDF on A4, made of its JSON: the same bytes whenever it is drawn by the same library.

In Helvetica a figure is as wide as two spaces, point and comma as one, and so a line's numbers are set flush right by filling up
with spaces. Rows are put into the page's content as they are: a statement has thousands, and the library spells text letter by
letter.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from reportlab import rl_config
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from settlement.statements.tables import (
    PART,
    PLAIN,
    TOTAL,
    Row,
    Table,
    Told,
    counterparties,
    facts,
    grouped,
    read_told,
    summaries,
)

LEFT, RIGHT, TOP, BOTTOM = 42.0, float(A4[0]) - 42.0, float(A4[1]) - 48.0, 54.0
FONT, BOLD = "Helvetica", "Helvetica-Bold"
SIZE, LEADING = 8.0, 11.5
SPACE = 0.278
"""A space's width as a part of the font's size."""
GAP = 9
"""Spaces between two columns of numbers."""
LABEL_LEAST = 110.0
rl_config.useA85 = 0  # bytes as they are, not as ASCII: no mail has needed that for decades
_LOOKS = {PLAIN: (FONT, 0.0, 0.0), PART: (FONT, 0.4, 10.0), TOTAL: (BOLD, 0.0, 0.0)}
"""Font, grey and indent by a row's weight."""


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where a table's columns end, in spaces from the first number's column on; and the size of its font."""

    widths: tuple[int, ...]
    size: float

    @property
    def label(self) -> float:
        """What is left for the label, in points."""
        return RIGHT - LEFT - sum(self.widths) * SPACE * self.size

    def right(self, column: int) -> float:
        """Where a column of numbers ends on the page."""
        return RIGHT - sum(self.widths[column + 1 :]) * SPACE * self.size


@dataclass(frozen=True, slots=True)
class _Block:
    """So many of a table's rows as fit on one page from `top` down, under its title and heading."""

    table: Table
    columns: _Columns
    rows: tuple[Row, ...]
    top: float


def to_pdf(document: bytes) -> bytes:
    """The pages of a statement's JSON."""
    told = read_told(document)
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1, pageCompression=1)
    canvas.setTitle(f"Statement {told.number}")
    canvas.setAuthor(told.said["network"])
    canvas.setSubject(f"{told.said['partner']['id']}, cycle {told.cycle}")
    below = _draw_heading(canvas, told)
    tables = [_grouped(table) for table in (*summaries(told), counterparties(told))]
    pages = list(_paginate(tables, below))
    for number, blocks in enumerate(pages, 1):
        if number > 1:
            _draw_running_head(canvas, told)
        for block in blocks:
            _draw_block(canvas, block)
        _draw_foot(canvas, told, number, len(pages))
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _grouped(table: Table) -> Table:
    """The table with its numbers' thousands apart."""
    rows = [Row(row.label, tuple(map(grouped, row.numbers)), row.weight) for row in table.rows]
    return replace(table, rows=tuple(rows))


def _paginate(tables: list[Table], below: float) -> Iterator[list[_Block]]:
    """Puts tables one below the other; one that does not fit is continued on the next page, under its heading again."""
    page: list[_Block] = []
    for table in tables:
        columns, start = _columns(table), 0
        while start < len(table.rows) or (start == 0 and not table.rows):
            room = int((below - BOTTOM - 3.2 * LEADING) // LEADING)
            if room < min(4, len(table.rows) - start):
                yield page
                page, below = [], TOP - 2 * LEADING
                continue
            rows = table.rows[start : _whole(table.rows, start, start + room)]
            page.append(_Block(table, columns, rows, below))
            below -= (len(rows) + 3.6) * LEADING
            start += len(rows) or 1
    yield page


def _whole(rows: tuple[Row, ...], start: int, stop: int) -> int:
    """Where to break before `stop` so that no row is parted from what belongs to it, if any page can hold that."""
    if stop >= len(rows):
        return len(rows)
    whole = stop
    while rows[whole].weight == PART and whole > start + 1:
        whole -= 1
    return whole if whole > start + 1 else stop


def _columns(table: Table) -> _Columns:
    """As wide as their widest number or heading; set smaller where the label would be squeezed."""
    headings = [int(stringWidth(name, FONT, 1.0) / SPACE) + 1 for name in table.columns[1:]]
    widths = tuple(
        GAP + max(headings[at], *[_spaces(row.numbers[at]) for row in table.rows], 0)
        for at in range(len(headings))
    )
    return _Columns(widths, min(SIZE, (RIGHT - LEFT - LABEL_LEAST) / (sum(widths) * SPACE)))


def _spaces(number: str) -> int:
    """How wide a number is: two spaces a figure, or for the minus, one for a comma or the point."""
    return 2 * len(number) - number.count(",") - number.count(".")


def _draw_heading(canvas: Canvas, told: Told) -> float:
    """The first page's heading; how far down the page goes on."""
    canvas.setFont(BOLD, 18)
    canvas.drawString(LEFT, TOP - 12, "Statement")
    canvas.setFont(FONT, 11)
    canvas.drawRightString(RIGHT, TOP - 12, told.number)
    canvas.setLineWidth(1.2)
    canvas.line(LEFT, TOP - 20, RIGHT, TOP - 20)
    y = TOP - 38
    for name, value in facts(told):
        canvas.setFont(FONT, 8.5)
        canvas.setFillGray(0.4)
        canvas.drawString(LEFT, y, name)
        canvas.setFillGray(0.0)
        canvas.drawString(LEFT + 60, y, _fitting(value, FONT, 8.5, RIGHT - LEFT - 60))
        y -= 13
    canvas.setFillGray(0.93)
    canvas.rect(LEFT, y - 22, RIGHT - LEFT, 24, stroke=0, fill=1)
    canvas.setFillGray(0.0)
    canvas.setFont(BOLD, 11)
    canvas.drawString(LEFT + 8, y - 14, _fitting(told.outcome, BOLD, 11, RIGHT - LEFT - 16))
    return y - 44


def _draw_running_head(canvas: Canvas, told: Told) -> None:
    canvas.setFont(FONT, 8)
    canvas.setFillGray(0.4)
    canvas.drawString(
        LEFT, TOP, f"Statement {told.number} of {told.said['partner']['id']}, cycle {told.cycle}"
    )
    canvas.setFillGray(0.0)


def _draw_foot(canvas: Canvas, told: Told, number: int, count: int) -> None:
    canvas.setLineWidth(0.4)
    canvas.line(LEFT, BOTTOM - 14, RIGHT, BOTTOM - 14)
    canvas.setFont(FONT, 6.5)
    canvas.setFillGray(0.4)
    canvas.drawString(LEFT, BOTTOM - 24, f"Drawn from the statement's JSON, SHA-256 {told.sha256}")
    canvas.drawRightString(RIGHT, BOTTOM - 24, f"page {number} of {count}")
    canvas.setFillGray(0.0)


def _draw_block(canvas: Canvas, block: _Block) -> None:
    table, columns, y = block.table, block.columns, block.top
    canvas.setFont(BOLD, 9.5)
    canvas.drawString(
        LEFT, y, table.title if block.rows[:1] == table.rows[:1] else f"{table.title}, continued"
    )
    y -= 1.4 * LEADING
    canvas.setFont(FONT, columns.size)
    canvas.setFillGray(0.4)
    canvas.drawString(LEFT, y, table.columns[0])
    for at, name in enumerate(table.columns[1:]):
        canvas.drawRightString(columns.right(at), y, name)
    canvas.setFillGray(0.0)
    canvas.setLineWidth(0.5)
    canvas.line(LEFT, y - 3, RIGHT, y - 3)
    first = y - LEADING - 1
    for weight in _LOOKS:
        _draw_rows(canvas, block, weight, first)


def _draw_rows(canvas: Canvas, block: _Block, weight: str, first: float) -> None:
    """The rows of one look, at their places."""
    (font, grey, indent), columns = _LOOKS[weight], block.columns
    room, numbers_at = columns.label - indent, LEFT + columns.label
    canvas.setFont(font, columns.size)
    canvas.setFillGray(grey)
    drawn = ["BT"]
    for place, row in enumerate(block.rows):
        if row.weight == weight:
            y = first - place * LEADING
            label = _literal(_fitting(row.label, font, columns.size, room))
            drawn.append(f"1 0 0 1 {LEFT + indent:.2f} {y:.2f} Tm ({label}) Tj")
            drawn.append(
                f"1 0 0 1 {numbers_at:.2f} {y:.2f} Tm ({_set_right(row.numbers, columns.widths)}) Tj"
            )
    canvas.addLiteral("\n".join([*drawn, "ET"]))


@lru_cache(maxsize=4096)
def _literal(text: str) -> str:
    """Text as it stands between the parentheses of a string in a page's content (ISO 32000-1, 7.3.4.2)."""
    return "".join(
        [
            chr(byte) if 32 <= byte < 127 and chr(byte) not in "()\\" else f"\\{byte:03o}"
            for byte in text.encode("cp1252", "replace")
        ]
    )


def _set_right(numbers: tuple[str, ...], widths: tuple[int, ...]) -> str:
    """Numbers, each led by the spaces that make it end with its column. The minus is an en dash, as wide as a figure."""
    filled = zip(numbers, widths, strict=True)
    return "".join([" " * (width - _spaces(each)) + each for each, width in filled]).replace("-", "\\226")


@lru_cache(maxsize=4096)
def _fitting(text: str, font: str, size: float, width: float) -> str:
    """A text that is no wider than there is room for, cut if it must be."""
    if stringWidth(text, font, size) <= width:
        return text
    while stringWidth(f"{text}...", font, size) > width:
        text = text[:-1]
    return f"{text}..."
