"""A statement's bytes: JSON (RFC 8259) and CSV (RFC 4180), the same for ever, and the names of their files. Pure.

Money, and so value, is a decimal string of the currency with all its digits, by purpose with six decimals; points and counts are
whole numbers.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from json.encoder import encode_basestring_ascii

from settlement.clock import format_time
from settlement.journal.leaf import HOUSE
from settlement.money import format_micros, format_minor
from settlement.spreadsheets import safe_text
from settlement.statements.build import Statement, statements
from settlement.statements.cyclebook import Activity, CycleBook, Owed, Tally
from settlement.statements.purposes import PURPOSES, Charge

VERSION = "coalition-statement/v1"
COLUMNS = (
    "kind",
    "counterparty",
    "name",
    "owes_count",
    "owes",
    "owed_count",
    "owed",
    "net",
    "count",
    "points",
    "value",
)
_LABEL_CHARACTERS = re.compile(r"[^A-Za-z0-9._-]")


def to_json(statement: Statement) -> bytes:
    """The statement as ASCII JSON, indented by two, keys in a fixed order, one LF at the end."""
    book, points, value = statement.book, _tallies(statement.activity), _tallies(statement.value)
    document = {
        "version": VERSION,
        "network": book.network,
        **({"practice": True} if book.practice else {}),
        "document": statement.document,
        "partner": {"id": statement.partner, "name": statement.name},
        "cycle": {
            "number": book.cycle,
            "label": book.label,
            "closed_by": f"{HOUSE}:{book.closed_at}",
            "closed_at": format_time(book.closed_at_us),
            "ranges": [{"shard": shard, "start": start, "end": end} for shard, (start, end) in _ranges(book)],
        },
        "currency": book.currency,
        "opening": _money(book, statement.opening_minor),
        "settled": _money(book, statement.settled_minor),
        "counterparties": [
            {
                "id": line.counterparty,
                "name": line.name,
                "owes": {"amount": _money(book, line.owes.amount_minor), "count": line.owes.count},
                "owed": {"amount": _money(book, line.owed.amount_minor), "count": line.owed.count},
                "net": _money(book, line.net_minor),
                "purposes": _purposes(line.owes_for, line.owed_for),
            }
            for line in statement.lines
        ],
        "owes": {"amount": _money(book, statement.owes.amount_minor), "count": statement.owes.count},
        "owed": {"amount": _money(book, statement.owed.amount_minor), "count": statement.owed.count},
        "net": _money(book, statement.net_minor),
        "purposes": _purposes(statement.owes_for, statement.owed_for),
        "outcome": statement.outcome,
        "due": _money(book, abs(statement.due_minor)),
        "closing": _money(book, statement.closing_minor),
        "points": {name: {"points": tally.points, "count": tally.count} for name, tally in points},
        "value": {name: {"amount": _money(book, each.points), "count": each.count} for name, each in value},
    }
    return (_indented(document, "\n") + "\n").encode("ascii")


def to_csv(statement: Statement) -> bytes:
    """The statement as ASCII CSV: facts of the cycle as name and value, then the row `COLUMNS` and the lines under it.

    Every row has as many cells as `COLUMNS`. Texts that a spreadsheet would take for a formula are led by an apostrophe
    (OWASP, "CSV injection"); amounts may begin with a minus, as they are numbers.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for row in (*_facts(statement), COLUMNS, *_lines(statement)):
        writer.writerow((*row, *[""] * (len(COLUMNS) - len(row))))
    return text.getvalue().encode("ascii")


def _indented(value: object, margin: str) -> str:
    """What `json.dumps(value, indent=2)` gives; a statement has thousands of lines, and that takes three times as long."""
    if isinstance(value, str):
        return encode_basestring_ascii(value)
    if value is None or value is True:
        return "null" if value is None else "true"
    inner = margin + "  "
    if isinstance(value, dict):
        spelled = [f"{encode_basestring_ascii(key)}: {_indented(each, inner)}" for key, each in value.items()]
        return f"{{{inner}{f',{inner}'.join(spelled)}{margin}}}" if spelled else "{}"
    if isinstance(value, list):
        spelled = [_indented(each, inner) for each in value]
        return f"[{inner}{f',{inner}'.join(spelled)}{margin}]" if spelled else "[]"
    return str(value)


def documents(book: CycleBook) -> dict[str, bytes]:
    """All statements of a cycle: file name, as `1-2026-11/bakery.json`, to its bytes."""
    files = {}
    for statement in statements(book):
        name = f"{folder_name(book)}/{statement.partner}"
        files[f"{name}.json"] = to_json(statement)
        files[f"{name}.csv"] = to_csv(statement)
    return files


def folder_name(book: CycleBook) -> str:
    """The folder of a cycle's statements: its number, then its label with `-` for what no file name should hold."""
    return str(book.cycle) if not book.label else f"{book.cycle}-{_LABEL_CHARACTERS.sub('-', book.label)}"


def _facts(statement: Statement) -> list[tuple[str, ...]]:
    book = statement.book
    return [
        ("version", VERSION),
        ("network", safe_text(book.network)),
        *([("practice", "yes")] if book.practice else []),
        ("document", "" if statement.document is None else str(statement.document)),
        ("partner", statement.partner, safe_text(statement.name)),
        ("cycle", str(book.cycle), safe_text(book.label or "")),
        ("closed_by", f"{HOUSE}:{book.closed_at}"),
        ("closed_at", format_time(book.closed_at_us)),
        *[("range", str(shard), str(start), str(end)) for shard, (start, end) in _ranges(book)],
        ("currency", book.currency),
        ("outcome", statement.outcome, _money(book, abs(statement.due_minor))),
    ]


def _lines(statement: Statement) -> Iterable[tuple[str, ...]]:
    book = statement.book
    yield _standing("opening", _money(book, statement.opening_minor))
    yield _standing("settled", _money(book, statement.settled_minor))
    for line in statement.lines:
        named = ("counterparty", line.counterparty, safe_text(line.name))
        yield (*named, *_sides(book, line.owes, line.owed), _money(book, line.net_minor))
        yield from _purpose_rows(named[1:], line.owes_for, line.owed_for)
    yield ("total", "", "", *_sides(book, statement.owes, statement.owed), _money(book, statement.net_minor))
    yield from _purpose_rows(("", ""), statement.owes_for, statement.owed_for)
    yield _standing("closing", _money(book, statement.closing_minor))
    blank = [""] * (COLUMNS.index("count") - 1)
    for name, tally in _tallies(statement.activity):
        yield (name, *blank, str(tally.count), str(tally.points))
    for name, tally in _tallies(statement.value):
        yield (f"value_{name}", *blank, str(tally.count), "", _money(book, tally.points))


def _sides(book: CycleBook, owes: Owed, owed: Owed) -> tuple[str, str, str, str]:
    return str(owes.count), _money(book, owes.amount_minor), str(owed.count), _money(book, owed.amount_minor)


def _both(
    owes: Mapping[str, Charge], owed: Mapping[str, Charge]
) -> Iterator[tuple[str, tuple[Charge, Charge]]]:
    """Each purpose that one of the sides has, with both."""
    for purpose in PURPOSES:
        if purpose in owes or purpose in owed:
            yield purpose, (owes.get(purpose, Charge()), owed.get(purpose, Charge()))


def _purposes(owes: Mapping[str, Charge], owed: Mapping[str, Charge]) -> dict[str, object]:
    return {
        purpose: {
            name: {"amount": format_micros(side.micros), "count": side.count}
            for name, side in zip(("owes", "owed"), sides, strict=True)
        }
        for purpose, sides in _both(owes, owed)
    }


def _purpose_rows(
    named: tuple[str, ...], owes: Mapping[str, Charge], owed: Mapping[str, Charge]
) -> Iterator[tuple[str, ...]]:
    for purpose, sides in _both(owes, owed):
        cells = [cell for side in sides for cell in (str(side.count), format_micros(side.micros))]
        yield (purpose, *named, *cells, format_micros(sides[0].micros - sides[1].micros))


def _standing(kind: str, amount: str) -> tuple[str, ...]:
    """A row that has only a net."""
    return (kind, *[""] * (COLUMNS.index("net") - 1), amount)


def _ranges(book: CycleBook) -> list[tuple[int, tuple[int, int]]]:
    return sorted(book.ranges.items())


def _tallies(activity: Activity) -> list[tuple[str, Tally]]:
    return [(field.name, getattr(activity, field.name)) for field in fields(activity)]


def _money(book: CycleBook, amount_minor: int) -> str:
    return format_minor(amount_minor, minor_digits=book.minor_digits)
