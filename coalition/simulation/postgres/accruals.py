"""What the statements answer that sum up obligations, and which sums they keep."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from coalition.simulation.postgres.tables import Rows, Transaction

if TYPE_CHECKING:
    from coalition.simulation.postgres.session import Postgres

_Sums = dict[tuple[str, str], list[int]]
_Key = tuple[int, int, str, str]


def accrued(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """What accrued before and in a cycle, by pair."""
    return [(*pair, *sums) for pair, sums in _sums(server, parameters["cycle"]).items()]


def accrued_by(server: "Postgres", transaction: Transaction, parameters: Any) -> Rows:
    """The same of one debtor."""
    return [row for row in accrued(server, transaction, parameters) if row[0] == parameters["debtor"]]


def figures(server: "Postgres", _transaction: Transaction, parameters: Any) -> Rows:
    """By participant its net; gross and bilateral of each pair at the first of the two."""
    unit = parameters["unit"]
    parts: dict[str, Counter[str]] = {}
    pairs: dict[tuple[str, str], Counter[str]] = {}
    for (debtor, creditor), (before, within, _) in _sums(server, parameters["cycle"]).items():
        if within:
            amount = (before + within) // unit - before // unit
            first, second = sorted((debtor, creditor))
            pairs.setdefault((first, second), Counter())["gross"] += amount
            pairs[first, second]["net"] += amount if debtor == first else -amount
    for (first, second), of_pair in pairs.items():
        one, other = parts.setdefault(first, Counter()), parts.setdefault(second, Counter())
        one["gross"] += of_pair["gross"]
        one["bilateral"] += abs(of_pair["net"])
        one["net"] += of_pair["net"]
        other["net"] -= of_pair["net"]
    return [(name, part["gross"], part["bilateral"], part["net"]) for name, part in parts.items()]


def keep(server: "Postgres", transaction: Transaction, parameters: Any) -> Rows:
    """Keeps a cycle's sums, unless few obligations came to them since the last ones that are kept."""
    cycle = parameters["cycle"]
    fell = len(_fallen_since(server, _since(server, cycle), cycle))
    sums = {pair: before + within for pair, (before, within, _) in _sums(server, cycle).items()}
    if sums and 2 * fell >= len(sums):
        transaction.changes.append(lambda tables: tables.accrued.update({cycle: sums}))
    return ()


def _since(server: "Postgres", cycle: int) -> int:
    """The newest cycle before this one of which the sums are kept."""
    return max((kept for kept in server.tables.accrued if kept < cycle), default=0)


def _fallen_since(server: "Postgres", since: int, cycle: int) -> list[_Key]:
    """The keys of the obligations of all cycles after the one, up to the other."""
    index = server.tables.obligations_in
    return [key for fell_into in range(since + 1, cycle + 1) for key in index.get(fell_into, ())]


def _sums(server: "Postgres", cycle: int) -> _Sums:
    """By pair: micros before the cycle and in it, and the postings in it."""
    tables, since = server.tables, _since(server, cycle)
    sums: _Sums = {pair: [amount, 0, 0] for pair, amount in tables.accrued.get(since, {}).items()}
    for key in _fallen_since(server, since, cycle):
        amount, count = tables.obligations[key]
        _, fell_into, debtor, creditor = key
        pair = sums.setdefault((debtor, creditor), [0, 0, 0])
        pair[0] += amount if fell_into < cycle else 0
        pair[1] += amount if fell_into == cycle else 0
        pair[2] += count if fell_into == cycle else 0
    return sums
