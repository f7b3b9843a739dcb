"""Laws of the batch on a real PostgreSQL: a serial history per shard, each act once over all shards, batching changes nothing."""

import asyncio
import random
import uuid
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from psycopg import AsyncConnection

from coalition.api.v1 import partners_pb2
from coalition.api.v1.exchange_pb2 import IssueRequest, RedeemRequest, ReverseRequest
from coalition.api.v1.members_pb2 import EnrolRequest, LinkAliasRequest
from coalition.audit.fsck import fsck
from settlement.clock import SECOND_US, now_us
from settlement.database import GATEWAY, connect_async
from settlement.errors import CoalitionError
from settlement.journal.acts import Act, Outcome
from settlement.journal.leaf import HOUSE
from settlement.ledger.batch import Verdict, post
from settlement.ledger.members import MemberRules
from settlement.ledger.memory import HouseMemory
from tests.support.small_network import OPERATOR, SmallNetwork, exchange_key, points


def issue(network: SmallNetwork, shard: int, amount: int, act_id: str | None = None) -> Act[object]:
    return network.act("bakery", IssueRequest(**points(member_of(network, shard), amount)), act_id=act_id)


def member_of(network: SmallNetwork, shard: int) -> str:
    return next(member for place, member in network.members if place == shard)


def outcome(verdict: Verdict) -> Outcome:
    assert isinstance(verdict, Outcome), verdict
    return verdict


def reason(verdict: Verdict) -> str:
    assert isinstance(verdict, CoalitionError), verdict
    return verdict.reason


async def rows(network: SmallNetwork, query: str) -> list[Any]:
    return await (await network.gateway.execute(query.encode())).fetchall()


def sound(network: SmallNetwork) -> bool:
    return list(fsck(network.dsn)) == []


async def other_gateway(network: SmallNetwork) -> tuple[AsyncConnection[Any], HouseMemory]:
    """What another process would post with."""
    return await connect_async(network.dsn, GATEWAY), HouseMemory()


async def test_errors_leave_no_gap_and_refusals_take_a_number(network: SmallNetwork) -> None:
    stale = replace(issue(network, 1, 5), expires_at_us=now_us() - SECOND_US)
    early = replace(issue(network, 1, 5), issued_at_us=now_us() + 90 * SECOND_US)
    unknown = network.act("bakery", IssueRequest(**points(str(uuid.uuid4()), 5)))
    keyless = replace(issue(network, 1, 5), keyid="00" * 32)
    batch = [issue(network, 1, 5), stale, unknown, early, issue(network, 1, 6), keyless, issue(network, 1, 7)]
    first, *verdicts = await network.post(1, batch)
    start = outcome(first).index
    assert [reason(verdicts[at]) for at in (0, 2, 4)] == [
        "REQUEST_EXPIRED",
        "REQUEST_FROM_THE_FUTURE",
        "KEY_REVOKED",
    ]
    recorded = [outcome(verdicts[at]) for at in (1, 3, 5)]
    assert [(o.index - start, o.refusal) for o in recorded] == [(1, "MEMBER_UNKNOWN"), (2, None), (3, None)]
    assert [o.balance_after for o in recorded] == [None, 11, 18]
    assert await rows(network, "SELECT size FROM shards WHERE shard = 1") == [(start + 4,)]
    times = [
        row[0]
        for row in await rows(network, "SELECT recorded_at_us FROM entries WHERE shard = 1 ORDER BY index")
    ]
    assert all(earlier < later for earlier, later in pairwise(times))
    assert sound(network)


async def test_an_error_may_be_sent_again_and_is_then_decided(network: SmallNetwork) -> None:
    act = issue(network, 1, 5)
    [early] = await network.post(1, [replace(act, issued_at_us=now_us() + 90 * SECOND_US)])
    assert reason(early) == "REQUEST_FROM_THE_FUTURE"
    assert outcome((await network.post(1, [act]))[0]).refusal is None


async def test_an_act_twice_in_one_batch_is_one_entry_and_its_id_with_other_bytes_an_error(
    network: SmallNetwork,
) -> None:
    act = issue(network, 1, 5)
    other = issue(network, 1, 6, act.act_id)
    first, second, reused, third = await network.post(1, [act, act, other, act])
    assert first == second == third
    assert reason(reused) == "ACT_ID_REUSED"
    assert await rows(network, f"SELECT count(*) FROM acts WHERE act_id = '{act.act_id}'") == [(1,)]
    assert outcome(first).balance_after == 5
    assert sound(network)


async def test_a_replay_is_answered_before_freshness_keys_and_state_are_looked_at(
    network: SmallNetwork,
) -> None:
    act = issue(network, 1, 5)
    [first] = await network.post(1, [act])
    await exchange_key(network, "bakery")
    await network.ask(HOUSE, OPERATOR, partners_pb2.SuspendRequest(partner_id="bakery"))
    [again] = await network.post(1, [replace(act, expires_at_us=1, issued_at_us=0)])
    assert again == first


async def test_a_revoked_key_posts_nothing_more_and_another_gateway_sees_it_in_its_next_batch(
    network: SmallNetwork,
) -> None:
    late = [issue(network, 1, 5) for _ in range(2)]
    connection, memory = await other_gateway(network)
    async with connection:
        await post(connection, memory, MemberRules, 1, [issue(network, 1, 5)])
        await exchange_key(network, "bakery")
        for verdicts in (
            await network.post(1, late[:1]),
            await post(connection, memory, MemberRules, 1, late[1:]),
        ):
            assert reason(verdicts[0]) == "KEY_REVOKED"
    assert sound(network)


async def test_a_key_ended_in_a_batch_of_the_house_signs_nothing_later_in_it(network: SmallNetwork) -> None:
    ending = partners_pb2.RevokeKeyRequest(
        keyid=network.keys["grocer"].keyid, reason=partners_pb2.REVOCATION_REASON_COMPROMISED
    )
    batch = [network.act("grocer", ending), network.act("grocer", ending)]
    first, second = await network.post(HOUSE, batch)
    assert outcome(first).refusal is None
    assert reason(second) == "KEY_REVOKED"
    assert sound(network)


async def test_concurrent_batches_of_two_gateways_give_each_act_one_entry(network: SmallNetwork) -> None:
    connection, memory = await other_gateway(network)
    async with connection:
        for _ in range(10):
            acts = [issue(network, 1, 5) for _ in range(8)]
            mine, theirs = await asyncio.gather(
                network.post(1, acts), post(connection, memory, MemberRules, 1, acts[::-1])
            )
            assert [outcome(verdict) for verdict in mine] == [outcome(verdict) for verdict in theirs[::-1]]
    assert (await rows(network, "SELECT count(*), sum(quantity) FROM lots"))[0] == (80, 400)
    assert sound(network)


async def test_one_act_id_sent_to_two_shards_at_once_is_recorded_in_one(network: SmallNetwork) -> None:
    connection, memory = await other_gateway(network)
    async with connection:
        for _ in range(20):
            act_ids = [str(uuid.uuid4()) for _ in range(4)]
            here = [issue(network, 1, 5, act_id) for act_id in act_ids]
            there = [issue(network, 2, 5, act_id) for act_id in act_ids[::-1]]
            mine, theirs = await asyncio.gather(
                network.post(1, here), post(connection, memory, MemberRules, 2, there)
            )
            for one, two in zip(mine, theirs[::-1], strict=True):
                kept, lost = (one, two) if isinstance(one, Outcome) else (two, one)
                assert outcome(kept).refusal is None
                assert reason(lost) == "ACT_ID_REUSED"
            stored = f"SELECT count(*) FROM acts WHERE act_id = ANY('{{{','.join(act_ids)}}}')"
            assert await rows(network, stored) == [(4,)]
    assert sound(network)


async def test_the_same_bytes_at_two_shards_at_once_have_one_outcome(network: SmallNetwork) -> None:
    """A new member's shard is drawn by lot, so a retry through another gateway may come to another shard."""
    connection, memory = await other_gateway(network)
    async with connection:
        for number in range(10):
            enrol = network.act("bakery", EnrolRequest(alias_tokens=[bytes([number]) * 32]))
            [mine], [theirs] = await asyncio.gather(
                network.post(1, [enrol]), post(connection, memory, MemberRules, 2, [enrol])
            )
            assert outcome(mine) == outcome(theirs)
    assert await rows(network, "SELECT count(*) FROM members") == [(12,)]
    assert sound(network)


async def test_one_alias_enrolled_in_two_shards_at_once_names_one_member(network: SmallNetwork) -> None:
    connection, memory = await other_gateway(network)
    async with connection:
        for number in range(10):
            enrols = [
                network.act("bakery", EnrolRequest(alias_tokens=[bytes([number]) * 32])) for _ in range(2)
            ]
            [mine], [theirs] = await asyncio.gather(
                network.post(1, enrols[:1]), post(connection, memory, MemberRules, 2, enrols[1:])
            )
            assert {outcome(mine).refusal, outcome(theirs).refusal} == {None, "ALIAS_TAKEN"}
    assert sound(network)


def drawn_acts(network: SmallNetwork, shard: int, seed: int) -> list[Act[object]]:
    """The same acts for every shard, by the seed: by id, by alias, linked on the way, reversed, refused."""
    chance, token = random.Random(seed), bytes([shard]) + seed.to_bytes(31)
    ids: list[tuple[str, str]] = []
    acts = []
    for _ in range(chance.randint(2, 14)):
        who = chance.choice(["bakery", "grocer"])
        kind = chance.choice(["issue", "issue", "redeem", "redeem", "reverse", "link"])
        fields = points(member_of(network, shard), chance.randint(1, 30))
        by_alias, original = (
            chance.random() < 0.4,
            chance.choice(ids) if ids else (who, str(uuid.UUID(int=seed))),
        )
        if by_alias:
            fields = {"alias_token": token, "amount": fields["amount"], "occurred_at": fields["occurred_at"]}
        request: Any
        if kind == "reverse":
            who = original[0]
            request = ReverseRequest(original_act_id=original[1], occurred_at=fields["occurred_at"])
        elif kind == "link":
            request = LinkAliasRequest(member_id=member_of(network, shard), alias_token=token)
        else:
            request = (IssueRequest if kind == "issue" else RedeemRequest)(**fields)
        acts.append(network.act(who, request))
        ids.append((who, acts[-1].act_id))
    return acts


async def test_a_batch_decides_as_one_act_after_the_other(network: SmallNetwork) -> None:
    for seed in range(30):
        together = await network.post(1, drawn_acts(network, 1, seed))
        one_by_one = [(await network.post(2, [act]))[0] for act in drawn_acts(network, 2, seed)]
        facts = [
            [(o.refusal, o.balance_after) for o in map(outcome, side)] for side in (together, one_by_one)
        ]
        assert facts[0] == facts[1], seed
    assert sound(network)


async def test_the_number_of_statements_does_not_depend_on_the_number_of_acts(
    network: SmallNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, memory = await other_gateway(network)
    execute, statements = connection.execute, 0

    async def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal statements
        statements += 1
        return await execute(*args, **kwargs)

    counts = []
    async with connection:
        await memory.refresh(connection)
        monkeypatch.setattr(connection, "execute", counted)
        for size in (1, 7, 512):
            statements = 0
            acts = [issue(network, 1, 5) for _ in range(size)]
            verdicts = await post(connection, memory, MemberRules, 1, acts)
            assert [outcome(verdict).refusal for verdict in verdicts] == [None] * size
            counts.append(statements)
        monkeypatch.undo()
    assert len(set(counts)) == 1


async def test_a_cut_stands_before_the_first_entry_of_the_next_cycle(network: SmallNetwork) -> None:
    await network.post(1, [issue(network, 1, 5)])
    for cycle in (1, 2):
        await network.close_cycle(cycle, f"cycle {cycle}")
    await network.post(1, [issue(network, 1, 5)])
    kinds = await rows(network, "SELECT kind, leaf FROM entries WHERE shard = 1 ORDER BY index")
    assert [kind for kind, _ in kinds] == ["enrol", "issue", "cut", "cut", "issue"]
    assert [leaf.split("range ")[1].split("\n")[0] for kind, leaf in kinds if kind == "cut"] == ["0 2", "2 3"]
    assert sound(network)
