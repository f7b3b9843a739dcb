"""Matching: every line pays the leg that it names, each leg once, whatever the order."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.banking.acts import BankLine
from settlement.banking.identifiers import creditor_reference, end_to_end_id
from settlement.banking.matching import OpenLeg, Rule, Why, match_lines
from tests.settlement.banking.accounts import an_iban

DAY = date(2026, 11, 22)
NAMES = ("bakery", "cinema", "florist", "grocer", "hotel")


def leg(participant: str, amount: int, *, settlement: int = 1, paid: bool = False) -> OpenLeg:
    origin = "clearing.example/test"
    return OpenLeg(
        settlement,
        participant,
        amount,
        end_to_end_id(origin, settlement, participant),
        creditor_reference(origin, settlement, participant),
        an_iban(NAMES.index(participant)),
        paid,
    )


LEGS = [leg(name, amount) for name, amount in zip(NAMES, (500, 500, -700, 300, -600), strict=True)]
BAKERY = LEGS[0]


def line(**facts: object) -> BankLine:
    return replace(BankLine("A", 500, DAY), **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ({"end_to_end_id": BAKERY.end_to_end_id}, Rule.END_TO_END),
        ({"end_to_end_id": BAKERY.end_to_end_id.lower()}, Rule.END_TO_END),
        ({"reference": BAKERY.reference}, Rule.REFERENCE),
        ({"remittance": f"November {BAKERY.reference} thank you"}, Rule.REFERENCE),
        ({"remittance": f"{BAKERY.reference[:4]} {BAKERY.reference[4:8]} {BAKERY.reference[8:]}"}, Rule.REFERENCE),
        ({"remittance": f"for {BAKERY.end_to_end_id}"}, Rule.REFERENCE),
        ({"iban": BAKERY.iban}, Rule.IBAN),
    ],
)  # fmt: skip
def test_a_line_finds_its_leg(said: dict[str, str], rule: Rule) -> None:
    [match] = match_lines([line(**said)], LEGS)
    assert (match.leg, match.rule, match.why) == (BAKERY, rule, None)


def test_what_names_nothing_is_unknown() -> None:
    [match] = match_lines([line(iban=an_iban(99), remittance="RF00 nothing")], LEGS)
    assert (match.leg, match.why) == (None, Why.UNKNOWN)


@pytest.mark.parametrize("amount", [499, 501, -500, 1])
@pytest.mark.parametrize("field", ["end_to_end_id", "reference"])
def test_another_amount_pays_nothing_and_names_the_leg(amount: int, field: str) -> None:
    [match] = match_lines([line(amount_minor=amount, **{field: getattr(BAKERY, field)})], LEGS)
    assert (match.leg, match.rule, match.why) == (BAKERY, None, Why.AMOUNT)


def test_a_leg_is_paid_by_the_first_line_alone() -> None:
    lines = [line(entry=name, end_to_end_id=BAKERY.end_to_end_id) for name in ("A", "B")]
    first, second = match_lines(lines, LEGS)
    assert (first.rule, second.leg, second.why) == (Rule.END_TO_END, BAKERY, Why.PAID)


def test_a_leg_that_is_paid_already_is_not_paid_again() -> None:
    [match] = match_lines([line(end_to_end_id=BAKERY.end_to_end_id)], [leg("bakery", 500, paid=True)])
    assert (match.leg, match.rule, match.why) == (leg("bakery", 500, paid=True), None, Why.PAID)


def test_two_lines_of_one_account_and_amount_are_left_to_a_person() -> None:
    matches = match_lines([line(entry=name, iban=BAKERY.iban) for name in ("A", "B")], LEGS)
    assert [match.why for match in matches] == [Why.UNKNOWN, Why.UNKNOWN]


def test_two_legs_of_one_account_and_amount_are_left_to_a_person() -> None:
    legs = [leg("bakery", 500), leg("bakery", 500, settlement=2)]
    [match] = match_lines([line(iban=BAKERY.iban)], legs)
    assert match.why == Why.UNKNOWN


def test_a_better_rule_comes_first_whatever_the_order_of_lines() -> None:
    vague = line(entry="A", iban=BAKERY.iban)
    exact = line(entry="B", end_to_end_id=BAKERY.end_to_end_id)
    for lines in ([vague, exact], [exact, vague]):
        found = {match.line.entry: match.rule for match in match_lines(lines, LEGS)}
        assert found == {"A": None, "B": Rule.END_TO_END}


def _facts() -> st.SearchStrategy[BankLine]:
    ids = st.sampled_from(["", "elsewhere", *[each.end_to_end_id for each in LEGS]])
    references = st.sampled_from(["", *[each.reference for each in LEGS]])
    ibans = st.sampled_from(["", an_iban(99), *[each.iban for each in LEGS]])
    amounts = st.sampled_from([500, -700, 300, -600, 42])
    return st.builds(
        lambda amount, name, reference, iban: BankLine("", amount, DAY, name, reference, "", iban),
        amounts, ids, references, ibans,
    )  # fmt: skip


LINES = st.lists(_facts(), max_size=8).map(
    lambda lines: [replace(each, entry=str(at)) for at, each in enumerate(lines)]
)


@given(LINES, st.permutations(LEGS))
def test_each_leg_is_paid_once_and_by_its_amount_whatever_the_order_of_legs(
    lines: list[BankLine], legs: list[OpenLeg]
) -> None:
    matches = match_lines(lines, legs)
    assert matches == match_lines(lines, LEGS)
    assert [match.line for match in matches] == lines
    paid = [match.leg for match in matches if match.rule is not None]
    assert len(paid) == len(set(paid))
    for match in matches:
        assert (match.rule is None) != (match.why is None)
        if match.rule is not None:
            assert match.leg is not None
            assert match.leg.amount_minor == match.line.amount_minor


@given(LINES)
def test_what_was_paid_stays_so_when_the_lines_come_again(lines: list[BankLine]) -> None:
    first = match_lines(lines, LEGS)
    paid = {match.leg for match in first if match.rule is not None}
    again = match_lines(lines, [replace(each, paid=each in paid) for each in LEGS])
    assert {match.leg for match in again if match.rule is not None} & paid == set()


@given(LINES, st.randoms(use_true_random=False))
def test_the_order_of_lines_changes_no_leg_that_is_paid(lines: list[BankLine], random: object) -> None:
    shuffled = list(lines)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    paid = [{match.leg for match in match_lines(each, LEGS) if match.rule} for each in (lines, shuffled)]
    assert paid[0] == paid[1]
