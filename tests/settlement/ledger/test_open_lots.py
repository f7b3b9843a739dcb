"""A batch reads only lots that it may come to, and that never changes what it decides."""

import random
from typing import Any

from coalition.api.v1.exchange_pb2 import (
    AuthorizeRequest,
    IssueRequest,
    RedeemRequest,
    ReverseRequest,
    VoidRequest,
)
from coalition.api.v1.members_pb2 import LinkAliasRequest
from coalition.audit.fsck import fsck
from settlement.journal.acts import Act, Outcome
from settlement.ledger.open_lots import FIRST
from settlement.ledger.rules.points import SLICES_MAX
from tests.support.small_network import SmallNetwork, just_now, points

LOTS = 4 * FIRST
POINTS = 3
"""In each lot."""


async def _verdicts(network: SmallNetwork, acts: list[Act[Any]]) -> list[tuple[str | None, int | None]]:
    found = []
    for verdict in await network.post(1, acts):
        assert isinstance(verdict, Outcome), verdict
        found.append((verdict.refusal, verdict.balance_after))
    return found


async def _member_with_lots(network: SmallNetwork) -> tuple[str, list[str]]:
    """A fresh member with `LOTS` lots, and the acts that issued them."""
    member = await network.enrol("bakery", 1)
    issues = [network.act("bakery", IssueRequest(**points(member, POINTS))) for _ in range(LOTS)]
    assert {refusal for refusal, _ in await _verdicts(network, issues)} == {None}
    return member, [act.act_id for act in issues]


async def test_redemptions_of_any_size_in_one_batch_find_all_the_lots_they_need(
    network: SmallNetwork,
) -> None:
    rng = random.Random(7)
    for _ in range(6):
        member, issues = await _member_with_lots(network)
        left, acts = LOTS * POINTS, list[Act[Any]]()
        expected: list[tuple[str | None, int | None]] = []
        # What is taken back from the first lots must be made up for by lots that come after those that were read first.
        for original in rng.sample(issues[: FIRST + 2], rng.randrange(FIRST)):
            acts.append(
                network.act("bakery", ReverseRequest(original_act_id=original, occurred_at=just_now()))
            )
            left -= POINTS
            expected.append((None, left))
        for _ in range(4):
            amount = rng.choice([1, POINTS * FIRST, left // 3 + 1])
            acts.append(network.act("grocer", RedeemRequest(**points(member, amount))))
            enough = amount <= left
            left -= amount if enough else 0
            expected.append((None if enough else "INSUFFICIENT_POINTS", left))
        assert await _verdicts(network, acts) == expected
    assert list(fsck(network.dsn)) == []


async def test_an_alias_linked_in_the_same_batch_finds_the_lots_of_its_member(network: SmallNetwork) -> None:
    member, _ = await _member_with_lots(network)
    token, request = b"t" * 32, points(member, POINTS * (FIRST + 5))
    by_alias = RedeemRequest(alias_token=token, amount=request["amount"], occurred_at=request["occurred_at"])
    acts = [
        network.act("bakery", LinkAliasRequest(member_id=member, alias_token=token)),
        network.act("grocer", by_alias),
    ]
    assert (await _verdicts(network, acts))[1] == (None, POINTS * (LOTS - FIRST - 5))
    assert list(fsck(network.dsn)) == []


async def test_more_lots_than_one_act_may_use_are_told_apart_from_lots_that_are_missing(
    network: SmallNetwork,
) -> None:
    member = await network.enrol("bakery", 1)
    for _ in range(5):
        issues = [
            network.act("bakery", IssueRequest(**points(member, POINTS))) for _ in range(SLICES_MAX // 2)
        ]
        assert {refusal for refusal, _ in await _verdicts(network, issues)} == {None}
    held = POINTS * 5 * (SLICES_MAX // 2)
    for amount in (held, POINTS * SLICES_MAX + 1):
        asked = [network.act("grocer", RedeemRequest(**points(member, amount)))]
        assert await _verdicts(network, asked) == [("TOO_MANY_LOTS", held)]
    most = POINTS * SLICES_MAX
    asked = [network.act("grocer", RedeemRequest(**points(member, most))) for _ in range(3)]
    assert await _verdicts(network, asked) == [
        (None, held - most),
        (None, held - 2 * most),
        ("INSUFFICIENT_POINTS", held - 2 * most),
    ]
    assert list(fsck(network.dsn)) == []


async def test_a_lot_that_is_known_by_name_is_not_spent_before_its_turn(network: SmallNetwork) -> None:
    """A hold that ends names a lot of the far end, which alone would do for a redemption beside it."""
    member, _ = await _member_with_lots(network)
    all_spent = network.act("grocer", RedeemRequest(**points(member, LOTS * POINTS)))
    large = network.act("bakery", IssueRequest(**points(member, 1_000)))
    hold = network.act("grocer", AuthorizeRequest(**points(member, 5)))
    given_back = network.act(
        "grocer", ReverseRequest(original_act_id=all_spent.act_id, occurred_at=just_now())
    )
    for act in (all_spent, large, hold, given_back):
        assert (await _verdicts(network, [act]))[0][0] is None
    ended = network.act("grocer", VoidRequest(hold_act_id=hold.act_id, occurred_at=just_now()))
    spent = network.act("grocer", RedeemRequest(**points(member, 2 * FIRST * POINTS)))
    assert [refusal for refusal, _ in await _verdicts(network, [ended, spent])] == [None, None]
    assert list(fsck(network.dsn)) == []
