"""The model by hand: partners, keys, the tariff, and what gets an error instead of an entry."""

import pytest

from coalition.simulation.model import Asked, ModelError, Place
from settlement.house.acts import ApproveTariff, RevokeKey, Suspend
from settlement.house.tariff import Tariff
from settlement.ledger.acts import Enrol, MemberName, Redeem
from tests.coalition.simulation.by_hand import MEMBER, NOON_US, OPERATOR, World, error_of, key, lines


def test_the_house_counts_as_it_was_below_the_entrys_house_size() -> None:
    world = World()
    world.issue("acme", 20)
    before = world.model.size(0)
    world.change_tariff(Tariff(7))
    world.ask(OPERATOR, Suspend("bakery"))
    late = world.ask("bakery", Redeem(MemberName(MEMBER), 2, 0), shard=1, house=before)
    assert lines(late, "post")[1] == "position:acme position:bakery EUR 20000"
    between = world.ask("bakery", Redeem(MemberName(MEMBER), 2, 0), shard=1, house=before + 2)
    assert lines(between, "post")[1] == "position:acme position:bakery EUR 14"
    assert world.redeem("bakery", 2).refusal == "PARTNER_SUSPENDED"
    assert world.model.partner_state("bakery", before) == "active"


def test_an_approver_counts_once_both_kinds_of_the_operators_keys_have_named_it() -> None:
    world = World()
    carol = key(OPERATOR, "carol", "carol")
    assert world.ask("ann", carol).refusal is None
    assert world.ask("bob", carol).refusal == "KEY_EXISTS", "two people are of one kind"
    assert world.model.key("carol") is None
    assert world.ask(OPERATOR, RevokeKey("carol", "retired", None)).refusal == "KEY_UNKNOWN"
    assert world.ask(OPERATOR, carol).refusal is None
    assert world.model.key_is_live("carol", world.model.size(0))
    assert not world.model.key_is_live("carol", world.model.size(0) - 1)
    assert world.ask(OPERATOR, key(OPERATOR, "carol-2", "carol")).refusal == "TOO_MANY_KEYS"
    assert world.ask(OPERATOR, RevokeKey("ann", "compromised", NOON_US)).lines == (
        ("keyid", "ann"),
        ("reason", "compromised"),
        ("suspect-from", "2026-11-21T12:00:00.000000Z"),
        ("result", "ok"),
    )
    assert world.ask(OPERATOR, RevokeKey("bob", "retired", None)).refusal == "LAST_KEY"
    assert error_of(world, "ann", carol) == "KEY_REVOKED"


def test_errors_instead_of_entries() -> None:
    world = World()
    world.issue("acme", 5, act_id="given")
    size = world.model.size(0)
    assert error_of(world, "nobody", Enrol("x", ()), shard=1) == "KEY_UNKNOWN"
    assert error_of(world, OPERATOR, Enrol("x", ()), shard=1) == "ROLE_MISSING"
    assert error_of(world, "acme", ApproveTariff("00" * 32)) == "ROLE_MISSING"
    assert error_of(world, "acme", Enrol("x", ())) == "OUT_OF_PLACE"
    assert error_of(world, "acme", Enrol(MEMBER, ()), shard=1) == "MEMBER_EXISTS"
    assert error_of(world, "acme", Enrol("x", ()), shard=1, house=size + 1) == "OUT_OF_PLACE"
    assert error_of(world, "acme", Enrol("x", ()), shard=1, house=size - 1) == "OUT_OF_PLACE"
    with pytest.raises(ModelError) as caught:
        world.issue("acme", 5, act_id="given")
    assert caught.value.reason == "ACT_ID_REUSED"
    place = Place(1, world.model.size(1), size, world.now_us + 1)
    with pytest.raises(ModelError) as caught:
        world.model.judge(place, Asked("bakery", "acme", "other", Enrol("x", ())))
    assert caught.value.reason == "PARTNER_MISMATCH"
    with pytest.raises(ModelError) as caught:
        world.model.cut(place)
    assert caught.value.reason == "NO_CUT_DUE"
    assert world.model.broken_laws() == []
