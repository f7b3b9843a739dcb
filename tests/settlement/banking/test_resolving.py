"""How breaks end: by two people, in one of four ways, once; and that every way leaves the books in balance."""

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.banking.acts import ApproveResolution, AssignBreak, ProposeResolution
from settlement.clearing.decide import decide_desk
from settlement.house.breaks import (
    ADJUSTMENT,
    MATCH,
    OFFSET,
    RESOLUTIONS,
    WRITE_OFF,
    Break,
    Resolution,
    parse_resolution,
)
from settlement.house.four_eyes import PROPOSAL_LIFE_US
from settlement.house.records import APPROVER, SUSPENDED, Key, Settlement
from settlement.house.security import Default, Waterfall
from settlement.house.state import House
from settlement.journal.acts import Draft
from settlement.journal.leaf import HOUSE, Transfer
from settlement.ledger.chart import OPERATORS, participant
from tests.support.pure_acts import OPERATOR, T0_US, act, as_entry, house_of, keyid_for

CENT = 10_000
LEGS = {"bakery": 900, "cinema": -200, "grocer": -300, OPERATOR: -400}
PEOPLE = ("ann", "bob")
CAME, WENT, OTHER = keyid_for("came in"), keyid_for("went out"), keyid_for("other")
NOWHERE = keyid_for("nowhere")


def house(**breaks: int) -> House:
    """A network with an approved settlement and breaks of these amounts; by default 9.00 came in and 2.00 went out."""
    found = house_of("bakery", "cinema", "grocer")
    for person in PEOPLE:
        found.keys[keyid_for(person)] = Key(
            keyid_for(person), "ed25519", APPROVER, OPERATOR, person, b"spki", 0
        )
    found.put_settlement(Settlement(1, 1, "00" * 32, "bob", T0_US, LEGS, T0_US, approved_at=9))
    for name, amount in (breaks or {CAME: 900, WENT: -200, OTHER: 200}).items():
        found.breaks[name] = Break(name, amount, date(2026, 11, 30), "unknown", 0)
    return found


def ask(on: House, who: str, body: object, *, at_us: int = T0_US) -> Draft:
    """Decides and applies one act."""
    draft = decide_desk(on, {}, act(OPERATOR, body, signer=who), at_us)
    on.apply(as_entry(draft, shard=HOUSE, index=on.size, house=on.size, time_us=at_us))
    return draft


def proposal(line: str, how: Resolution, words: str = "why") -> ProposeResolution:
    return ProposeResolution(line, how, words, keyid_for(f"{line} {how.spelled()} {words}"))


def yes(body: ProposeResolution) -> ApproveResolution:
    return ApproveResolution(body.proposal_sha256)


def resolve(on: House, line: str, how: Resolution) -> tuple[Transfer, ...]:
    """What it posts when ann proposes and bob approves."""
    body = proposal(line, how)
    proposed = ask(on, "ann", body)
    assert (proposed.refusal, proposed.transfers) == (None, ()), "a proposal moves nothing"
    approved = ask(on, "bob", yes(body))
    assert approved.refusal is None
    assert not on.breaks[line].is_open
    return approved.transfers


@pytest.mark.parametrize(
    "how",
    [
        Resolution(WRITE_OFF),
        Resolution(ADJUSTMENT, "bakery"),
        Resolution(MATCH, "bakery", 12),
        Resolution(OFFSET, line=OTHER),
    ],
)
def test_a_resolution_is_read_as_it_is_spelled(how: Resolution) -> None:
    assert parse_resolution(how.spelled()) == how


def test_every_kind_is_there() -> None:
    assert RESOLUTIONS == (WRITE_OFF, ADJUSTMENT, MATCH, OFFSET)


@pytest.mark.parametrize(
    ("line", "posts"),
    [
        (CAME, [("suspense", "write-off", 900)]),
        (WENT, [("write-off", "suspense", 200)]),
    ],
)
def test_what_is_written_off_is_the_operators(line: str, posts: list[tuple[str, str, int]]) -> None:
    assert resolve(house(), line, Resolution(WRITE_OFF)) == tuple(
        [Transfer(debit, credit, "EUR", cents * CENT) for debit, credit, cents in posts]
    )


def test_what_was_a_participants_is_owed_to_it_and_what_it_got_by_it() -> None:
    on = house()
    ours = f"position:{OPERATOR}"
    assert resolve(on, CAME, Resolution(ADJUSTMENT, "bakery")) == (
        Transfer("suspense", "bank", "EUR", 900 * CENT),
        Transfer(ours, "position:bakery", "EUR", 900 * CENT),
    )
    assert resolve(on, WENT, Resolution(ADJUSTMENT, "cinema")) == (
        Transfer("bank", "suspense", "EUR", 200 * CENT),
        Transfer("position:cinema", ours, "EUR", 200 * CENT),
    )
    own = resolve(on, OTHER, Resolution(ADJUSTMENT, OPERATOR))
    assert own == (Transfer("suspense", "bank", "EUR", 200 * CENT),), "nobody owes itself anything"


def test_a_match_pays_the_leg() -> None:
    on = house()
    assert resolve(on, CAME, Resolution(MATCH, "bakery", 1)) == (
        Transfer("suspense", "settling:1:bakery", "EUR", 900 * CENT),
    )
    assert resolve(on, WENT, Resolution(MATCH, "cinema", 1)) == (
        Transfer("settling:1:cinema", "suspense", "EUR", 200 * CENT),
    )
    assert on.settlements[1].paid == on.settlements[1].paid_by_line == {"bakery", "cinema"}
    assert on.unsettled == (1,)


def test_the_last_leg_that_is_matched_settles() -> None:
    on = house()
    on.put_settlement(replace(on.settlements[1], paid=frozenset(LEGS) - {"bakery"}))
    resolve(on, CAME, Resolution(MATCH, "bakery", 1))
    assert (on.settlements[1].settled, on.unsettled) == (True, ())


def test_two_breaks_that_undo_each_other_end_together() -> None:
    on = house()
    assert resolve(on, WENT, Resolution(OFFSET, line=OTHER)) == ()
    assert on.breaks[OTHER].resolution == Resolution(OFFSET, line=WENT)
    again = ask(on, "ann", proposal(OTHER, Resolution(WRITE_OFF)))
    assert again.refusal == "ALREADY_RESOLVED"


REFUSED: dict[str, tuple[str, Resolution, str]] = {
    "no such break": (NOWHERE, Resolution(WRITE_OFF), "BREAK_UNKNOWN"),
    "nobody": (CAME, Resolution(ADJUSTMENT, "nobody"), "PARTNER_UNKNOWN"),
    "no such settlement": (CAME, Resolution(MATCH, "bakery", 2), "LEG_UNKNOWN"),
    "no such leg": (CAME, Resolution(MATCH, "florist", 1), "LEG_UNKNOWN"),
    "another amount": (OTHER, Resolution(MATCH, "bakery", 1), "LEG_AMOUNT_DIFFERS"),
    "the other way": (OTHER, Resolution(MATCH, "cinema", 1), "LEG_AMOUNT_DIFFERS"),
    "no other break": (CAME, Resolution(OFFSET, line=NOWHERE), "BREAK_UNKNOWN"),
    "not the opposite": (CAME, Resolution(OFFSET, line=WENT), "FIGURES_DIFFER"),
    "itself": (CAME, Resolution(OFFSET, line=CAME), "FIGURES_DIFFER"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused(case: str) -> None:
    line, how, refusal = REFUSED[case]
    on = house()
    draft = ask(on, "ann", proposal(line, how))
    assert (draft.refusal, draft.transfers, on.resolutions) == (refusal, (), {})
    assert ask(on, "bob", yes(proposal(line, how))).refusal == "PROPOSAL_UNKNOWN"


def test_a_leg_that_nobody_awaits_is_not_matched() -> None:
    on, body = house(), proposal(CAME, Resolution(MATCH, "bakery", 1))
    paid = replace(on.settlements[1], paid=frozenset({"bakery"}))
    default = Default("ab" * 32, 1, "bakery", Waterfall(900, 900, 0, 0, {}, 0), "ann", T0_US, 8)
    for settlement, refusal in (
        (replace(on.settlements[1], approved_at=None), "LEG_UNKNOWN"),
        (replace(on.settlements[1], aborted_at=10), "LEG_UNKNOWN"),
        (replace(on.settlements[1], defaults={"bakery": default}), "LEG_DEFAULTED"),
        (paid, "LEG_ALREADY_PAID"),
    ):
        now = on.fork()
        now.put_settlement(settlement)
        assert ask(now, "ann", body).refusal == refusal
    assert ask(on, "ann", body).refusal is None
    on.put_settlement(paid)
    late = ask(on, "bob", yes(body))
    assert (late.refusal, late.transfers) == ("LEG_ALREADY_PAID", ()), "paid between the two people"


def test_a_suspended_participant_gets_what_is_its() -> None:
    on = house()
    on.partners["bakery"] = replace(on.partners["bakery"], state=SUSPENDED)
    assert len(resolve(on, CAME, Resolution(ADJUSTMENT, "bakery"))) == 2


def test_it_takes_two_people_within_72_hours_and_once() -> None:
    on, body = house(), proposal(CAME, Resolution(WRITE_OFF))
    other = proposal(CAME, Resolution(ADJUSTMENT, "bakery"))
    late = T0_US + PROPOSAL_LIFE_US
    for each in (body, other):
        assert ask(on, "ann", each).refusal is None
    assert ask(on, "bob", yes(body), at_us=late + 1).refusal == "PROPOSAL_EXPIRED"
    assert ask(on, "ann", yes(body), at_us=late).refusal == "SAME_PERSON"
    assert on.breaks[CAME].is_open
    approved = ask(on, "bob", yes(body), at_us=late)
    assert approved.refusal is None
    assert dict(approved.lines)["break"] == CAME
    assert ask(on, "bob", yes(body), at_us=late).refusal == "ALREADY_APPROVED"
    assert ask(on, "bob", yes(other), at_us=late).refusal == "ALREADY_RESOLVED"
    assert ask(on, "ann", body).refusal == "ALREADY_RESOLVED"
    assert on.fork().breaks[CAME].resolution == Resolution(WRITE_OFF)


def test_the_newest_proposal_of_the_same_bytes_counts() -> None:
    on, body = house(), proposal(CAME, Resolution(WRITE_OFF))
    later = T0_US + PROPOSAL_LIFE_US + 1
    ask(on, "ann", body)
    ask(on, "bob", body, at_us=later)
    assert ask(on, "bob", yes(body), at_us=later).refusal == "SAME_PERSON"
    assert ask(on, "ann", yes(body), at_us=later).refusal is None


def test_a_person_looks_after_a_break_until_it_ends() -> None:
    on = house()
    assert ask(on, "ann", AssignBreak(NOWHERE, "bob")).refusal == "BREAK_UNKNOWN"
    assert ask(on, "ann", AssignBreak(CAME, "nobody")).refusal == "PERSON_UNKNOWN"
    assert ask(on, "ann", AssignBreak(CAME, OPERATOR)).refusal == "PERSON_UNKNOWN", (
        "a request key names nobody"
    )
    for person in ("ann", "bob"):
        assert ask(on, "ann", AssignBreak(CAME, person)).refusal is None
        assert on.breaks[CAME].owner == person
    resolve(on, CAME, Resolution(WRITE_OFF))
    assert on.breaks[CAME].owner == "bob", "for whoever asks later"
    assert ask(on, "ann", AssignBreak(CAME, "ann")).refusal == "ALREADY_RESOLVED"


def test_somebody_whose_key_has_ended_looks_after_nothing_more() -> None:
    on = house()
    on.keys[keyid_for("bob")] = replace(on.keys[keyid_for("bob")], revoked_at=0)
    assert ask(on, "ann", AssignBreak(CAME, "bob")).refusal == "PERSON_UNKNOWN"


AMOUNTS = st.integers(1, 10**12).flatmap(lambda cents: st.sampled_from([cents, -cents]))
WAYS = st.sampled_from(
    [
        Resolution(WRITE_OFF),
        *[Resolution(ADJUSTMENT, name) for name in ("bakery", "cinema", OPERATOR)],
        *[Resolution(MATCH, name, 1) for name in ("bakery", "cinema")],
        Resolution(OFFSET, line=OTHER),
    ]
)


@given(AMOUNTS, WAYS)
def test_whatever_ends_a_break_takes_it_out_of_suspense_whole(cents: int, how: Resolution) -> None:
    """And what anybody comes to owe by it stands on both sides."""
    on = house(**{CAME: cents, OTHER: -cents})
    on.put_settlement(
        replace(on.settlements[1], nets={"bakery": cents, "cinema": cents, OPERATOR: -2 * cents})
    )
    debits: Counter[str] = Counter({"suspense": -cents * CENT})
    for post in resolve(on, CAME, how):
        assert post.amount == abs(cents) * CENT
        debits[post.debit] += post.amount
        debits[post.credit] -= post.amount
    left = -cents * CENT if how.kind == OFFSET else 0
    assert debits["suspense"] == left
    owed = [
        amount for account, amount in debits.items() if participant(account, operator=OPERATOR) is not None
    ]
    assert sum(owed) == 0
    assert not OPERATORS & debits.keys()
    still_open = [each.amount_minor for each in on.breaks.values() if each.is_open]
    assert sum(still_open) == (0 if how.kind == OFFSET else -cents)
