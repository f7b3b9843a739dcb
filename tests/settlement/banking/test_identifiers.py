"""Identifiers: only sound ones in one spelling, and references that name one leg."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iso11649

from settlement.banking.identifiers import (
    check_bic,
    check_country,
    check_iban,
    check_legal_name,
    check_lei,
    creditor_reference,
    end_to_end_id,
    references_in,
)
from settlement.errors import CoalitionError
from tests.settlement.banking.accounts import an_iban

NAMES = st.from_regex(r"[a-z0-9][a-z0-9-]{0,38}[a-z0-9]", fullmatch=True)
NUMBERS = st.integers(1, 2**31 - 1)


@given(st.integers(0, 10**10 - 1), st.integers(0, 21), st.integers(1, 9))
def test_one_wrong_digit_of_an_iban_is_seen(number: int, place: int, off: int) -> None:
    iban = an_iban(number)
    assert check_iban(iban) == iban
    at = place if place >= 2 else 2
    wrong = iban[:at] + str((int(iban[at]) + off) % 10) + iban[at + 1 :]
    with pytest.raises(CoalitionError, match="iban is not an IBAN"):
        check_iban(wrong)


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (check_iban, "DE89 3704 0044 0532 0130 00"),
        (check_iban, "de89370400440532013000"),
        (check_iban, "DE89370400440532013001"),
        (check_iban, "XX89370400440532013000"),
        (check_iban, ""),
        (check_iban, "=1+1"),
        (check_bic, "COBADEF"),
        (check_bic, "cobadeff"),
        (check_bic, "COBADEFFXX"),
        (check_lei, "213800KUD8LAJWSQ9D16"),
        (check_lei, "213800KUD8LAJWSQ9D1"),
        (check_country, "D"),
        (check_country, "de"),
        (check_legal_name, ""),
        (check_legal_name, "x" * 71),
        (check_legal_name, "=cmd()"),
        (check_legal_name, "Café"),
        (check_legal_name, " Bakery"),
        (check_legal_name, "Bakery\n"),
        (check_legal_name, "Bakery & Sons"),
    ],
)
def test_what_is_unsound_names_its_field(check: Callable[..., str], text: str) -> None:
    with pytest.raises(CoalitionError) as caught:
        check(text, "there")
    assert (caught.value.reason, caught.value.field) == ("FIELD_INVALID", "there")
    assert caught.value.message.startswith("there ")


def test_sound_ones_are_taken_as_they_are() -> None:
    assert check_bic("COBADEFFXXX") == "COBADEFFXXX"
    assert check_lei("213800KUD8LAJWSQ9D15") == "213800KUD8LAJWSQ9D15"
    assert check_country("DE") == "DE"
    assert check_legal_name("Bakery (North) Ltd.") == "Bakery (North) Ltd."


@given(NUMBERS, NAMES)
def test_references_fit_every_bank_and_keep_their_check_digits(settlement: int, participant: str) -> None:
    name = end_to_end_id("clearing.example/test", settlement, participant)
    reference = creditor_reference("clearing.example/test", settlement, participant)
    assert re.fullmatch(r"S[0-9]+-[A-Z0-9-]+-[A-Z2-7]{14}", name)
    assert len(name) <= 35
    assert iso11649.is_valid(reference)
    assert len(reference) <= 25
    assert reference in references_in(f"thanks {iso11649.format(reference).lower()} bye")


@given(st.sets(st.tuples(st.sampled_from(["a/x", "b/x"]), NUMBERS, NAMES), min_size=2, max_size=20))
def test_no_two_legs_share_a_reference(legs: set[tuple[str, int, str]]) -> None:
    assert len({end_to_end_id(*leg) for leg in legs}) == len(legs)
    assert len({creditor_reference(*leg) for leg in legs}) == len(legs)
