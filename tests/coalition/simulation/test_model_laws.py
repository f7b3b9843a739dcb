"""A law that cannot be broken says nothing: each is broken by hand, and says so."""

from collections.abc import Callable

import pytest

from coalition.simulation.model.facts import Facts
from coalition.simulation.model.laws import LAWS, broken_laws
from coalition.simulation.model.terms import Place, Post
from settlement.clearing.acts import Approve
from tests.coalition.simulation.by_hand import HASH, MEMBER, OTHER, World


def settled() -> Facts:
    """Acme owes bakery 80 cents, which two people have approved; cinema holds 5 of the 20 points that are left.

    In the other shard the member owes acme 20 points and has repaid 10 of 30.
    """
    world = World()
    world.issue("acme", 100)
    world.redeem("bakery", 80)
    world.authorize("cinema", 5)
    world.issue("acme", 30, act_id="given", shard=2)
    world.redeem("acme", 30, shard=2)
    world.reverse("acme", "given", shard=2)
    world.issue("acme", 10, shard=2)
    world.close(1)
    world.propose("ann", 1)
    assert world.ask("bob", Approve(HASH)).refusal is None
    return world.model._facts


def forget_an_act(facts: Facts) -> None:
    facts.answers.popitem()


def lose_points_of_a_lot(facts: Facts) -> None:
    facts.points.lots[0].left -= 1


def end_a_hold_unseen(facts: Facts) -> None:
    facts.holds.open()[0].closed_by = 1


def forgive(facts: Facts) -> None:
    facts.points.arrears.all()[0].left -= 1


def reverse_too_much(facts: Facts) -> None:
    next(iter(facts.points.deeds.values())).undone += 101


def post(debit: str, credit: str, asset: str) -> Callable[[Facts], None]:
    return lambda facts: facts.accounts.book([Post(debit, credit, asset, 1)])


def owe_once_more(facts: Facts) -> None:
    facts.cycles.accrued[2]["acme", "bakery"] = 1


def pay_unseen(facts: Facts) -> None:
    facts.settlements.all[0].paid["acme"] = 1


def end_a_person(facts: Facts) -> None:
    facts.keys.all["ann"].ended_at = 1


HARMS: list[tuple[Callable[[Facts], None], list[str]]] = [
    (post(f"wallet:{MEMBER}", "bank", "PTS"), ["points are conserved", "wallets are their lots"]),
    (lose_points_of_a_lot, ["wallets are their lots", "lots are what acts left"]),
    (end_a_hold_unseen, ["held points are open holds", "lots are what acts left"]),
    (post("issued:acme", "redeemed:acme", "PTS"), ["issuers are their lots"]),
    (forgive, ["arrears are what is owed"]),
    (reverse_too_much, ["reversals are bounded"]),
    (
        post(f"arrears:{OTHER}:acme", f"wallet:{MEMBER}", "PTS"),
        ["wallets are their lots", "arrears are what is owed"],
    ),
    (post("redeemed:acme", "transit:1:2", "PTS"), ["points in transit are under way"]),
    (post("redeemed:acme", "expired:acme", "PTS"), ["expired points are their lots"]),
    (owe_once_more, ["debts are acts that stand", "positions are debts less settlements"]),
    (post("position:acme", "position:bakery", "EUR"), ["positions are debts less settlements"]),
    (post("settling:1:acme", "bank", "EUR"), ["legs are settling or paid"]),
    (post("spread", "fund", "EUR"), ["the fund is the price of what is not spent"]),
    (pay_unseen, ["legs are settling or paid"]),
    (post("prefund:acme", "prefund:bakery", "EUR"), ["securities are deposits less what they paid"]),
    (forget_an_act, ["every act has one answer"]),
    (end_a_person, ["keys are bounded"]),
]


@pytest.mark.parametrize(("harm", "laws"), HARMS)
def test_a_broken_law_is_told(harm: Callable[[Facts], None], laws: list[str]) -> None:
    facts = settled()
    assert broken_laws(facts) == []
    harm(facts)
    told = broken_laws(facts)
    assert list(dict.fromkeys(sentence.split(":")[0] for sentence in told)) == laws


def test_an_entry_that_nobody_asked_for_breaks_a_law() -> None:
    facts = settled()
    facts.last[1] = Place(1, facts.size(1), 1, facts.last[1].time_us + 1)
    assert [sentence.split(":")[0] for sentence in broken_laws(facts)] == ["every act has one answer"]


def test_no_law_is_left_out() -> None:
    assert {law for _, laws in HARMS for law in laws} == set(LAWS)
