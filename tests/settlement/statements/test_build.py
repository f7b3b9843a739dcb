"""Statements of one cycle agree with each other and with the cycle."""

import pytest
from hypothesis import given

from settlement.clearing.netting import net
from settlement.errors import CoalitionError
from settlement.journal.leaf import Transfer
from settlement.money import micros_per_minor
from settlement.statements.build import Line, participants, statement, statements
from settlement.statements.cyclebook import Activity, CycleBook, Owed, Tally, activity_of, points_leg
from settlement.statements.purposes import Charge
from tests.settlement.statements.books import GOLDEN, NAMES, cycle_books

FOR_ACME = {
    "reimbursement": Charge(1_234_563_400, 11),
    "interchange": Charge(3_000, 1),
    "carried": Charge(-6_400),
}
FOR_CAFE = {"reimbursement": Charge(3_300, 1), "carried": Charge(-3_300)}


def test_a_golden_statement() -> None:
    told = statement(GOLDEN, "bakery")
    assert told.lines == (
        Line(
            "acme",
            "Acme Stores",
            Owed(123_456, 12),
            Owed(50, 1),
            FOR_ACME,
            {"interchange": Charge(500_000, 1)},
        ),
        Line("cafe", "Cafe", Owed(0, 1), Owed(0, 0), FOR_CAFE, {}),
    )
    assert told.owes_for == {
        "reimbursement": Charge(1_234_566_700, 12),
        "interchange": Charge(3_000, 1),
        "carried": Charge(-9_700),
    }
    assert (told.opening_minor, told.settled_minor, told.net_minor, told.closing_minor) == (
        500,
        450,
        123_406,
        123_456,
    )
    assert [(each.partner, each.outcome) for each in statements(GOLDEN)] == [
        ("acme", "is paid"),
        ("bakery", "pays"),
        ("cafe", "nothing due"),
    ]


@given(cycle_books())
def test_the_nets_of_all_statements_sum_to_zero(book: CycleBook) -> None:
    assert sum(told.net_minor for told in statements(book)) == 0


@given(cycle_books())
def test_the_nets_are_those_of_netting(book: CycleBook) -> None:
    nets = net({pair: owed.amount_minor for pair, owed in book.obligations.items()}).nets
    assert {told.partner: told.net_minor for told in statements(book)} == dict.fromkeys(
        participants(book), 0
    ) | nets


@given(cycle_books())
def test_what_one_owes_the_other_is_owed(book: CycleBook) -> None:
    sides = {(told.partner, line.counterparty): line for told in statements(book) for line in told.lines}
    for (partner, counterparty), line in sides.items():
        mirror = sides[counterparty, partner]
        assert (line.owes, line.owed, line.net_minor) == (mirror.owed, mirror.owes, -mirror.net_minor)
        assert (line.owes_for, line.owed_for) == (mirror.owed_for, mirror.owes_for)


@given(cycle_books())
def test_the_lines_make_the_totals_and_the_totals_make_the_closing_position(book: CycleBook) -> None:
    for told in statements(book):
        assert told.net_minor == sum(line.net_minor for line in told.lines)
        assert told.owes.count == sum(line.owes.count for line in told.lines)
        micros = told.owes.amount_minor * micros_per_minor(book.minor_digits)
        assert micros == sum(charge.micros for charge in told.owes_for.values())
        settled = book.settled.get(told.partner, 0)
        assert told.closing_minor == book.opening.get(told.partner, 0) - settled + told.net_minor


@given(cycle_books())
def test_a_statement_alone_is_the_same_as_among_all(book: CycleBook) -> None:
    assert [statement(book, partner) for partner in participants(book)] == list(statements(book))


@given(cycle_books())
def test_everybody_concerned_gets_one_statement_and_nobody_else(book: CycleBook) -> None:
    concerned = {
        name
        for name in NAMES
        if any(name in pair for pair in book.obligations)
        or name in book.activity
        or name in book.value
        or book.opening.get(name)
        or book.settled.get(name)
    }
    assert [told.partner for told in statements(book)] == sorted(concerned)


def test_a_partner_without_a_cycle_has_a_statement_of_zeros() -> None:
    told = statement(GOLDEN, "dairy")
    assert (told.lines, told.closing_minor, told.outcome) == ((), 0, "nothing due")


def test_a_stranger_has_no_statement() -> None:
    with pytest.raises(CoalitionError) as raised:
        statement(GOLDEN, "nobody")
    assert raised.value.reason == "PARTNER_NOT_FOUND"


def test_postings_of_points_are_told_apart_by_their_direction() -> None:
    issue = Transfer("issued:acme", "wallet:m", "PTS", 10)
    redeem = Transfer("wallet:m", "redeemed:bakery", "PTS", 4)
    money = Transfer("position:acme", "position:bakery", "EUR", 40_000)
    owed = Transfer("arrears:m:acme", "issued:acme", "PTS", 3)
    repaid = Transfer("wallet:m", "arrears:m:acme", "PTS", 2)
    sent = Transfer("wallet:m", "transit:1:2", "PTS", 5)  # still the issuer's: neither spent nor gone
    arrived = Transfer("transit:1:2", "wallet:r", "PTS", 5)
    sold = Transfer("issued:acme", "wallet:m", "VAL", 2_500)
    undone = [issue.inverse(), redeem.inverse()]
    postings = [issue, issue, redeem, money, sent, arrived, *undone, owed, repaid, sold]
    legs = [leg for leg in map(points_leg, postings) if leg is not None]
    found = activity_of(legs)
    assert found["VAL"] == {"acme": Activity(issued=Tally(2_500, 1))}
    assert found["PTS"] == {
        "acme": Activity(
            issued=Tally(20, 2),
            issues_reversed=Tally(10, 1),
            arrears_made=Tally(3, 1),
            arrears_repaid=Tally(2, 1),
        ),
        "bakery": Activity(redeemed=Tally(4, 1), redemptions_reversed=Tally(4, 1)),
    }
