"""Parquet tables hold what the books hold, in exact types."""

from decimal import Decimal
from pathlib import Path

import pytest

from settlement.exports.accounts import exported
from settlement.exports.texts import Books
from settlement.ledger.memory import load_house
from settlement.reporting.matrix import open_debts
from settlement.reporting.moment import now
from settlement.statements.build import statements
from settlement.statements.reading import read_cycle_book
from tests.settlement.exports.test_texts import expected, silent

pa = pytest.importorskip("pyarrow", reason="the extra `parquet` is not installed")


@pytest.fixture
def tables(books: Books, tmp_path: Path) -> dict[str, list[dict[str, object]]]:
    """Each table's rows."""
    import pyarrow.parquet as pq

    from settlement.exports.tables import write_tables

    paths = write_tables(books, tmp_path, silent)
    first = [path.read_bytes() for path in paths]
    assert [path.read_bytes() for path in write_tables(books, tmp_path, silent)] == first, "the same bytes"
    return {path.stem: pq.read_table(path).to_pylist() for path in paths}


def test_transfers_add_up_to_the_trial_balance(
    books: Books, tables: dict[str, list[dict[str, object]]]
) -> None:
    sums: dict[tuple[str, str], Decimal] = {}
    for row in tables["transfers"]:
        assert isinstance(row["amount"], Decimal)
        for side, sign in (("debit", 1), ("credit", -1)):
            key = exported(str(row[side])), str(row["asset"])
            sums[key] = sums.get(key, Decimal(0)) + sign * row["amount"]
    assert {key: amount for key, amount in sums.items() if amount} == expected(books)


def test_entries_are_all_there_with_their_times(
    books: Books, tables: dict[str, list[dict[str, object]]]
) -> None:
    rows = books.connection.execute(
        "SELECT shard, index, to_timestamp(recorded_at_us::numeric / 1000000), kind, leaf_hash FROM entries ORDER BY 1, 2"
    ).fetchall()
    found = [
        (row["shard"], row["entry_number"], row["recorded_at"], row["kind"], row["leaf_hash"])
        for row in tables["entries"]
    ]
    assert found == rows
    acts = {row["act_id"] for row in tables["entries"] if row["act_id"] is not None}
    assert acts == {str(act) for (act,) in books.connection.execute("SELECT act_id FROM acts")}


def test_obligations_and_statement_lines_are_those_of_the_books(
    books: Books, tables: dict[str, list[dict[str, object]]]
) -> None:
    house = load_house(books.connection)
    owed: dict[tuple[object, object], Decimal] = {}
    for row in tables["obligations"]:
        pair = (row["debtor"], row["creditor"])
        owed[pair] = owed.get(pair, Decimal(0)) + Decimal(str(row["amount"]))
    if not any(settlement.approved for settlement in house.settlements.values()):
        open_now = open_debts(books.connection, now(books.connection))
        assert owed == {pair: Decimal(micros).scaleb(-6) for pair, micros in open_now.items()}
    lines = {
        (row["cycle"], row["partner"], row["counterparty"]): (row["owes"], row["owed"], row["owes_postings"])
        for row in tables["statement_lines"]
    }
    assert lines == {
        (cycle, told.partner, line.counterparty): (
            Decimal(line.owes.amount_minor).scaleb(-2),
            Decimal(line.owed.amount_minor).scaleb(-2),
            line.owes.count,
        )
        for cycle in range(1, house.open_cycle)
        for told in statements(read_cycle_book(books.connection, house, cycle))
        for line in told.lines
    }
