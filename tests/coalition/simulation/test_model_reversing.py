"""The model by hand: reversals and arrears, as docs/ledger.md tells them."""

from settlement.house.tariff import Spent, Tariff
from tests.coalition.simulation.by_hand import MEMBER, World, lines


def test_a_redemption_is_undone_last_first_at_the_rate_of_the_original() -> None:
    world = World()
    world.issue("acme", 5)
    world.issue("bakery", 5)
    world.redeem("cinema", 8, act_id="spent")
    world.change_tariff(Tariff(99))
    undone = world.reverse("cinema", "spent")
    assert lines(undone, "post") == [
        f"redeemed:cinema wallet:{MEMBER} PTS 8",
        "position:cinema position:bakery EUR 30000",
        "position:cinema position:acme EUR 50000",
    ]
    assert lines(undone, "lot") == ["give 1:2.0 3", "give 1:1.0 5"]
    assert (lines(undone, "original"), lines(undone, "amount")) == (["1:3"], ["PTS 8"])
    assert undone.balance_after == 10
    assert world.reverse("cinema", "spent").refusal == "ALREADY_REVERSED"


def test_parts_go_on_where_the_part_before_ended_and_never_beyond_the_whole() -> None:
    world = World()
    world.issue("acme", 5)
    world.issue("bakery", 5)
    world.redeem("cinema", 8, act_id="spent")
    assert lines(world.reverse("cinema", "spent", 1), "lot") == ["give 1:2.0 1"]
    assert lines(world.reverse("cinema", "spent", 4), "lot") == ["give 1:2.0 2", "give 1:1.0 2"]
    exceeded = world.reverse("cinema", "spent", 4)
    assert (exceeded.refusal, lines(exceeded, "amount")) == ("REVERSAL_EXCEEDED", ["PTS 4"])
    rest = world.reverse("cinema", "spent")
    assert (lines(rest, "amount"), lines(rest, "lot")) == (["PTS 3"], ["give 1:1.0 3"])
    assert world.reverse("cinema", "spent", 1).refusal == "ALREADY_REVERSED"


def test_spent_points_of_a_reversed_issue_are_owed_and_repaid_by_whoever_issues_next() -> None:
    world = World()
    world.issue("acme", 5, act_id="given")
    world.redeem("cinema", 3)
    world.change_tariff(Tariff(99))
    undone = world.reverse("acme", "given", act_id="undone")
    tariff = world.model.size(0) - 1
    assert undone.lines[-6:] == (
        ("tariff", str(tariff)),
        ("post", f"wallet:{MEMBER} issued:acme PTS 2"),
        ("post", f"arrears:{MEMBER}:acme issued:acme PTS 3"),
        ("lot", "take 1:1.0 2"),
        ("arrear", "new acme PTS 3 0"),
        ("result", "ok"),
    )
    repaid = world.issue("bakery", 10)
    assert repaid.lines[-7:] == (
        ("post", f"issued:bakery wallet:{MEMBER} PTS 10"),
        ("post", f"wallet:{MEMBER} arrears:{MEMBER}:acme PTS 3"),
        ("post", "position:bakery position:acme EUR 297"),
        ("lot", f"new bakery PTS 10 never {tariff}"),
        ("lot", "take 1:4.0 3"),
        ("arrear", "take 1:3.0 3"),
        ("result", "ok"),
    )
    assert (lines(repaid, "tariff"), repaid.balance_after) == ([str(tariff)], 7)
    assert world.model.broken_laws() == []


def test_the_oldest_arrear_is_repaid_first_and_whoever_repays_itself_moves_no_money() -> None:
    world = World()
    for act_id, partner in (("a", "acme"), ("b", "bakery"), ("c", "acme")):
        world.issue(partner, 2, act_id=act_id)
    world.redeem("cinema", 6)
    for act_id, partner in (("a", "acme"), ("b", "bakery"), ("c", "acme")):
        world.reverse(partner, act_id)
    repaid = world.issue("acme", 5)
    assert lines(repaid, "post")[1:] == [
        f"wallet:{MEMBER} arrears:{MEMBER}:acme PTS 3",
        f"wallet:{MEMBER} arrears:{MEMBER}:bakery PTS 2",
        "position:acme position:bakery EUR 20000",
    ]
    assert lines(repaid, "lot")[1:] == ["take 1:8.0 5"]
    assert lines(repaid, "arrear") == ["take 1:5.0 2", "take 1:6.0 2", "take 1:7.0 1"]
    assert world.issue("cinema", 2).balance_after == 1
    assert world.model.broken_laws() == []


def test_points_that_come_back_repay_too() -> None:
    world = World()
    world.issue("acme", 4, act_id="given")
    world.redeem("cinema", 4, act_id="spent")
    assert world.reverse("acme", "given").balance_after == 0
    back = world.reverse("cinema", "spent", 3)
    assert lines(back, "lot") == ["give 1:1.0 3", "take 1:1.0 3"]
    assert lines(back, "arrear") == ["take 1:3.0 3"]
    assert back.balance_after == 0
    assert world.reverse("cinema", "spent").balance_after == 0
    assert world.issue("bakery", 1).balance_after == 1, "all is repaid"
    assert world.model.broken_laws() == []


def test_a_tariff_may_refuse_or_let_the_issuer_bear_what_is_spent() -> None:
    world = World()
    world.issue("acme", 5, act_id="given")
    world.redeem("bakery", 1)
    world.change_tariff(Tariff(10_000, spent=Spent.REFUSE))
    refused = world.reverse("acme", "given")
    assert (refused.refusal, refused.balance_after) == ("POINTS_SPENT", 4)
    assert [key for key, _ in refused.lines] == ["member", "original", "amount", "occurred", "result"]
    assert world.reverse("acme", "given", 3).balance_after == 1, "they are there"
    world.change_tariff(Tariff(10_000, spent=Spent.BEAR))
    borne = world.reverse("acme", "given")
    assert lines(borne, "post") == [f"wallet:{MEMBER} issued:acme PTS 1"]
    assert (lines(borne, "amount"), lines(borne, "arrear")) == (["PTS 2"], [])
    assert world.reverse("acme", "given").refusal == "ALREADY_REVERSED"
    assert world.issue("acme", 5).balance_after == 5, "nothing is owed"
    assert world.model.broken_laws() == []
