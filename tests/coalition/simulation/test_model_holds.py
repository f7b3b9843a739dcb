"""What the second model says of held points, held against docs/ledger.md by hand."""

import pytest

from coalition.simulation.model import ModelError
from coalition.simulation.model.terms import spell_time
from settlement.house.acts import Suspend
from settlement.house.tariff import Tariff
from settlement.ledger.acts import Capture, Void
from tests.coalition.simulation.by_hand import MEMBER, NOON_US, OPERATOR, World, lines

MINUTE_US = 60_000_000


def holding() -> World:
    """Acme's 10 and bakery's 10 points, of which bakery holds 14 for 3 minutes; the tariff then is 10,000 micros."""
    world = World()
    world.issue("acme", 10)
    world.issue("bakery", 10)
    assert world.authorize("bakery", 14, minutes=3, act_id="hold").balance_after == 6
    return world


def capture(world: World, amount: int, *, partner: str = "bakery", shard: int = 1) -> str | None:
    return world.ask(partner, Capture("hold", amount, NOON_US), shard=shard).refusal


def test_a_hold_takes_what_a_redemption_would_and_says_until_when() -> None:
    world = World()
    world.issue("acme", 10)
    held = world.authorize("bakery", 4, minutes=2)
    assert lines(held, "post") == [f"wallet:{MEMBER} held:{MEMBER} PTS 4"]
    assert lines(held, "lot") == ["take 1:1.0 4"]
    assert lines(held, "until") == [spell_time(world.now_us + 2 * MINUTE_US)]
    assert lines(held, "tariff") == ["0"]
    assert world.authorize("bakery", 7).refusal == "INSUFFICIENT_POINTS"


def test_a_hold_lasts_no_longer_than_the_tariff_lets() -> None:
    world = World()
    world.issue("acme", 10)
    world.change_tariff(Tariff(1, 5))
    for asked, minutes in ((0, 5), (4, 4), (5, 5), (6, 5)):
        held = world.authorize("bakery", 1, minutes=asked)
        assert lines(held, "until") == [spell_time(world.now_us + minutes * MINUTE_US)]


def test_a_capture_spends_the_first_points_at_the_tariff_of_the_hold() -> None:
    world = holding()
    world.change_tariff(Tariff(99))
    captured = world.ask("bakery", Capture("hold", 12, NOON_US), shard=1, act_id="capture")
    assert captured.lines[:3] == (("member", MEMBER), ("original", "1:3"), ("amount", "PTS 12"))
    assert lines(captured, "tariff") == ["0"]
    assert lines(captured, "post") == [
        f"held:{MEMBER} redeemed:bakery PTS 12",
        "position:acme position:bakery EUR 100000",
        f"held:{MEMBER} wallet:{MEMBER} PTS 2",
    ]
    assert lines(captured, "lot") == ["spend 1:1.0 10", "spend 1:2.0 2", "give 1:2.0 2"]
    assert captured.balance_after == 8
    undone = world.reverse("bakery", "capture")
    assert lines(undone, "post") == [
        f"redeemed:bakery wallet:{MEMBER} PTS 12",
        "position:bakery position:acme EUR 100000",
    ]
    assert lines(undone, "lot") == ["give 1:2.0 2", "give 1:1.0 10"]
    assert world.model.broken_laws() == []


def test_refusals_of_a_capture_come_in_their_order() -> None:
    world = holding()
    assert capture(world, 15) == "HOLD_EXCEEDED"
    assert capture(world, 15, partner="acme") == "HOLD_UNKNOWN"
    assert capture(world, 15, shard=2) == "HOLD_UNKNOWN"
    world.now_us += 3 * MINUTE_US
    assert capture(world, 15) == "HOLD_EXPIRED"
    assert world.ask("bakery", Void("hold", NOON_US), shard=1).refusal is None
    assert capture(world, 15) == "HOLD_CLOSED"
    assert world.ask("bakery", Void("hold", NOON_US), shard=1).refusal == "HOLD_CLOSED"
    world.ask(OPERATOR, Suspend("bakery"))
    assert capture(world, 15) == "PARTNER_SUSPENDED"


def test_a_hold_is_good_until_the_very_microsecond() -> None:
    world = holding()
    world.now_us += 3 * MINUTE_US - 2
    assert capture(world, 14) is None


def test_a_hold_lapses_when_it_has_run_out_and_once() -> None:
    world = holding()
    until = world.now_us + 3 * MINUTE_US
    with pytest.raises(ModelError, match="has not run out"):
        world.lapse("1:3")
    world.now_us = until - 1
    assert world.lapse("1:3") == (
        ("member", MEMBER),
        ("original", "1:3"),
        ("until", spell_time(until)),
        ("post", f"held:{MEMBER} wallet:{MEMBER} PTS 14"),
        ("lot", "give 1:1.0 10"),
        ("lot", "give 1:2.0 4"),
    )
    assert world.model.balance(MEMBER) == 20
    for original in ("1:3", "1:1", "2:3"):
        with pytest.raises(ModelError) as caught:
            world.lapse(original)
        assert caught.value.reason == "NO_LAPSE_DUE"
    assert world.model.broken_laws() == []


def test_held_points_count_towards_the_limit_of_a_wallet() -> None:
    world = World()
    world.issue("acme", 10**15)
    world.authorize("bakery", 10**12)
    assert world.issue("acme", 1).refusal == "LIMIT_EXCEEDED"
