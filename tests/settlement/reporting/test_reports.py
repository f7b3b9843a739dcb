"""Every report as of any moment is what the leaves up to it add up to, counted again entry by entry."""

from collections import defaultdict

import pytest
from psycopg import Connection
from psycopg.rows import TupleRow

from settlement.clearing.netting import Figures
from settlement.clock import format_time
from settlement.house.records import POOL
from settlement.journal.leaf import HOUSE
from settlement.ledger.chart import participant
from settlement.ledger.rules.expiry import months_after
from settlement.money import ASSETS, micros_per_minor
from settlement.reporting.breakage import breakage
from settlement.reporting.liability import AGES, liability
from settlement.reporting.matrix import cycle_debts, nets_of, open_debts, pair_lines
from settlement.reporting.moment import Moment, house_then, moment_of, now
from settlement.reporting.saving import savings
from settlement.reporting.trial import trial_balance
from settlement.statements.build import statements
from settlement.statements.reading import read_cycle_book
from tests.settlement.reporting.recount import Recount, by_house, by_time, entries_of, recounted

MOMENTS = 6
Books = Connection[TupleRow]
AsOf = tuple[Moment, Recount]


@pytest.fixture(scope="package")
def told() -> dict[str, list[tuple[str, Recount]]]:
    return {}


@pytest.fixture
def moments(books: Books, dsn: str, told: dict[str, list[tuple[str, Recount]]]) -> list[AsOf]:
    """Moments spread over the history, named in every way, the last one included, with what is counted up to each."""
    if dsn not in told:
        entries = entries_of(books)
        step = max(len(entries) // MOMENTS, 1)
        found = []
        for entry in [*entries[step::step], entries[-1]]:
            upto = recounted(entries, by_time(entry.time_us))
            found += [(f"{entry.shard}:{entry.index}", upto), (format_time(entry.time_us), upto)]
        sizes = [entry.index for entry in entries if entry.shard == HOUSE and entry.index][::3]
        found += [(f"house:{size}", recounted(entries, by_house(size))) for size in sizes]
        told[dsn] = found
    return [(moment_of(books, text), counted) for text, counted in told[dsn]]


def test_the_trial_balance_is_every_posting_up_to_the_moment(books: Books, moments: list[AsOf]) -> None:
    for moment, counted in moments:
        lines = trial_balance(books, moment, each_member=True)
        assert {(line.account, line.asset): [line.debits, line.credits] for line in lines} == counted.accounts
        together = trial_balance(books, moment)
        for asset in {line.asset for line in lines}:
            assert sum(line.balance for line in together if line.asset == asset) == 0
        assert not [line for line in together if line.account.count("-") >= 4]
        assert sum(line.debits for line in together) == sum(line.debits for line in lines)


def test_what_each_owes_by_the_matrix_is_its_position(books: Books, moments: list[AsOf]) -> None:
    for moment, counted in moments:
        operator = house_then(books, moment).operator
        positions: dict[str, int] = defaultdict(int)
        for (account, _), (debits, credited) in counted.accounts.items():
            name = participant(account, operator=operator)
            if name is not None:
                positions[name] += debits - credited
        nets = nets_of(open_debts(books, moment))
        assert {name: net for name, net in nets.items() if net} == {
            name: net for name, net in positions.items() if net
        }
        assert sum(nets.values()) == 0


def test_points_that_may_be_spent_are_those_of_open_lots_by_age(books: Books, moments: list[AsOf]) -> None:
    for moment, counted in moments:
        bounds = [months_after(moment.at_us, -months) for months in (3, 6, 12, 24)]
        expected: dict[tuple[str, str, str], int] = defaultdict(int)
        for lot in counted.open_lots():
            age = AGES[sum(lot.issued_at_us <= bound for bound in bounds)]
            expected[lot.funder, lot.asset, age] += lot.points
        lines = liability(books, moment)
        assert {(line.funder, line.asset, line.age): line.points for line in lines} == expected


def test_in_a_pool_the_fund_holds_the_money_of_the_points_less_that_of_arrears(
    books: Books, moments: list[AsOf]
) -> None:
    for moment, counted in moments:
        if house_then(books, moment).founded.model == POOL:
            fund = sum(
                credited - debits
                for (name, _), (debits, credited) in counted.accounts.items()
                if name == "fund"
            )
            money = sum(line.money_micros for line in liability(books, moment))
            owed = any(
                debits > credited
                for (name, _), (debits, credited) in counted.accounts.items()
                if name.startswith("arrears:")
            )
            assert (money == fund) is not owed, "what is owed was paid back already"


def test_what_became_of_each_month_is_counted_where_it_happened(books: Books, moments: list[AsOf]) -> None:
    for moment, counted in moments:
        expected: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for (asset, month, purpose, _), points in counted.months.items():
            expected[asset, month][purpose] += points
        found = {
            (asset, each.cohort.month): (each.cohort.issued, each.cohort.spent[-1], each.cohort.expired)
            for asset, of_asset in breakage(books, moment).items()
            for each in of_asset
        }
        assert found == {
            key: (sums["issued"], max(sums["spent"], 0), sums["expired"]) for key, sums in expected.items()
        }


def test_the_breakage_of_all_funders_is_the_whole(books: Books) -> None:
    moment = now(books)
    partners = house_then(books, moment).partners
    whole = breakage(books, moment)
    for asset in ASSETS:
        issued = sum(each.cohort.issued for each in whole.get(asset, ()))
        parts = [breakage(books, moment, funder=name).get(asset, ()) for name in partners]
        assert issued == sum(each.cohort.issued for part in parts for each in part)


def test_a_cycle_alone_is_what_its_statements_say(books: Books) -> None:
    house = house_then(books, now(books))
    per_minor = micros_per_minor(house.founded.minor_digits)
    saved = dict(savings(books, house))
    for number, cycle in house.cycles.items():
        if cycle in saved:
            told = list(statements(read_cycle_book(books, house, number)))
            debts = cycle_debts(books, house, number)
            expected = {
                (one.partner, line.counterparty): line.owes.amount_minor * per_minor
                for one in told
                for line in one.lines
            }
            assert {pair: amount for pair, amount in debts.items() if amount} == {
                pair: amount for pair, amount in expected.items() if amount
            }
            assert sum(line.owes + line.owed for line in pair_lines(debts)) == sum(expected.values())
            assert {one.partner: one.net_minor for one in told if one.lines} == saved[cycle].nets


def test_savings_are_those_of_closed_cycles_only(books: Books) -> None:
    house = house_then(books, now(books))
    saved = savings(books, house)
    assert [cycle.number for cycle, _ in saved] == list(range(1, house.open_cycle))
    assert all(isinstance(figures, Figures) for _, figures in saved)
