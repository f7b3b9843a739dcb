"""Looks into the books: what stands in the tables and in the newest leaves, as text for a person in finance."""

import re
from collections import Counter
from collections.abc import Callable, Sequence

from coalition.simulation.postgres.tables import Tables
from settlement.journal.leaf import Entry, parse_leaf
from settlement.money import POINTS, VALUE, format_minor
from tests.scenarios.scene import Scene, money

Look = Callable[[Tables, Sequence[Entry], Scene], list[list[str]]]
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
_UNTOLD = frozenset({"occurred", "until", "from", "request", "sig"})
"""Lines of a leaf that tell nothing new here: times, hashes, signatures."""


def balances(tables: Tables, fresh: Sequence[Entry], scene: Scene) -> list[list[str]]:
    """The trial balance in points: accounts at zero are left out."""
    return _trial_balance(tables, POINTS, "{:,}".format)


def value(tables: Tables, fresh: Sequence[Entry], scene: Scene) -> list[list[str]]:
    """The trial balance in value."""
    return _trial_balance(tables, VALUE, lambda cents: _much(VALUE, cents))


def positions(tables: Tables, fresh: Sequence[Entry], scene: Scene) -> list[list[str]]:
    """The trial balance in money: a debit is owed to the network, a credit is owed by it."""
    return _trial_balance(tables, scene.network.currency, money)


def _trial_balance(tables: Tables, unit: str, spelled: Callable[[int], str]) -> list[list[str]]:
    debits: Counter[str] = Counter()
    for (_, account, asset), (debited, credited) in tables.balances.items():
        if asset == unit:
            debits[account] += debited - credited
    sides = [(name, max(debit, 0), max(-debit, 0)) for name, debit in sorted(debits.items()) if debit]
    sides.append(("total", sum(side[1] for side in sides), sum(side[2] for side in sides)))
    rows = [[name, *[spelled(amount) if amount else "-" for amount in both]] for name, *both in sides]
    return [["account", "debit", "credit"], *rows]


def _much(asset: str, amount: int) -> str:
    """Points, or value as money."""
    return format_minor(amount, minor_digits=2) if asset == VALUE else f"{amount:,}"


def lots(tables: Tables, fresh: Sequence[Entry], scene: Scene) -> list[list[str]]:
    """Every lot with the act that made it, or the kind of the engine's own entry that did."""
    rows = []
    for (shard, index, place), lot in sorted(tables.lots.items()):
        entry = parse_leaf(tables.entries[shard][index].leaf.encode())
        rows.append(
            [
                f"{shard}:{index}.{place}",
                entry.get("act") or entry.kind,
                lot.member,
                lot.funder,
                _much(lot.asset, lot.quantity),
                _much(lot.asset, lot.remaining),
            ]
        )
    return [["lot", "act", "member", "funder", "issued", "left"], *rows]


def holds(tables: Tables, fresh: Sequence[Entry], scene: Scene) -> list[list[str]]:
    """Every hold with the act that made it, and what became of it."""
    rows = []
    for (shard, index), hold in sorted(tables.holds.items()):
        act = parse_leaf(tables.entries[shard][index].leaf.encode()).one("act")
        end = "open" if hold.closed_by is None else tables.entries[shard][hold.closed_by].kind
        asset = parse_leaf(tables.entries[shard][index].leaf.encode()).one("amount").split(" ")[0]
        rows.append([act, hold.member, hold.partner, _much(asset, hold.amount), end])
    return [["hold", "member", "partner", "points", "end"], *rows]


def arrears(tables: Tables, fresh: Sequence[Entry], scene: Scene) -> list[list[str]]:
    """Every arrear with the act that made it."""
    rows = []
    for (shard, index, place), arrear in sorted(tables.arrears.items()):
        act = parse_leaf(tables.entries[shard][index].leaf.encode()).one("act")
        made, left = _much(arrear.asset, arrear.quantity), _much(arrear.asset, arrear.remaining)
        rows.append([f"{shard}:{index}.{place}", act, arrear.member, arrear.partner, made, left])
    return [["arrear", "act", "member", "owed to", "made", "left"], *rows]


def obligations(tables: Tables, fresh: Sequence[Entry], scene: Scene) -> list[list[str]]:
    """What accrued in each cycle, of all shards."""
    owed: Counter[tuple[int, str, str]] = Counter()
    for (_, cycle, debtor, creditor), (amount, _) in tables.obligations.items():
        owed[cycle, debtor, creditor] += amount
    rows = [[str(cycle), *pair, money(amount)] for (cycle, *pair), amount in sorted(owed.items())]
    return [["cycle", "debtor", "creditor", "amount"], *rows]


def entries(tables: Tables, fresh: Sequence[Entry], scene: Scene) -> list[list[str]]:
    """The leaves that the last steps wrote, without times, hashes and signatures."""
    rows = []
    for entry in fresh:
        rows.append([f"{entry.shard}:{entry.index}", "kind", entry.kind])
        rows += [["", key, _TIME.sub("(time)", value)] for key, value in entry.lines if key not in _UNTOLD]
    return rows or [["none"]]


VIEWS: dict[str, Look] = {
    look.__name__: look for look in (balances, value, positions, lots, holds, arrears, obligations, entries)
}
"""Every look by its name."""


def seen(name: str, tables: Tables, fresh: Sequence[Entry], scene: Scene) -> list[str]:
    """The lines of a look: columns aligned, numbers to the right."""
    rows = [[scene.shown(cell) for cell in row] for row in VIEWS[name](tables, fresh, scene)]
    columns = list(zip(*rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    right = [_is_number(column[-1]) for column in columns]
    return ["  ".join(map(_aligned, row, widths, right)).rstrip() for row in rows]


def _is_number(cell: str) -> bool:
    return cell == "-" or cell.replace(",", "").replace(".", "").isdigit()


def _aligned(cell: str, width: int, right: bool) -> str:
    return cell.rjust(width) if right else cell.ljust(width)
