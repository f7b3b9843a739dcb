"""A company's own journal of a closed cycle, read from the books, and its CSV (RFC 4180): two lines for each posting.

It costs the cycle, and the entries since the close before it, from which the liability for points as it stood then follows.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date

from psycopg import Connection
from psycopg.rows import TupleRow

from settlement.clock import from_us
from settlement.errors import CoalitionError
from settlement.exports.own_accounts import OwnAccounts
from settlement.exports.own_days import day_parts
from settlement.exports.own_journal import (
    OWED,
    OWES,
    Move,
    Part,
    charges_moves,
    day_moves,
    discharged_by,
    liability_moves,
    settlement_moves,
)
from settlement.house.records import POOL
from settlement.house.state import House
from settlement.ledger.memory import load_house
from settlement.money import format_minor, micros_per_minor
from settlement.reporting.liability import liability
from settlement.reporting.moment import house_then, moment_of
from settlement.spreadsheets import safe_text
from settlement.statements.build import Statement, statement
from settlement.statements.cyclebook import with_house
from settlement.statements.every_cycle import owed_by_cycle
from settlement.statements.purposes import Charge, charges_of
from settlement.statements.reading import money_within, read_cycle_book

COLUMNS = ("date", "document", "account", "role", "debit", "credit", "currency", "text")


def own_journal(
    connection: Connection[TupleRow], partner: str, cycle: int, *, by_day: bool = False
) -> tuple[Statement, list[Move]]:
    """The company's statement of a closed cycle and what it books for it: charges at the close, or by day and counterparty.

    CoalitionError PARTNER_NOT_FOUND (also: the operator, whose books the ledger is), CYCLE_NOT_FOUND, CYCLE_NOT_CLOSED.
    """
    house = load_house(connection)
    if partner == house.operator:
        message = "the operator's books are the ledger itself: export that"
        raise CoalitionError("PARTNER_NOT_FOUND", message, field="partner")
    told = statement(read_cycle_book(connection, house, cycle), partner)
    moves = list(_by_day(connection, house, told) if by_day else _at_the_close(connection, house, told))
    if house.founded.model != POOL:
        worth = [_worth_minor(connection, house, partner, at) for at in (cycle - 1, cycle)]
        moves += liability_moves(f"{cycle}-points", worth[0], worth[1], discharged_by(moves))
    return told, [*moves, *_settlements(connection, house, partner, cycle)]


def to_csv(told: Statement, moves: list[Move], accounts: OwnAccounts) -> str:
    """The moves as CSV; a name that a spreadsheet would take for a formula is led by an apostrophe."""
    book = told.book
    closed_on = _closed_on(told)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for move in moves:
        amount = format_minor(move.amount, minor_digits=book.minor_digits)
        for role, sides in ((move.debit, (amount, "")), (move.credit, ("", amount))):
            named = (move.day or closed_on, move.document, safe_text(accounts[role]), role)
            writer.writerow((*named, *sides, book.currency, move.text))
    return text.getvalue()


def _at_the_close(connection: Connection[TupleRow], house: House, told: Statement) -> Iterator[Move]:
    totals = {OWES: told.owes.amount_minor, OWED: told.owed.amount_minor}
    document, parts = f"{told.book.cycle}-charges", _parts(connection, house, told)
    return charges_moves(document, parts, totals, house.founded.minor_digits)


def _by_day(connection: Connection[TupleRow], house: House, told: Statement) -> Iterator[Move]:
    totals = {
        (line.counterparty, side): owed.amount_minor
        for line in told.lines
        for side, owed in ((OWES, line.owes), (OWED, line.owed))
    }
    ranges = with_house(house, told.book.cycle, told.book.ranges)
    parts = day_parts(connection, house, ranges, told.partner, last=_closed_on(told))
    return day_moves(told.book.cycle, parts, totals, house.founded.minor_digits)


def _closed_on(told: Statement) -> date:
    return from_us(told.book.closed_at_us).date()


def _parts(connection: Connection[TupleRow], house: House, told: Statement) -> list[Part]:
    rows = list(money_within(connection, house, with_house(house, told.book.cycle, told.book.ranges)))
    parts = []
    for is_own in (True, False):
        sums = [row for row in rows if (row[0][1] == told.partner) is is_own]
        for (debtor, creditor), charges in charges_of(sums, operator=house.operator).items():
            for side, name in ((OWES, debtor), (OWED, creditor)):
                if name == told.partner:
                    parts += [Part(side, purpose, is_own, charge) for purpose, charge in charges.items()]
    return _together(parts)


def _together(parts: list[Part]) -> list[Part]:
    """One part for each side, purpose and asker, in order."""
    sums: dict[tuple[str, str, bool], Charge] = {}
    for part in parts:
        key = (part.side, part.purpose, part.is_own)
        had = sums.get(key, Charge())
        sums[key] = Charge(had.micros + part.charge.micros, had.count + part.charge.count)
    return [Part(*key, charge) for key, charge in sorted(sums.items())]


def _worth_minor(connection: Connection[TupleRow], house: House, partner: str, cycle: int) -> int:
    """What the company's points and value were worth at the close of a cycle; nothing before the first."""
    if cycle < 1:
        return 0
    lines = liability(connection, moment_of(connection, f"cycle:{cycle}"))
    micros = sum([line.money_micros for line in lines if line.funder == partner])
    return micros // micros_per_minor(house.founded.minor_digits)


def _settlements(connection: Connection[TupleRow], house: House, partner: str, cycle: int) -> list[Move]:
    """Those that were approved between the close before and this one."""
    before = _approved(connection, cycle - 1)
    new = {number: of for number, of in _approved(connection, cycle).items() if number not in before}
    owed = dict(owed_by_cycle(connection, house.founded.minor_digits)) if new else {}
    moves: list[Move] = []
    for number, of in sorted(new.items()):
        owes = sum([each.amount_minor for (debtor, _), each in owed[of].items() if debtor == partner])
        claims = sum([each.amount_minor for (_, creditor), each in owed[of].items() if creditor == partner])
        moves += settlement_moves(f"{cycle}-settlement-{number}", owes, claims)
    return moves


def _approved(connection: Connection[TupleRow], cycle: int) -> Mapping[int, int]:
    """Settlements approved by the close of a cycle, and which cycle each discharges."""
    if cycle < 1:
        return {}
    settlements = house_then(connection, moment_of(connection, f"cycle:{cycle}")).settlements
    return {number: each.cycle for number, each in settlements.items() if each.approved}
