"""Who is paid where: the rules on accounts and payment files, and what the house remembers of them."""

from dataclasses import replace

import pytest

from settlement.banking.acts import ApproveAccount, Instruct, ProposeAccount
from settlement.banking.instructing import payments_of
from settlement.banking.pain001 import AMOUNT_MAX_MINOR, read_pain001
from settlement.clearing.acts import AbortSettlement
from settlement.clearing.decide import decide_desk
from settlement.house.bank_account import BankAccount, parse_account
from settlement.house.banking import account_sha256
from settlement.house.four_eyes import PROPOSAL_LIFE_US
from settlement.house.records import APPROVER, SUSPENDED, Key, Settlement
from settlement.house.security import Default, Waterfall
from settlement.house.state import House
from settlement.journal.acts import Draft
from settlement.journal.leaf import HOUSE
from tests.settlement.banking.accounts import an_account
from tests.support.pure_acts import NETWORK, OPERATOR, T0_US, act, as_entry, house_of, keyid_for

PEOPLE = ("ann", "bob")
LEGS = {"bakery": 500, "cinema": -200, "grocer": 0, OPERATOR: -300}
OLD, NEW = an_account(1, "Cinema"), an_account(2, "Cinema", bic="INGDDEFFXXX")


def house(**legs: int) -> House:
    """A network whose settlement 1 is approved."""
    found = house_of("bakery", "cinema", "grocer")
    for person in PEOPLE:
        found.keys[keyid_for(person)] = Key(
            keyid_for(person), "ed25519", APPROVER, OPERATOR, person, b"spki", 0
        )
    found.put_settlement(Settlement(1, 1, "00" * 32, "bob", T0_US, legs or LEGS, T0_US, approved_at=9))
    return found


def ask(on: House, who: str, body: object, *, at_us: int = T0_US) -> Draft:
    """Decides and applies one act."""
    asked = act(OPERATOR if who in PEOPLE else who, body, signer=who)
    draft = decide_desk(on, {}, asked, at_us)
    on.apply(as_entry(draft, shard=HOUSE, index=on.size, house=on.size, time_us=at_us))
    return draft


def approval(participant: str, account: BankAccount) -> ApproveAccount:
    return ApproveAccount(participant, account_sha256(NETWORK.origin, participant, account))


def in_force(on: House, participant: str, account: BankAccount) -> None:
    proposer = "bob" if participant == OPERATOR else participant
    assert ask(on, proposer, ProposeAccount(account)).refusal is None
    assert ask(on, "ann", approval(participant, account)).refusal is None


@pytest.mark.parametrize(
    "account", [OLD, NEW, replace(NEW, lei="213800KUD8LAJWSQ9D15"), replace(OLD, legal_name="A - B")]
)
def test_an_account_is_read_as_it_is_spelled(account: BankAccount) -> None:
    assert parse_account(account.line()) == account


def test_an_account_counts_when_another_person_approved_it() -> None:
    on = house()
    in_force(on, "cinema", OLD)
    ask(on, "cinema", ProposeAccount(NEW))
    assert on.accounts == {"cinema": OLD}
    assert ask(on, "ann", approval("cinema", OLD)).refusal == "PROPOSAL_UNKNOWN", "not the newest"
    assert ask(on, "ann", approval("bakery", NEW)).refusal == "PROPOSAL_UNKNOWN", "another's"
    late = T0_US + PROPOSAL_LIFE_US
    assert ask(on, "ann", approval("cinema", NEW), at_us=late + 1).refusal == "PROPOSAL_EXPIRED"
    assert ask(on, "ann", approval("cinema", NEW), at_us=late).refusal is None
    assert on.accounts == {"cinema": NEW} == on.fork().accounts
    assert ask(on, "ann", approval("cinema", NEW)).refusal == "ALREADY_APPROVED"


def test_the_operators_account_takes_two_people() -> None:
    on = house()
    assert ask(on, "ann", ProposeAccount(OLD)).refusal is None
    late = T0_US + PROPOSAL_LIFE_US
    assert ask(on, "ann", approval(OPERATOR, OLD), at_us=late + 1).refusal == "PROPOSAL_EXPIRED"
    assert ask(on, "ann", approval(OPERATOR, OLD), at_us=late).refusal == "SAME_PERSON"
    assert on.accounts == {}
    assert ask(on, "bob", approval(OPERATOR, OLD), at_us=late).refusal is None
    assert ask(on, "ann", approval(OPERATOR, OLD)).refusal == "ALREADY_APPROVED"
    assert on.accounts == {OPERATOR: OLD}


def test_a_partner_with_the_name_of_a_person_is_somebody_else() -> None:
    on, person = house(), keyid_for("a person named cinema")
    on.keys[person] = Key(person, "ed25519", APPROVER, OPERATOR, "cinema", b"spki", 0)
    ask(on, "cinema", ProposeAccount(OLD))
    asked = act(OPERATOR, approval("cinema", OLD), signer="a person named cinema")
    assert decide_desk(on, {}, asked, T0_US).refusal is None


def test_a_suspended_partner_names_no_account() -> None:
    on = house()
    on.partners["cinema"] = replace(on.partners["cinema"], state=SUSPENDED)
    assert ask(on, "cinema", ProposeAccount(OLD)).refusal == "PARTNER_SUSPENDED"
    assert on.account_proposals == {}


def test_files_are_made_once_for_those_whose_accounts_are_known() -> None:
    on = house()
    assert ask(on, OPERATOR, Instruct(2)).refusal == "SETTLEMENT_UNKNOWN"
    lacking = ask(on, OPERATOR, Instruct(1))
    assert (lacking.refusal, dict(lacking.lines)["subject"]) == ("ACCOUNT_MISSING", OPERATOR)
    in_force(on, OPERATOR, an_account(9, "Operator"))
    lacking = ask(on, OPERATOR, Instruct(1))
    assert (lacking.refusal, dict(lacking.lines)["subject"]) == ("ACCOUNT_MISSING", "cinema")
    in_force(on, "cinema", OLD)
    made = ask(on, OPERATOR, Instruct(1))
    assert (made.refusal, [kind for kind, _ in made.files]) == (None, ["pain.001.001.09", "csv"])
    [paid] = read_pain001(made.files[0][1]).transfers
    assert (paid.amount_minor, paid.to) == (200, OLD)
    again = ask(on, OPERATOR, Instruct(1))
    assert (again.refusal, again.files) == ("ALREADY_INSTRUCTED", ())

    ask(on, "cinema", ProposeAccount(NEW))
    ask(on, "ann", approval("cinema", NEW))
    on.put_settlement(replace(on.settlements[1], paid=frozenset({"cinema"})))
    files = payments_of(on.founded, on.instructions[1]).files()
    assert tuple([(file.kind, file.content) for file in files]) == made.files, "whatever came later"


def test_a_settlement_that_is_not_approved_is_not_paid() -> None:
    on = house()
    on.put_settlement(replace(on.settlements[1], approved_at=None))
    assert ask(on, OPERATOR, Instruct(1)).refusal == "NOT_APPROVED"


def test_what_is_paid_is_not_ordered_again() -> None:
    on = house(bakery=500, cinema=-200, grocer=-300)
    for number, name in enumerate((OPERATOR, "cinema", "grocer")):
        in_force(on, name, an_account(number))
    on.put_settlement(replace(on.settlements[1], paid=frozenset({"grocer"})))
    orders = read_pain001(ask(on, OPERATOR, Instruct(1)).files[0][1])
    assert [each.amount_minor for each in orders.transfers] == [200]


def test_a_payment_above_the_schemes_bound_stands_in_the_table_alone() -> None:
    dear = -AMOUNT_MAX_MINOR - 1
    on = house(bakery=-dear, cinema=dear)
    for name in (OPERATOR, "cinema"):
        in_force(on, name, an_account(5))
    [(kind, content)] = ask(on, OPERATOR, Instruct(1)).files
    assert (kind, b"1000000000.00" in content) == ("csv", True)


def test_another_currency_has_the_table_alone() -> None:
    on = house()
    on.network = replace(on.founded, currency="CHF")
    for name in (OPERATOR, "cinema"):
        in_force(on, name, an_account(5))
    assert [kind for kind, _ in ask(on, OPERATOR, Instruct(1)).files] == ["csv"]


def test_a_settlement_of_which_a_bank_was_told_is_not_aborted() -> None:
    on = house()
    for number, name in enumerate((OPERATOR, "cinema")):
        in_force(on, name, an_account(number))
    assert ask(on, OPERATOR, Instruct(1)).refusal is None
    assert ask(on, "ann", AbortSettlement(1)).refusal == "ALREADY_INSTRUCTED"


def test_only_what_is_left_of_a_leg_is_ordered() -> None:
    on = house(bakery=500, cinema=-200, grocer=-300)
    for number, name in enumerate((OPERATOR, "cinema", "grocer")):
        in_force(on, name, an_account(number))
    fall = Waterfall(500, 150, 0, 0, {"cinema": 50, "grocer": 300}, 0)
    default = Default("ab" * 32, 1, "bakery", fall, "ann", T0_US, 8)
    on.put_settlement(replace(on.settlements[1], defaults={"bakery": default}))
    made = ask(on, OPERATOR, Instruct(1))
    assert on.instructions[1].legs == {"cinema": -150}
    assert [each.amount_minor for each in read_pain001(made.files[0][1]).transfers] == [150]
