"""A company's own journal balances, agrees with its statements to the cent, and is put on the accounts that its map names."""

import csv
import io
import tomllib
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.clock import from_us
from settlement.errors import CoalitionError
from settlement.exports.own_accounts import ROLES, default_map, read_map
from settlement.exports.own_books import COLUMNS, own_journal, to_csv
from settlement.exports.own_journal import (
    OWED,
    OWES,
    DayPart,
    Move,
    Part,
    charges_moves,
    day_moves,
    discharged_by,
    liability_moves,
    settlement_moves,
)
from settlement.exports.texts import Books
from settlement.house.records import POOL
from settlement.ledger.memory import load_house
from settlement.money import micros_per_minor
from settlement.reporting.liability import liability
from settlement.reporting.moment import moment_of
from settlement.statements.purposes import PURPOSES, Charge

NAMED = read_map(default_map())
amounts = st.integers(0, 10**9)
parts = st.builds(
    Part, st.sampled_from([OWES, OWED]), st.sampled_from(PURPOSES), st.booleans(), st.builds(Charge, amounts)
)


def balance(moves: list[Move], role: str) -> int:
    """Debits less credits."""
    return sum(move.amount * ((move.debit == role) - (move.credit == role)) for move in moves)


@given(st.lists(parts), amounts, amounts)
def test_each_side_adds_up_to_its_total(found: list[Part], owes: int, owed: int) -> None:
    moves = list(charges_moves("1", found, {OWES: owes, OWED: owed}, 2))
    assert (balance(moves, OWES), balance(moves, OWED)) == (-owes, owed)
    assert all(move.amount > 0 and move.debit != move.credit for move in moves)
    assert {role for move in moves for role in (move.debit, move.credit)} <= ROLES.keys()


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9), st.lists(parts))
def test_the_liability_ends_where_it_is(before: int, after: int, found: list[Part]) -> None:
    moves = list(charges_moves("1", found, {OWES: 0, OWED: 0}, 2))
    moves += liability_moves("1", before, after, discharged_by(moves))
    assert before - balance(moves, "points_liability") == after


@given(amounts, amounts)
def test_a_settlement_leaves_what_is_to_be_paid(owes: int, owed: int) -> None:
    moves = list(settlement_moves("1", owes, owed))
    assert balance(moves, "settlement") == owed - owes
    assert (balance(moves, OWES), balance(moves, OWED)) == (owes, -owed)


def test_after_each_cycle_the_accounts_stand_where_statement_and_lots_do(books: Books) -> None:
    house = load_house(books.connection)
    for partner in sorted(house.partners.keys() - {house.operator}):
        moves: list[Move] = []
        for cycle in range(1, house.open_cycle):
            told, more = own_journal(books.connection, partner, cycle)
            moves += more
            assert balance(moves, OWES) + balance(moves, OWED) == -told.closing_minor
            lines = liability(books.connection, moment_of(books.connection, f"cycle:{cycle}"))
            micros = sum(line.money_micros for line in lines if line.funder == partner)
            worth = 0 if house.founded.model == POOL else micros // micros_per_minor(2)
            assert balance(moves, "points_liability") == -worth
            assert "other" not in {role for move in more for role in (move.debit, move.credit)}


days = st.dates(date(2026, 11, 1), date(2026, 11, 5))
day_parts = st.builds(DayPart, days, st.sampled_from(["cinema", "grocer"]), parts)


@given(
    st.lists(day_parts),
    st.fixed_dictionaries(dict.fromkeys(["cinema", "grocer"], st.tuples(amounts, amounts))),
)
def test_days_add_up_to_what_is_told_of_each_counterparty(
    found: list[DayPart], told: dict[str, tuple[int, int]]
) -> None:
    totals = {
        (other, side): each
        for other, both in told.items()
        for side, each in zip((OWES, OWED), both, strict=True)
    }
    moves = list(day_moves(7, found, totals, 2))
    for other, (owes, owed) in told.items():
        own = [move for move in moves if move.text.endswith(f"with {other}")]
        assert (balance(own, OWES), balance(own, OWED)) == (-owes, owed)
    whole = list(charges_moves("7", [each.part for each in found], {OWES: 0, OWED: 0}, 2))
    assert all((move.day is None) == ("rounding" in (move.debit, move.credit)) for move in moves)
    for role in ROLES.keys() - {"rounding", OWES, OWED}:
        assert abs(balance(moves, role) - balance(whole, role)) <= len(found)


def test_books_by_day_are_those_of_the_cycle_and_the_statement(books: Books) -> None:
    house = load_house(books.connection)
    for cycle in range(1, house.open_cycle):
        for partner in sorted(house.partners.keys() - {house.operator}):
            told, at_once = own_journal(books.connection, partner, cycle)
            _, moves = own_journal(books.connection, partner, cycle, by_day=True)
            assert balance(moves, OWES) == balance(at_once, OWES)
            assert balance(moves, OWED) == balance(at_once, OWED)
            assert balance(moves, "points_liability") == balance(at_once, "points_liability")
            for line in told.lines:
                own = [move for move in moves if move.text.endswith(f" with {line.counterparty}")]
                assert balance(own, OWES) == -line.owes.amount_minor
                assert balance(own, OWED) == line.owed.amount_minor
            closed_on = from_us(told.book.closed_at_us).date()
            assert all(move.day is None or move.day <= closed_on for move in moves)
            written = list(csv.DictReader(io.StringIO(to_csv(told, moves, NAMED))))
            for document in {row["document"] for row in written}:
                rows = [row for row in written if row["document"] == document]
                sums = [sum(Decimal(row[side] or 0) for row in rows) for side in ("debit", "credit")]
                assert sums[0] == sums[1] > 0
                assert len({row["date"] for row in rows}) == 1


def test_the_csv_has_two_lines_for_each_posting(books: Books) -> None:
    house = load_house(books.connection)
    if house.open_cycle == 1:
        pytest.skip("no cycle is closed here")
    told, moves = own_journal(books.connection, "bakery", 1)
    rows = list(csv.DictReader(io.StringIO(to_csv(told, moves, NAMED | {"points_cost": "=4711"}))))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 2 * len(moves)
    for debit, credit in zip(rows[::2], rows[1::2], strict=True):
        assert debit["debit"] == credit["credit"] != ""
        assert debit["credit"] == credit["debit"] == ""
    assert {row["account"] for row in rows if row["role"] == "points_cost"} <= {"'=4711"}


@pytest.mark.parametrize(
    ("partner", "cycle", "reason"),
    [
        ("nobody", 1, "PARTNER_NOT_FOUND"),
        ("operator", 1, "PARTNER_NOT_FOUND"),
        ("bakery", 99, "CYCLE_NOT_FOUND"),
        ("bakery", 0, "CYCLE_NOT_FOUND"),
    ],
)
def test_what_has_no_journal_is_told(books: Books, partner: str, cycle: int, reason: str) -> None:
    if reason == "PARTNER_NOT_FOUND" and load_house(books.connection).open_cycle == 1:
        pytest.skip("no cycle is closed here")
    name = load_house(books.connection).operator if partner == "operator" else partner
    with pytest.raises(CoalitionError) as raised:
        own_journal(books.connection, name, cycle)
    assert raised.value.reason == reason


def test_the_map_that_is_written_can_be_read() -> None:
    assert list(NAMED) == list(ROLES)
    assert tomllib.loads(default_map()) == NAMED


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("due_to_network = 1 2\n", "line 1"),
        (default_map() + "more = 'x'\n", "'more' is no role"),
        (default_map().replace("'fees'", "7"), "fees is an account's name"),
        (default_map().replace("'fees'", "''"), "fees is an account's name"),
        (default_map().replace("'fees'", '"a\\nb"'), "fees is an account's name"),
        (default_map().replace("'fees'", f"'{'x' * 81}'"), "at most 80"),
        (default_map().replace("fees = 'fees'\n", ""), "no account is named for fees"),
        ("[accounts]\nfees = 'x'\n", "'accounts' is no role"),
    ],
)
def test_a_map_that_is_wrong_is_told_where(text: str, said: str) -> None:
    with pytest.raises(CoalitionError) as raised:
        read_map(text)
    assert raised.value.reason == "MAP_INVALID"
    assert said in raised.value.message
