"""The model by hand: points, members and aliases, as docs/ledger.md and docs/journal.md tell them."""

from coalition.simulation.model import Judgement
from settlement.house.acts import Activate, Register, Suspend
from settlement.house.tariff import Tariff
from settlement.ledger.acts import Enrol, Issue, LinkAlias, MemberName, Redeem, Reverse
from tests.coalition.simulation.by_hand import MEMBER, NOON_US, OPERATOR, OTHER, World, key, lines


def test_the_entry_of_a_redemption_is_the_one_on_the_page_of_the_journal() -> None:
    world = World()
    world.issue("acme", 1_000)
    world.issue("bakery", 500)
    redeemed = world.redeem("bakery", 1_200)
    assert redeemed == Judgement(
        refusal=None,
        lines=(
            ("member", MEMBER),
            ("amount", "PTS 1200"),
            ("occurred", "2026-11-21T12:00:00.000000Z"),
            ("tariff", "0"),
            ("post", f"wallet:{MEMBER} redeemed:bakery PTS 1200"),
            ("post", "position:acme position:bakery EUR 10000000"),
            ("lot", "take 1:1.0 1000"),
            ("lot", "take 1:2.0 200"),
            ("result", "ok"),
        ),
        member=MEMBER,
        balance_after=300,
    )


def test_own_points_move_no_money_and_funders_owe_in_the_order_of_their_first_slice() -> None:
    world = World(Tariff(20_000))
    for partner, amount in (("cinema", 5), ("acme", 7), ("bakery", 3), ("cinema", 2)):
        world.issue(partner, amount)
    redeemed = world.redeem("bakery", 16)
    assert lines(redeemed, "lot") == ["take 1:1.0 5", "take 1:2.0 7", "take 1:3.0 3", "take 1:4.0 1"]
    assert lines(redeemed, "post")[1:] == [
        "position:cinema position:bakery EUR 120000",
        "position:acme position:bakery EUR 140000",
    ]


def test_refusals_on_members_in_the_order_of_the_page() -> None:
    world = World()
    world.ask(OPERATOR, Register("new", "new"))
    world.ask(OPERATOR, key("new", "new"))
    bodies = (
        Issue(MemberName("nobody"), 1, 0),
        Redeem(MemberName("nobody"), 1, 0),
        Reverse("none", 0),
        Enrol("x", (b"card",)),
        LinkAlias("nobody", b"card"),
    )
    assert {world.ask("new", body, shard=1).refusal for body in bodies} == {"PARTNER_NOT_ACTIVE"}
    world.ask(OPERATOR, Suspend("new"))
    assert {world.ask("new", body, shard=1).refusal for body in bodies} == {"PARTNER_SUSPENDED"}
    world.ask(OPERATOR, Activate("new"))
    assert [world.ask("new", body, shard=1).refusal for body in bodies] == [
        "MEMBER_UNKNOWN",
        "MEMBER_UNKNOWN",
        "ORIGINAL_UNKNOWN",
        "ALIAS_TAKEN",
        "MEMBER_UNKNOWN",
    ]
    assert world.redeem("acme", 1).refusal == "INSUFFICIENT_POINTS"
    assert world.ask("acme", LinkAlias(MEMBER, b"card"), shard=1).refusal == "ALIAS_TAKEN"


def test_a_refusal_names_the_member_it_found() -> None:
    refused = World().ask("acme", Redeem(MemberName(alias=b"card"), 3, NOON_US), shard=1)
    assert (refused.member, refused.balance_after) == (MEMBER, 0)
    assert refused.lines == (
        ("member", MEMBER),
        ("amount", "PTS 3"),
        ("occurred", "2026-11-21T12:00:00.000000Z"),
        ("result", "refused INSUFFICIENT_POINTS"),
    )


def test_a_member_is_known_in_its_own_shard_and_an_alias_taken_in_all() -> None:
    world = World()
    world.issue("acme", 5, act_id="given")
    astray = world.ask("acme", Issue(MemberName(MEMBER), 5, 0), shard=2)
    assert (astray.refusal, astray.member, astray.balance_after) == ("MEMBER_UNKNOWN", None, None)
    assert world.ask("acme", Issue(MemberName(alias=b"card"), 5, 0), shard=2).refusal == "MEMBER_UNKNOWN"
    assert world.reverse("acme", "given", shard=2).refusal == "ORIGINAL_UNKNOWN"
    assert world.ask("acme", LinkAlias(OTHER, b"card"), shard=2).refusal == "ALIAS_TAKEN"
    assert world.ask("acme", Enrol("x", (b"card",)), shard=2).lines == (("result", "refused ALIAS_TAKEN"),)
