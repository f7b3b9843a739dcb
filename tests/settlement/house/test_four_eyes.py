"""The one rule of four eyes: who may approve what another has proposed, and until when."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.clock import HOUR_US
from settlement.house.four_eyes import PROPOSAL_LIFE_US, is_expired, why_not_approve, why_not_second
from settlement.house.records import APPROVER, Key
from settlement.house.state import House
from tests.support.pure_acts import OPERATOR, T0_US, act, house_of, keyid_for

PEOPLE = ("ann", "bob", "bakery")
PERSON = st.sampled_from(PEOPLE)
TIMES_US = st.integers(-2, 2) | st.integers(-10 * HOUR_US, 100 * HOUR_US)


@dataclass(frozen=True)
class Thing:
    """Anything that was proposed."""

    proposer: str | None
    proposed_at_us: int = T0_US
    approved: bool = False


def house() -> House:
    """One person has the name of a partner, and ann has had two keys."""
    found = house_of("bakery", "cinema")
    for name in (*PEOPLE, "ann-before"):
        person = name.removesuffix("-before")
        found.keys[keyid_for(name)] = Key(keyid_for(name), "ed25519", APPROVER, OPERATOR, person, b"spki", 0)
    return found


def why_not(signer: str, found: Thing | None, now_us: int = T0_US) -> str | None:
    return why_not_approve(house(), act(OPERATOR, None, signer=signer), found, now_us)


@given(PERSON, PERSON | st.none(), st.booleans(), TIMES_US)
def test_another_person_approves_once_and_in_time(
    signer: str, proposer: str | None, approved: bool, late_us: int
) -> None:
    now_us = T0_US + PROPOSAL_LIFE_US + late_us
    refusal = why_not(signer, Thing(proposer, approved=approved), now_us)
    assert (refusal is None) == (signer != proposer and not approved and late_us <= 0)


def test_the_first_reason_that_applies_is_told() -> None:
    late_us = T0_US + PROPOSAL_LIFE_US + 1
    assert why_not("ann", None, late_us) == "PROPOSAL_UNKNOWN"
    assert why_not("ann", Thing("ann", approved=True), late_us) == "ALREADY_APPROVED"
    assert why_not("ann", Thing("ann"), late_us) == "PROPOSAL_EXPIRED"
    assert why_not("ann", Thing("ann"), late_us - 1) == "SAME_PERSON"


@pytest.mark.parametrize("signer", ["ann", "ann-before"])
def test_a_person_is_the_same_by_any_of_its_keys(signer: str) -> None:
    assert why_not(signer, Thing("ann")) == "SAME_PERSON"
    assert why_not(signer, Thing("bob")) is None


def test_a_company_that_proposed_by_its_request_key_is_no_person_even_of_its_name() -> None:
    assert why_not("bakery", Thing(None)) is None


@given(TIMES_US)
def test_what_waits_for_objections_lives_72_hours_from_their_end(after_us: int) -> None:
    asked = act(OPERATOR, None, signer="ann")
    refusal = why_not_second(house(), asked, "bob", T0_US, T0_US + after_us)
    assert (refusal == "PROPOSAL_EXPIRED") == is_expired(T0_US, T0_US + after_us) == (after_us > 72 * HOUR_US)
