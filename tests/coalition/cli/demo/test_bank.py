"""The demo's bank books what it is told, its statements are read as they were meant, and its balances add up."""

from datetime import date
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from coalition.cli.demo.bank import (
    Bank,
    Booking,
    Payer,
    account_of,
    book_order,
    book_payers,
    book_stray,
    read_payers,
)
from coalition.cli.demo.camt053 import write_camt053
from coalition.cli.demo.stage import OPERATOR, ORIGIN
from settlement.banking.camt053 import BankStatement, read_camt053
from settlement.banking.identifiers import check_iban, creditor_reference, end_to_end_id
from settlement.banking.matching import OpenLeg, Why, match_lines
from settlement.banking.payment_files import CSV, Payments
from settlement.house.records import Network

NETWORK = Network(ORIGIN, "EUR", 2, 1, OPERATOR, "bilateral", practice=True)
DAY = date(2026, 11, 23)
AT_US = 1_795_000_000_000_000
STORES = st.integers(1, 10**9).map(lambda number: f"store-{number}")
LEGS = st.dictionaries(STORES, st.integers(-(10**9), 10**9).filter(bool), max_size=12)


def accounts(legs: dict[str, int]) -> dict[str, object]:
    return {name: account_of(name) for name in (OPERATOR, *legs)}


def booked(legs: dict[str, int], settlement: int = 1) -> list[Booking]:
    """What goes out and comes in, by the files that the operator's bank gets."""
    payments = Payments(NETWORK, settlement, legs, accounts(legs), AT_US)  # type: ignore[arg-type]
    files = {file.kind: file.content for file in payments.files()}
    order = files.get("pain.001.001.09")
    outgoing = [] if order is None else book_order(order, DAY)
    return [*outgoing, *book_payers(read_payers(files[CSV]), DAY)]


def open_legs(legs: dict[str, int], settlement: int = 1) -> list[OpenLeg]:
    """As the engine sees them."""
    return [
        OpenLeg(
            settlement,
            name,
            amount,
            end_to_end_id(ORIGIN, settlement, name),
            creditor_reference(ORIGIN, settlement, name),
            account_of(name).iban,
        )
        for name, amount in legs.items()
    ]


def written_and_read(statement: BankStatement) -> BankStatement:
    [read] = read_camt053(write_camt053(statement, DAY), currency="EUR", minor_digits=2)
    return read


@given(STORES, STORES)
def test_every_store_has_a_sound_account_of_its_own(one: str, other: str) -> None:
    assert check_iban(account_of(one).iban) == account_of(one).iban
    assert (account_of(one) == account_of(other)) == (one == other)
    assert account_of(OPERATOR).iban not in (account_of(one).iban, account_of(other).iban)


@given(LEGS)
def test_every_leg_is_booked_once_for_what_it_comes_to(legs: dict[str, int]) -> None:
    assert sorted(each.line.amount_minor for each in booked(legs)) == sorted(legs.values())


@given(LEGS)
def test_every_line_finds_its_leg_by_the_rule_that_it_was_written_for(legs: dict[str, int]) -> None:
    bookings = [*booked(legs), book_stray(DAY)]
    statement = written_and_read(Bank(account_of(OPERATOR), 0).state("2017-01", bookings))
    matches = match_lines(statement.lines, open_legs(legs))
    assert [match.rule for match in matches] == [each.rule for each in bookings]
    assert [match.leg.participant for match in matches[:-1] if match.leg] == [
        each.line.name.lower().replace(" ", "-") for each in bookings[:-1]
    ]
    assert matches[-1].why is Why.UNKNOWN


@given(st.integers(-(10**9), 10**9), st.lists(LEGS, min_size=1, max_size=4))
def test_each_statement_begins_where_the_last_one_ended_and_is_read_as_it_was_meant(
    balance: int, months: list[dict[str, int]]
) -> None:
    bank = Bank(account_of(OPERATOR), balance)
    stated = [bank.state(f"2017-{number:02d}", booked(legs)) for number, legs in enumerate(months, start=1)]
    assert list(map(written_and_read, stated)) == stated
    assert stated[0].opening_minor == balance
    assert all(last.closing_minor == following.opening_minor for last, following in pairwise(stated))
    assert bank.balance_minor == balance + sum(sum(legs.values()) for legs in months)
    entries = [line.entry for each in stated for line in each.lines]
    assert len(set(entries)) == len(entries)


def test_money_of_nobody_names_nobody() -> None:
    line = book_stray(DAY).line
    assert (line.amount_minor > 0, line.end_to_end_id, line.reference, line.iban) == (True, "", "", "")


def test_a_payer_is_read_from_the_table_that_was_made_for_the_bank() -> None:
    legs = {"store-7": 1_234, "store-8": -1_234}
    payments = Payments(NETWORK, 3, legs, accounts(legs), AT_US)  # type: ignore[arg-type]
    [payer] = read_payers(payments.files()[-1].content)
    names = end_to_end_id(ORIGIN, 3, "store-7"), creditor_reference(ORIGIN, 3, "store-7")
    assert payer == Payer("store-7", 1_234, *names, account_of("store-7"))
