"""Lines of a bank statement: which legs they confirm, what they post, and what stays as a break."""

from dataclasses import replace
from datetime import date

from settlement.banking.acts import BankLine, ImportBankStatement
from settlement.banking.identifiers import creditor_reference, end_to_end_id
from settlement.clearing.decide import decide_desk
from settlement.house.records import Settlement
from settlement.house.security import Default, Waterfall
from settlement.house.state import House
from settlement.journal.acts import Draft
from settlement.journal.leaf import HOUSE, Transfer
from tests.settlement.banking.accounts import an_account
from tests.support.pure_acts import NETWORK, OPERATOR, T0_US, act, as_entry, house_of

LEGS = {"bakery": 900, "cinema": -200, "grocer": -300, OPERATOR: -400}
OWN, GROCERS = an_account(9), an_account(3)
DAY = date(2026, 11, 30)
CENT = 10_000


def house() -> House:
    found = house_of("bakery", "cinema", "grocer")
    found.put_settlement(Settlement(1, 1, "00" * 32, "bob", T0_US, LEGS, T0_US, approved_at=9))
    found.accounts |= {OPERATOR: OWN, "grocer": GROCERS}
    return found


def ask(on: House, *lines: BankLine, name: str = "A", iban: str = OWN.iban) -> Draft:
    """Decides and applies one import."""
    draft = decide_desk(on, {}, act(OPERATOR, ImportBankStatement(iban, name, lines)), T0_US)
    on.apply(as_entry(draft, shard=HOUSE, index=on.size, house=on.size))
    return draft


def line(entry: str, amount: int, **said: str) -> BankLine:
    return BankLine(entry, amount, DAY, **said)


def by_id(entry: str, amount: int, participant: str) -> BankLine:
    return line(entry, amount, end_to_end_id=end_to_end_id(NETWORK.origin, 1, participant))


def test_lines_confirm_the_legs_that_they_pay() -> None:
    on = house()
    said = creditor_reference(NETWORK.origin, 1, "cinema")
    lines = (by_id("1", 900, "bakery"), line("2", -200, remittance=said), line("3", -300, iban=GROCERS.iban))
    draft = ask(on, *lines)
    assert draft.refusal is None
    assert draft.transfers == (
        Transfer("bank", "settling:1:bakery", "EUR", 900 * CENT),
        Transfer("settling:1:cinema", "bank", "EUR", 200 * CENT),
        Transfer("settling:1:grocer", "bank", "EUR", 300 * CENT),
    )
    assert on.settlements[1].paid == {"bakery", "cinema", "grocer"}
    assert on.breaks == {}


def test_what_pays_no_leg_stands_in_suspense_and_says_why() -> None:
    on = house()
    lines = (
        by_id("1", 899, "bakery"),
        by_id("2", -200, "cinema"),
        by_id("3", -200, "cinema"),
        line("4", -7),
        by_id("5", -400, OPERATOR),
    )
    draft = ask(on, *lines)
    assert on.settlements[1].paid == on.settlements[1].paid_by_line == {"cinema"}
    found = {each.amount_minor: (each.why, each.participant) for each in on.breaks.values()}
    assert found == {
        899: ("amount", "bakery"),
        -200: ("paid", "cinema"),
        -7: ("unknown", None),
        -400: ("unknown", None),
    }
    suspended = [post for post in draft.transfers if "suspense" in (post.debit, post.credit)]
    assert suspended[0] == Transfer("bank", "suspense", "EUR", 899 * CENT)
    assert suspended[1] == Transfer("suspense", "bank", "EUR", 200 * CENT)
    assert all(each.at == draft_index(on) and each.booked_on == DAY for each in on.breaks.values())


def draft_index(on: House) -> int:
    """The newest entry."""
    return on.size - 1


def test_the_same_line_is_taken_in_once() -> None:
    on = house()
    paid = by_id("1", 900, "bakery")
    assert ask(on, paid).refusal is None
    again = ask(on, line("2", 5), paid)
    assert (again.refusal, again.transfers, len(on.breaks)) == ("STATEMENT_KNOWN", (), 0), "all lines or none"
    assert ask(on, line("1", 5), name="B").refusal is None, "another statement has its own entries"


def test_only_the_operators_own_account_is_read() -> None:
    on = house()
    assert ask(on, line("1", 5), iban=GROCERS.iban).refusal == "ACCOUNT_MISSING"
    del on.accounts[OPERATOR]
    assert ask(on, line("1", 5)).refusal == "ACCOUNT_MISSING"


def test_a_settlement_that_is_not_approved_is_not_paid() -> None:
    on = house()
    on.put_settlement(replace(on.settlements[1], approved_at=None))
    ask(on, by_id("1", 900, "bakery"))
    assert [each.why for each in on.breaks.values()] == ["unknown"]
    assert on.settlements[1].paid == frozenset()


def test_after_a_default_a_leg_is_paid_with_what_is_left_of_it_and_one_that_is_over_not_at_all() -> None:
    on = house()
    fall = Waterfall(900, 550, 0, 0, {"cinema": 50, "grocer": 300}, 0)
    default = Default("ab" * 32, 1, "bakery", fall, "ann", T0_US, 8)
    on.put_settlement(replace(on.settlements[1], defaults={"bakery": default}))
    lines = [by_id("1", 900, "bakery"), by_id("2", -300, "grocer"), by_id("3", -150, "cinema")]
    ask(on, *lines, by_id("4", -200, "cinema"))
    assert on.settlements[1].paid == frozenset({"cinema"})
    assert [(each.participant, each.why) for each in on.breaks.values()] == [
        ("bakery", "paid"),
        ("grocer", "paid"),
        ("cinema", "paid"),
    ]


def test_a_line_that_pays_the_last_leg_ends_what_may_fall_overdue() -> None:
    on = house()
    assert on.unsettled == (1,)
    on.put_settlement(replace(on.settlements[1], paid=frozenset({"cinema", "grocer", OPERATOR})))
    ask(on, by_id("1", 900, "bakery"))
    assert on.settlements[1].settled
    assert not on.unsettled
