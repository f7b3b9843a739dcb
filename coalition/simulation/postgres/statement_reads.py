"""What the reading statements of a cycle's book answer."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from coalition.simulation.postgres.tables import EntryRow, Rows, Tables, Transaction
from settlement.journal.leaf import HOUSE

if TYPE_CHECKING:
    from coalition.simulation.postgres.session import Postgres

_OF_PARTNERS = ("issued:", "redeemed:", "expired:", "arrears:")


def cuts(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """Every shard's cut of a cycle."""
    cycle = f"\ncycle {parameters['cycle']}\n"
    shards = [rows for shard, rows in sorted(server.tables.entries.items()) if shard != HOUSE]
    return [(row.leaf,) for rows in shards for row in islice(_cuts_of(rows, cycle), 1)]


def _cuts_of(rows: list[EntryRow], cycle: str) -> Iterator[EntryRow]:
    """From the end, as new ones are asked for; a shard cuts a cycle once."""
    return (row for row in reversed(rows) if row.kind == "cut" and cycle in row.leaf)


def closed_at(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """When an entry was recorded."""
    shard, index = parameters
    return [(entry.recorded_at_us,) for entry in server.tables.entries[shard][index : index + 1]]


def points(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """Points by the partner's account across from the member's."""
    sums: Counter[tuple[str, str, bool]] = Counter()
    counts: Counter[tuple[str, str, bool]] = Counter()
    for _, posts in _within(server.tables, parameters):
        for debit, credit, asset, amount in posts:
            from_member = credit.startswith(_OF_PARTNERS) and not debit.startswith("arrears:")
            if asset in parameters["assets"] and (from_member or debit.startswith(_OF_PARTNERS)):
                leg = (asset, credit if from_member else debit, from_member)
                sums[leg] += amount
                counts[leg] += 1
    return [(*leg, amount, counts[leg]) for leg, amount in sums.items()]


def money(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """Money by kind of entry, who asked, debit and credit."""
    sums: Counter[tuple[str, str | None, str, str]] = Counter()
    counts: Counter[tuple[str, str | None, str, str]] = Counter()
    for (shard, index), posts in _within(server.tables, parameters):
        entry = server.tables.entries[shard][index]
        kind = entry.kind
        for debit, credit, asset, amount in posts:
            if asset == parameters["currency"]:
                leg = (kind, entry.partner, debit, credit)
                sums[leg] += amount
                counts[leg] += 1
            if credit.startswith("arrears:") and entry.kind != "redeem":
                kind = parameters["repays"]
    return [(*leg, amount, counts[leg]) for leg, amount in sums.items()]


def late(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """Acts by asset and partner that say they occurred before a time."""
    sums: Counter[tuple[str, str | None]] = Counter()
    counts: Counter[tuple[str, str | None]] = Counter()
    for row in server.tables.entries[parameters["shard"]][parameters["first"] : parameters["after"]]:
        accepted = row.kind in parameters["kinds"] and row.refusal is None
        if accepted and _line(row, "occurred") < parameters["began"]:
            asset, points = _line(row, "amount").split(" ")
            sums[asset, row.partner] += int(points)
            counts[asset, row.partner] += 1
    return [(*key, points, counts[key]) for key, points in sums.items()]


def _line(row: EntryRow, key: str) -> str:
    """The value of a leaf's line with this key."""
    return row.leaf.partition(f"\n{key} ")[2].partition("\n")[0]


def _within(tables: Tables, span: Any) -> Any:
    """The entries with postings of a range: shard, first entry, and the one after the last."""
    for index in range(span["first"], span["after"]):
        if (span["shard"], index) in tables.transfers:
            yield (span["shard"], index), tables.transfers[span["shard"], index]
