"""A statement for people: what its JSON says, as a heading and tables. Pure; the pages and the workbook are made of it.

Numbers stay the JSON's own digits: nothing is computed or rounded here.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PLAIN, PART, TOTAL = "plain", "part", "total"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: its label, then a number for each other column. `weight`: `PART` belongs to the line above it."""

    label: str
    numbers: tuple[str, ...]
    weight: str = PLAIN


@dataclass(frozen=True, slots=True)
class Table:
    """`columns`: the label's name first, then one for each number."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """One statement, read from its JSON. `sha256`: of these bytes, in hex. `closed_at`: RFC 3339."""

    said: Mapping[str, Any]
    sha256: str

    @property
    def currency(self) -> str:
        """The code of the currency."""
        return str(self.said["currency"])

    @property
    def number(self) -> str:
        """The document's number, for people."""
        document = self.said["document"]
        return "without number" if document is None else f"no. {document:,}"

    @property
    def cycle(self) -> str:
        """The cycle, for people."""
        cycle = self.said["cycle"]
        return f"{cycle['number']} ({cycle['label']})" if cycle["label"] else str(cycle["number"])

    @property
    def closed_at(self) -> str:
        """When the cycle was closed."""
        return str(self.said["cycle"]["closed_at"])

    @property
    def outcome(self) -> str:
        """What is to be paid, in a sentence."""
        name, outcome, due = self.said["partner"]["name"], self.said["outcome"], grouped(self.said["due"])
        if outcome == "nothing due":
            return f"{name}: nothing is due for this cycle"
        if outcome == "deferred":
            net = grouped(self.said["net"].removeprefix("-"))
            return f"{name}: {net} {self.currency} are too little to be paid, and go into the next cycle"
        return f"{name} {outcome} {due} {self.currency} when the cycle is settled"


def read_told(document: bytes) -> Told:
    """Takes the bytes that `spelling.to_json` made."""
    return Told(json.loads(document), hashlib.sha256(document).hexdigest())


def facts(told: Told) -> list[tuple[str, str]]:
    """Who is told what by whom: names and values."""
    said = told.said
    ranges = ", ".join(
        f"{each['shard']}:{each['start']} to {each['shard']}:{each['end']}"
        for each in said["cycle"]["ranges"]
    )
    return [
        ("Partner", f"{said['partner']['name']} ({said['partner']['id']})"),
        ("Network", said["network"] + (", for practice: nothing here is real" if "practice" in said else "")),
        ("Cycle", told.cycle),
        ("Closed", f"{told.closed_at} by entry {said['cycle']['closed_by']}"),
        ("Entries", f"{ranges}, the last ones not included"),
    ]


def summaries(told: Told) -> list[Table]:
    """All tables but that of the counterparties: position, purposes, points, and value if there was any."""
    said, currency = told.said, told.currency
    standings = [Row(name, (said[name],)) for name in ("opening", "settled", "net")]
    closing = Row("closing", (said["closing"],), TOTAL)
    total = Row("total", _sides(said), TOTAL)
    tables = [
        Table("Position (positive: owes)", ("position", currency), (*standings, closing)),
        Table("By purpose", ("for", *_both(currency)), (*_purposes(said, PLAIN), total)),
        _moved("Points", said["points"], "points"),
    ]
    value = {name: tally for name, tally in said["value"].items() if tally["count"]}
    return [*tables, *([_moved("Value", value, "amount", currency)] if value else [])]


def counterparties(told: Told) -> Table:
    """Gross and net with every counterparty, each with its purposes below it."""
    rows: list[Row] = []
    for line in told.said["counterparties"]:
        rows.append(Row(f"{line['id']}  {line['name']}", _sides(line)))
        rows += _purposes(line, PART)
    rows.append(Row("total", _sides(told.said), TOTAL))
    return Table("By counterparty", ("counterparty", *_both(told.currency)), tuple(rows))


def grouped(number: str) -> str:
    """A decimal number with its thousands apart: `-1,234.56`."""
    whole, point, decimals = number.partition(".")
    if len(whole) > 3:
        whole = f"{int(whole):,}"
    return f"{whole}{point}{decimals}"


def _both(currency: str) -> tuple[str, ...]:
    return "postings", f"owes {currency}", "postings", f"is owed {currency}", f"net {currency}"


def _sides(line: Mapping[str, Any]) -> tuple[str, ...]:
    owes, owed = line["owes"], line["owed"]
    return str(owes["count"]), owes["amount"], str(owed["count"]), owed["amount"], line.get("net", "")


def _purposes(line: Mapping[str, Any], weight: str) -> list[Row]:
    return [Row(name.replace("_", " "), _sides(sides), weight) for name, sides in line["purposes"].items()]


def _moved(title: str, tallies: Mapping[str, Any], what: str, unit: str | None = None) -> Table:
    rows = [
        Row(name.replace("_", " "), (str(tally["count"]), str(tally[what])))
        for name, tally in tallies.items()
    ]
    return Table(title, (title.lower(), "acts", unit or what), tuple(rows))
