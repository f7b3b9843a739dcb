"""Tariffs by two people: who may approve what and until when, and when a dated one starts, written out by hand."""

from dataclasses import dataclass, field, replace

import pytest

from settlement.errors import CoalitionError
from settlement.house.acts import ApproveTariff, ProposeTariff
from settlement.house.four_eyes import PROPOSAL_LIFE_US
from settlement.house.pricing import approve_tariff, propose_tariff, start_of_tariff
from settlement.house.records import APPROVER, BILATERAL, POOL, Key
from settlement.house.state import House
from settlement.house.tariff import Tariff, check_terms
from settlement.journal.acts import Draft
from settlement.journal.leaf import HOUSE
from tests.support.pure_acts import NETWORK, OPERATOR, T0_US, act, as_entry, house_of, keyid_for

CENT, DEAR = Tariff(10_000), Tariff(20_000, fee_micros=5)
FIRST, SECOND = keyid_for("first"), keyid_for("second")


@dataclass
class Desk:
    """A house with two people, in which every draft becomes the next entry."""

    house: House = field(default_factory=house_of)

    def __post_init__(self) -> None:
        for person in ("ann", "bob"):
            keyid = keyid_for(person)
            self.house.keys[keyid] = Key(keyid, "ed25519", APPROVER, OPERATOR, person, b"spki", 0)

    def propose(self, person: str, tariff: Tariff, from_us: int | None = None, *, sha: str = FIRST) -> None:
        body = ProposeTariff(tariff, from_us, sha)
        self._enter(propose_tariff(self.house, act(OPERATOR, body, signer=person), body), T0_US)

    def approve(self, person: str, now_us: int = T0_US, *, sha: str = FIRST) -> str | None:
        body = ApproveTariff(sha)
        draft = approve_tariff(self.house, act(OPERATOR, body, signer=person), body, now_us)
        self._enter(draft, now_us)
        return draft.refusal

    def _enter(self, draft: Draft, now_us: int) -> None:
        size = self.house.size
        self.house.apply(as_entry(draft, shard=HOUSE, index=size, house=size, time_us=now_us))


def test_another_person_puts_a_proposal_in_force_above_the_approval() -> None:
    desk = Desk()
    assert desk.approve("bob") == "PROPOSAL_UNKNOWN"
    desk.propose("ann", DEAR)
    assert desk.approve("ann") == "SAME_PERSON"
    assert desk.house.tariff == CENT
    assert desk.approve("bob") is None
    assert (desk.house.tariff, desk.house.tariff_number) == (DEAR, desk.house.size - 1)
    assert desk.approve("bob") == "ALREADY_APPROVED"


@pytest.mark.parametrize(("late_us", "refusal"), [(0, None), (1, "PROPOSAL_EXPIRED")])
def test_a_proposal_lives_72_hours_to_the_microsecond(late_us: int, refusal: str | None) -> None:
    desk = Desk()
    desk.propose("ann", DEAR)
    assert desk.approve("bob", T0_US + PROPOSAL_LIFE_US + late_us) == refusal


def test_the_newest_proposal_of_the_same_bytes_counts() -> None:
    desk = Desk()
    desk.propose("ann", DEAR)
    desk.propose("bob", DEAR)
    assert desk.approve("bob") == "SAME_PERSON"
    assert desk.approve("ann") is None


@pytest.mark.parametrize("ahead_us", [-1, 0])
def test_a_date_that_has_come_by_the_approval_is_no_date(ahead_us: int) -> None:
    desk = Desk()
    desk.propose("ann", DEAR, T0_US + ahead_us)
    assert desk.approve("bob") is None
    assert (desk.house.tariff, desk.house.coming) == (DEAR, None)


def test_a_dated_tariff_starts_at_its_microsecond_and_once() -> None:
    desk = Desk()
    desk.propose("ann", DEAR, T0_US + 10)
    assert desk.approve("bob") is None
    assert desk.house.tariff == CENT
    assert start_of_tariff(desk.house, T0_US + 9) is None
    start = start_of_tariff(desk.house, T0_US + 10)
    assert start is not None
    desk._enter(start, T0_US + 10)
    assert (desk.house.tariff, desk.house.tariff_number) == (DEAR, desk.house.size - 1)
    assert start_of_tariff(desk.house, T0_US + 11) is None


@pytest.mark.parametrize("from_us", [None, T0_US + 99])
def test_what_is_approved_later_takes_the_place_of_what_is_coming(from_us: int | None) -> None:
    desk, later = Desk(), replace(DEAR, rate_micros=30_000)
    desk.propose("ann", DEAR, T0_US + 10)
    desk.approve("bob")
    desk.propose("ann", later, from_us, sha=SECOND)
    desk.approve("bob", sha=SECOND)
    start = start_of_tariff(desk.house, T0_US + 99)
    if start is not None:
        desk._enter(start, T0_US + 99)
    assert (desk.house.tariff, start is None) == (later, from_us is None)


@pytest.mark.parametrize(
    ("model", "tariff", "term"),
    [
        (BILATERAL, Tariff(5, price_micros=1), "price_micros"),
        (BILATERAL, Tariff(5, rebate_basis_points=1), "rebate_basis_points"),
        (BILATERAL, Tariff(5, interchange_micros=6), "interchange_micros"),
        (POOL, Tariff(5), "price_micros"),
        (POOL, Tariff(5, price_micros=1, interchange_micros=6), "interchange_micros"),
    ],
)
def test_terms_that_do_not_fit_are_an_error_that_names_one(model: str, tariff: Tariff, term: str) -> None:
    house = house_of()
    house.network = replace(NETWORK, model=model)
    body = ProposeTariff(tariff, None, FIRST)
    with pytest.raises(CoalitionError) as caught:
        propose_tariff(house, act(OPERATOR, body), body)
    assert (caught.value.reason, caught.value.field) == ("FIELD_INVALID", f"tariff.{term}")


def test_terms_at_their_bounds_fit() -> None:
    check_terms(Tariff(5, fee_micros=9, interchange_micros=5), model=BILATERAL)
    check_terms(Tariff(5, price_micros=1, rebate_basis_points=10_000), model=POOL)
