"""Who may bring points and value along: the rules on opening balances, and what the house remembers of them."""

from dataclasses import replace

import pytest

from settlement.clearing.decide import decide_desk
from settlement.house.acts import ApproveOpening, ProposeOpening
from settlement.house.four_eyes import PROPOSAL_LIFE_US
from settlement.house.records import APPROVER, REGISTERED, SUSPENDED, Key
from settlement.house.state import House
from settlement.journal.leaf import HOUSE
from tests.support.pure_acts import OPERATOR, T0_US, act, as_entry, house_of, keyid_for

FILE, OTHER = "aa" * 32, "bb" * 32


def house() -> House:
    found = house_of("bakery", "cinema")
    found.keys[keyid_for("ann")] = Key(keyid_for("ann"), "ed25519", APPROVER, OPERATOR, "ann", b"spki", 0)
    return found


def ask(on: House, body: object, *, partner: str = "bakery", at_us: int = T0_US) -> str | None:
    """Decides and applies one act; its refusal."""
    signer = "ann" if isinstance(body, ApproveOpening) else partner
    asked = act(OPERATOR if signer == "ann" else partner, body, signer=signer)
    draft = decide_desk(on, {}, asked, at_us)
    on.apply(as_entry(draft, shard=HOUSE, index=on.size, house=on.size, time_us=at_us))
    return draft.refusal


def test_what_a_partner_proposes_and_a_person_approves_is_remembered_with_its_totals() -> None:
    on = house()
    assert ask(on, ProposeOpening(FILE, 3, 2, 60, 2_500)) is None
    assert on.openings["bakery", FILE].approved_at is None
    assert ask(on, ApproveOpening("bakery", FILE)) is None
    opening = on.openings["bakery", FILE]
    totals = (opening.rows, opening.members, opening.points, opening.value)
    assert (totals, opening.approved_at) == ((3, 2, 60, 2_500), 2)
    assert on.fork().openings == on.openings


def test_nobody_approves_what_this_partner_did_not_propose() -> None:
    on = house()
    assert ask(on, ProposeOpening(FILE, 3, 2, 60)) is None
    assert ask(on, ApproveOpening("cinema", FILE)) == "PROPOSAL_UNKNOWN"
    assert ask(on, ApproveOpening("bakery", OTHER)) == "PROPOSAL_UNKNOWN"
    assert ask(on, ApproveOpening("bakery", FILE)) is None


def test_what_is_approved_is_so_for_ever() -> None:
    on = house()
    ask(on, ProposeOpening(FILE, 3, 2, 60))
    ask(on, ApproveOpening("bakery", FILE))
    before = dict(on.openings)
    assert ask(on, ProposeOpening(FILE, 9, 9, 99)) == "ALREADY_APPROVED"
    assert ask(on, ApproveOpening("bakery", FILE)) == "ALREADY_APPROVED"
    assert on.openings == before
    assert ask(on, ProposeOpening(FILE, 3, 2, 60), partner="cinema") is None, "another company's lots"


def test_a_proposal_lives_72_hours_and_is_renewed_by_another() -> None:
    on = house()
    ask(on, ProposeOpening(FILE, 3, 2, 60))
    late = T0_US + PROPOSAL_LIFE_US
    assert PROPOSAL_LIFE_US == 72 * 3_600 * 1_000_000
    assert ask(on, ApproveOpening("bakery", FILE), at_us=late + 1) == "PROPOSAL_EXPIRED"
    assert ask(on, ProposeOpening(FILE, 4, 2, 70), at_us=late + 2) is None
    assert on.openings["bakery", FILE].points == 70, "the newest counts"
    assert ask(on, ApproveOpening("bakery", FILE), at_us=late + 2 + PROPOSAL_LIFE_US) is None


@pytest.mark.parametrize(
    ("state", "refusal"), [(REGISTERED, "PARTNER_NOT_ACTIVE"), (SUSPENDED, "PARTNER_SUSPENDED")]
)
def test_only_an_active_partner_proposes(state: str, refusal: str) -> None:
    on = house()
    ask(on, ProposeOpening(OTHER, 3, 2, 60))
    ask(on, ApproveOpening("bakery", OTHER))
    on.partners["bakery"] = replace(on.partners["bakery"], state=state)
    assert ask(on, ProposeOpening(FILE, 3, 2, 60)) == refusal
    assert ask(on, ProposeOpening(OTHER, 3, 2, 60)) == refusal, "before what is asked"
    assert ("bakery", FILE) not in on.openings
