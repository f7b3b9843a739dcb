"""The model and the engine's rules say the same at every bound, and what they say there is written out."""

import pytest

from settlement.clearing.acts import Approve, CloseCycle, Confirm, Propose
from settlement.house.acts import Activate, AddKey, ApproveTariff, ProposeTariff, Register, RevokeKey
from settlement.house.records import BILATERAL
from settlement.house.tariff import Tariff
from settlement.ledger.acts import Enrol, Issue, MemberName, Redeem, Reverse
from tests.coalition.simulation.founded import SPKI
from tests.coalition.simulation.side_by_side import SideBySide
from tests.support.pure_acts import OPERATOR, T0_US, keyid_for

MEMBER = "8f3a2b64-90d1-4c55-a0f7-5f2f1d0c9b11"
NAME = MemberName(MEMBER)
AMOUNT_MAX, WALLET_MAX, RATE_MAX_MICROS = 10**12, 10**15, 9_000_000


def trading() -> SideBySide:
    """Partners acme and bakery with a key each, and one member in shard 1."""
    both = SideBySide(BILATERAL)
    for partner in ("acme", "bakery"):
        both.ask(OPERATOR, Register(partner, partner))
        both.ask(OPERATOR, Activate(partner))
        both.ask(OPERATOR, AddKey(partner, keyid_for(partner), "ed25519", "request", None, SPKI))
    assert trade(both, "acme", Enrol(MEMBER, ()))[1] == "ok"
    return both


def trade(both: SideBySide, partner: str, body: object) -> tuple[str, str]:
    return both.ask(partner, body, partner=partner, shard=1)


def test_a_wallet_holds_its_limit_and_not_a_point_more() -> None:
    both = trading()
    assert trade(both, "acme", Issue(NAME, WALLET_MAX - 1, T0_US))[1] == "ok"
    assert trade(both, "acme", Issue(NAME, 2, T0_US))[1] == "refused LIMIT_EXCEEDED"
    assert trade(both, "acme", Issue(NAME, 1, T0_US))[1] == "ok"
    spent = [trade(both, "bakery", Redeem(NAME, 5, T0_US))[0] for _ in range(2)]
    trade(both, "acme", Issue(NAME, 5, T0_US))
    assert trade(both, "bakery", Reverse(spent[0], T0_US))[1] == "ok", "back at the limit"
    assert trade(both, "bakery", Reverse(spent[1], T0_US))[1] == "refused LIMIT_EXCEEDED"
    both.check_knowledge()


def test_a_member_owes_its_limit_and_not_a_point_more() -> None:
    both = trading()
    issued = []
    for amount in (WALLET_MAX - 1, 1, 1):
        issued.append(trade(both, "acme", Issue(NAME, amount, T0_US))[0])
        trade(both, "acme", Redeem(NAME, amount, T0_US))
    answers = [trade(both, "acme", Reverse(act_id, T0_US))[1] for act_id in issued]
    assert answers == ["ok", "ok", "refused LIMIT_EXCEEDED"]
    trade(both, "bakery", Issue(NAME, 1, T0_US))
    assert trade(both, "acme", Reverse(issued[2], T0_US))[1] == "ok", "one point is repaid"
    both.check_knowledge()
    assert both.model.broken_laws() == []


def test_one_entry_repays_from_eight_parts_of_lots_and_the_next_one_goes_on() -> None:
    both = trading()
    issued = [trade(both, ("acme", "bakery")[at % 2], Issue(NAME, 1, T0_US))[0] for at in range(40)]
    assert trade(both, "bakery", Redeem(NAME, 40, T0_US))[1] == "ok"
    for at, act_id in enumerate(issued):
        assert trade(both, ("acme", "bakery")[at % 2], Reverse(act_id, T0_US))[1] == "ok"
    for balance in (32, 64):
        assert trade(both, "bakery", Issue(NAME, 40, T0_US))[1] == "ok"
        assert both.model.balance(MEMBER) == balance
        both.check_knowledge()
    assert both.model.broken_laws() == []


def test_two_hundred_lots_are_spent_at_once_and_not_one_more() -> None:
    both = trading()
    for number in range(201):
        trade(both, ("acme", "bakery")[number % 2], Issue(NAME, 1, T0_US))
    assert trade(both, "acme", Redeem(NAME, 201, T0_US))[1] == "refused TOO_MANY_LOTS"
    assert trade(both, "acme", Redeem(NAME, 202, T0_US))[1] == "refused INSUFFICIENT_POINTS"
    assert trade(both, "acme", Redeem(NAME, 200, T0_US))[1] == "ok"
    both.check_knowledge()
    assert both.model.broken_laws() == []


@pytest.mark.parametrize(
    ("name", "most"), [("p{:03}", 800), ("partner-with-a-name-of-forty-letters-{:03}", 456)]
)
def test_a_network_takes_partners_until_a_settlement_of_all_is_full(name: str, most: int) -> None:
    both = SideBySide(BILATERAL)
    answers = [both.ask(OPERATOR, Register(name.format(number), "P"))[1] for number in range(most + 1)]
    assert answers == ["ok"] * most + ["refused LIMIT_EXCEEDED"]
    assert both.ask(OPERATOR, Register(name.format(0), "P"))[1] == "refused PARTNER_EXISTS"


def test_a_partner_has_two_live_request_keys_and_no_approvers() -> None:
    both = trading()
    named = {at: AddKey("acme", keyid_for(f"acme-{at}"), "ed25519", "request", None, SPKI) for at in (2, 3)}
    assert both.ask("acme", named[2], partner="acme")[1] == "ok"
    assert both.ask("acme", named[3], partner="acme")[1] == "refused TOO_MANY_KEYS"
    person = AddKey("acme", keyid_for("carol"), "ed25519", "approver", "carol", SPKI)
    assert both.ask("acme", person, partner="acme")[1] == "refused PURPOSE_NOT_ALLOWED"
    assert both.ask(OPERATOR, person)[1] == "refused PURPOSE_NOT_ALLOWED"


def test_what_a_revoked_key_named_must_be_named_afresh() -> None:
    both = SideBySide(BILATERAL)
    carol, eve = (
        AddKey(OPERATOR, keyid_for(person), "ed25519", "approver", person, SPKI)
        for person in ("carol", "eve")
    )
    for signer, body in (
        ("ann", carol),
        (OPERATOR, carol),
        ("ann", eve),
        (OPERATOR, RevokeKey(keyid_for("ann"), "compromised", None)),
        (OPERATOR, eve),
    ):
        assert both.ask(signer, body)[1] == "ok"
    assert both.house.live_key(eve.keyid) is None
    assert both.ask(OPERATOR, eve)[1] == "refused KEY_EXISTS"
    assert both.ask("bob", eve)[1] == "ok"
    assert both.house.live_key(eve.keyid) is not None
    both.check_knowledge()


def settled(*, amounts: list[int]) -> tuple[SideBySide, str]:
    """What an approval answers where acme owes bakery the dearest points."""
    both = trading()
    both.ask("ann", ProposeTariff(Tariff(RATE_MAX_MICROS), None, keyid_for("dearest")))
    assert both.ask("bob", ApproveTariff(keyid_for("dearest")))[1] == "ok"
    for amount in amounts:
        trade(both, "acme", Issue(NAME, amount, T0_US))
        trade(both, "bakery", Redeem(NAME, amount, T0_US))
    both.ask(OPERATOR, CloseCycle(1, None))
    for shard in both.shards:
        both.cut(shard)
    figures = both.figures(1)
    assert figures is not None
    proposed = Propose(1, "EUR", figures, keyid_for("proposal"), both.model.warnings(1))
    assert both.ask("ann", proposed)[1] == "ok"
    return both, both.ask("bob", Approve(keyid_for("proposal")))[1]


def test_a_leg_fits_a_posting_or_the_approval_is_an_error() -> None:
    most = (2**63 - 1) // RATE_MAX_MICROS - AMOUNT_MAX
    both, answer = settled(amounts=[AMOUNT_MAX, most])
    assert answer == "ok"
    leg = both.model.unpaid(1)["acme"]
    assert both.ask(OPERATOR, Confirm(1, "acme", 2**63 // 10_000 + 1))[1] == "error AMOUNT_TOO_LARGE"
    assert both.ask(OPERATOR, Confirm(7, "acme", 2**63 // 10_000 + 1))[1] == "error AMOUNT_TOO_LARGE"
    assert both.ask(OPERATOR, Confirm(1, "acme", leg))[1] == "ok"
    both, answer = settled(amounts=[AMOUNT_MAX, most + 1_200])
    assert answer == "error AMOUNT_TOO_LARGE"
    assert both.ask("ann", Approve(keyid_for("proposal")))[1] == "refused SAME_PERSON"
    assert both.model.broken_laws() == []


def test_a_proposal_is_approved_in_its_last_microsecond_as_its_newest_says_and_paid_to_the_cent() -> None:
    both, _ = settled(amounts=[])
    for partner, amount in (("acme", 100), ("bakery", 100)):
        trade(both, partner, Issue(NAME, amount, T0_US))
    trade(both, "bakery", Redeem(NAME, 80, T0_US))
    both.ask(OPERATOR, CloseCycle(2, None))
    for shard in both.shards:
        both.cut(shard)
    figures, proposal = both.figures(2), keyid_for("again")
    assert figures is not None
    for person in ("ann", "bob"):
        assert both.ask(person, Propose(2, "EUR", figures, proposal, both.model.warnings(2)))[1] == "ok"
    last_us = both.now_us + 72 * 3_600_000_000
    both.now_us = last_us - 1
    assert both.ask("bob", Approve(proposal))[1] == "refused SAME_PERSON"
    both.now_us = last_us
    assert both.ask("ann", Approve(proposal))[1] == "refused PROPOSAL_EXPIRED"
    assert both.ask("bob", Propose(2, "EUR", figures, proposal, both.model.warnings(2)))[1] == "ok"
    both.now_us += 72 * 3_600_000_000 - 1
    assert both.ask("ann", Approve(proposal))[1] == "ok"
    assert both.ask("ann", Propose(2, "EUR", figures, keyid_for("other")))[1] == "refused CYCLE_IN_SETTLEMENT"
    leg = both.model.unpaid(4)["acme"]
    assert [both.ask(OPERATOR, Confirm(4, "acme", leg + off))[1] for off in (-1, 1, 0, 0)] == [
        "refused LEG_AMOUNT_DIFFERS",
        "refused LEG_AMOUNT_DIFFERS",
        "ok",
        "refused LEG_ALREADY_PAID",
    ]
