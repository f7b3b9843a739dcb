"""The simulator's stand-in answers as PostgreSQL does: the same batches on both leave the same verdicts, tables and answers."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import accumulate
from random import Random
from typing import Any, cast

import psycopg
import pytest

from coalition.exchange import exchange
from coalition.gateway import exchange_reads
from coalition.simulation.founding import found as found_stand_in
from coalition.simulation.postgres.session import Postgres, Session
from coalition.simulation.postgres.statements import STATEMENTS
from coalition.simulation.postgres.tables import Tables
from settlement.clearing import obligations
from settlement.clearing.acts import CloseCycle
from settlement.clearing.desk import DeskRules
from settlement.clock import format_time
from settlement.database import GATEWAY, OWNER, WORKER, connect, connect_writer
from settlement.house.acts import Activate, ApproveTariff, ProposeTariff, Register, Suspend
from settlement.house.records import APPROVER, REQUEST, Key
from settlement.house.tariff import Tariff
from settlement.journal.acts import Act, Outcome
from settlement.journal.leaf import HOUSE
from settlement.ledger import batch, crossing, members, memory, open_lots, proof_rows, sweeping
from settlement.ledger.acts import (
    CODE,
    ON_EVENT_US,
    AddMemberProof,
    Authorize,
    Capture,
    Code,
    Enrol,
    Issue,
    LinkAlias,
    MemberName,
    Redeem,
    Release,
    RemoveMemberProof,
    Reverse,
    TransferPoints,
    Void,
)
from settlement.ledger.batch import Verdict, post
from settlement.ledger.consent import after
from settlement.ledger.founding import found
from settlement.ledger.members import MemberRules
from settlement.ledger.memory import HouseMemory
from settlement.ledger.sweeping import SweepRules
from settlement.money import ASSETS, VALUE
from settlement.statements import reading
from settlement.statements.cyclebook import MAY_BE_LATE
from settlement.statements.purposes import REPAYS
from settlement.worker import publisher
from tests.simulation.real_postgres import read_tables
from tests.support.postgres import drop_database, new_books
from tests.support.pure_acts import NETWORK, OPERATOR, T0_US, act, fresh_id, keyid_for

PARTNERS = ("bakery", "grocer")
NOW_US = 1_900_000_000_000_000
SHARD, ELSEWHERE = 1, 2
FAR, UNSEEN = 0, 6
"""Which of the known members lives elsewhere, and how many are known and never enrolled."""
TWO_SHARDS = replace(NETWORK, shards=2)
BATCHES = 80
LIFE_US = 10**17
CHAIN = [*accumulate(range(60), lambda code, _: after(code), initial=bytes(16))]
EXPIRIES = ("never", "months-1", "year-end-1", "activity-1", "activity-3")
LATER_US, LAST_US = 5 * 10**15, 10**16
"""Far ahead of both clocks."""
OF_CYCLE = {"cycle": 3, "debtor": PARTNERS[0], "unit": 10_000}
SPAN = {"shard": SHARD, "first": 2, "after": 2_000, "assets": [*ASSETS], "repays": REPAYS, "currency": "EUR"}
SPAN |= {"kinds": [*MAY_BE_LATE], "began": format_time(NOW_US + BATCHES)}
ON_A_CYCLE: dict[str, object] = {reading.CUTS: {"cycle": 1}, reading.CLOSED_AT: (HOUSE, 3)}
ON_A_CYCLE |= dict.fromkeys((reading.POINTS, reading.MONEY, reading.LATE), SPAN)
ON_A_CYCLE |= dict.fromkeys((obligations.ACCRUED, obligations.ACCRUED_BY, obligations.FIGURES), OF_CYCLE)
KEYS = [Key(keyid_for(name), "ed25519", REQUEST, name, None, b"spki", 0) for name in (OPERATOR, *PARTNERS)]
KEYS += [Key(keyid_for(name), "ed25519", APPROVER, OPERATOR, name, b"spki", 0) for name in ("ann", "bob")]


@pytest.fixture
def books() -> Iterator[str]:
    """Founded books."""
    dsn = new_books()
    with connect(dsn, OWNER) as connection:
        found(connection, TWO_SHARDS, tariff=Tariff(10_000), keys=KEYS)
    yield dsn
    drop_database(dsn)


def stand_in() -> Postgres:
    """The same, in memory."""
    server = Postgres(asyncio.get_running_loop().time, NOW_US, Random(1))
    found_stand_in(server.tables, TWO_SHARDS, tariff=Tariff(10_000), keys=KEYS, time_us=NOW_US)
    return server


def batches(chance: Random) -> Iterator[tuple[int, list[Act[object]]]]:
    """Shards and acts: members, aliases and act ids meet again and again. Without acts: the worker comes by."""
    known, aliases = [fresh_id() for _ in range(UNSEEN)], [bytes([n]) * 32 for n in range(6)]
    done: list[Act[object]] = []
    for name in PARTNERS:
        yield HOUSE, [asks(OPERATOR, Register(name, name.title())), asks(OPERATOR, Activate(name))]
    known.insert(FAR, fresh_id())
    yield ELSEWHERE, [asks(PARTNERS[0], Enrol(known[FAR], ()))]
    for number in range(BATCHES):
        if number % 20 == 19:
            yield HOUSE, [asks(OPERATOR, CloseCycle(1 + number // 20, None))]
        elif number % 9 == 4:
            tariff, sha256 = _tariff(chance), f"{number:064x}"
            yield HOUSE, [by_person("ann", ProposeTariff(tariff, None, sha256))]
            yield HOUSE, [by_person("bob", ApproveTariff(sha256))]
        elif number % 27 == 26:
            yield HOUSE, [asks(OPERATOR, chance.choice((Suspend, Activate))(chance.choice(PARTNERS)))]
        acts = [_some_act(chance, known, aliases, done) for _ in range(chance.randint(1, 12))]
        done += acts
        yield SHARD, acts
        if number % 9 == 8 and number < BATCHES // 2:
            yield ELSEWHERE, []


def _tariff(chance: Random) -> Tariff:
    most, notice = chance.choice((0, 40, 40, 40)), chance.choice((0, 20))
    expiries = {"expiry": chance.choice(EXPIRIES), "value_expiry": chance.choice(EXPIRIES[:-2])}
    most_of = {"transfer_points_max": most, "value_transfer_max": 40}
    return Tariff(10_000, **expiries, **most_of, notice_days=notice)  # type: ignore[arg-type]


def _some_act(chance: Random, known: list[str], aliases: list[bytes], done: list[Act[object]]) -> Act[object]:
    if done and chance.random() < 0.1:
        again = chance.choice(done)
        return again if chance.random() < 0.5 else replace(again, payload_sha256=bytes(32))
    member, alias = chance.choice(known), chance.choice(aliases)
    name = MemberName(alias=alias) if chance.random() < 0.3 else MemberName(member=member)
    giver = MemberName(chance.choice(known[UNSEEN + 1 :] or known))
    original = chance.choice(done[-12:]).act_id if done else fresh_id()
    bodies: tuple[object, ...] = (
        Enrol(fresh_id() if chance.random() < 0.8 else known[-1], (alias,) if chance.random() < 0.5 else ()),
        LinkAlias(member, alias),
        *[Issue(name, chance.randint(1, 50), T0_US)] * 3,
        *[Issue(name, chance.randint(1, 50), T0_US, asset=VALUE)] * 2,
        Issue(name, chance.randint(1, 50), T0_US, chance.choice((ON_EVENT_US, LATER_US))),
        Release(original, T0_US),
        *[Redeem(name, chance.randint(1, 60), T0_US)] * 3,
        *[Redeem(name, chance.randint(1, 60), T0_US, asset=VALUE)] * 2,
        *[TransferPoints(giver, MemberName(chance.choice((member, known[FAR]))), chance.randint(1, 9), T0_US)]
        * 4,
        TransferPoints(giver, MemberName(chance.choice((member, known[FAR]))), 5, T0_US, VALUE),
        Authorize(name, chance.randint(1, 60), T0_US, 0, asset=VALUE),
        *[Authorize(name, chance.randint(1, 60), T0_US, 0)] * 2,
        *[Capture(original, chance.randint(1, 30), T0_US)] * 2,
        Void(original, T0_US),
        AddMemberProof(member, CODE, CHAIN[-1]),
        RemoveMemberProof(member, CODE, Code(chance.choice(CHAIN))),
        *[Redeem(name, chance.randint(1, 9), T0_US, Code(chance.choice(CHAIN)))] * 2,
        Reverse(original, T0_US),
        Reverse(original, T0_US, chance.randint(1, 30)),
    )
    body = chance.choice(bodies)
    if isinstance(body, Enrol) and body.member not in known:
        known.append(body.member)
    elif isinstance(body, Enrol):
        body = replace(body, member=fresh_id())
    return asks(chance.choice(PARTNERS), body)


def by_person(name: str, body: object) -> Act[object]:
    """An act that a person signs for the operator."""
    return replace(asks(name, body), partner=OPERATOR)


def asks(partner: str, body: object) -> Act[object]:
    """An act that is good at any time: the two clocks differ."""
    return replace(act(partner, body), issued_at_us=1, expires_at_us=LIFE_US)


def told(verdict: Verdict) -> tuple[object, ...]:
    """A verdict without what the clock has part in."""
    if isinstance(verdict, Outcome):
        return (verdict.shard, verdict.index, verdict.refusal, verdict.member, verdict.balance_after)
    return (verdict.reason,)


async def test_the_same_batches_leave_the_same_books(books: str) -> None:
    server, memories = stand_in(), (HouseMemory(), HouseMemory())
    roles: dict[str, tuple[Any, ...]] = {
        role: (await server.connect(role), await connect_writer(books, role, statement_timeout="15s"))
        for role in (GATEWAY, WORKER)
    }
    sessions = roles[GATEWAY]
    async with sessions[1], roles[WORKER][1]:
        for shard, acts in batches(Random(8)):
            rules = cast(Any, DeskRules if shard == HOUSE else MemberRules if acts else SweepRules)
            said = [
                [told(each) for each in await post(session, known, rules, shard, acts)]
                for session, known in zip(roles[GATEWAY if acts else WORKER], memories, strict=True)
            ]
            assert said[0] == said[1]
        for session in roles[WORKER]:
            await session.execute(obligations.KEEP, {"cycle": 2})
        assert server.tables.accrued
        assert timeless(server.tables) == timeless(read_tables(books))
        assert {row.arrived_by is None for row in server.tables.transits.values()} == {True, False}
        assert {lot.asset for lot in server.tables.lots.values()} == {*ASSETS}
        await same_answers(sessions[0], sessions[1], server.tables, read_tables(books))


def timeless(tables: Tables) -> dict[str, object]:
    """The tables without times, leaves and their hashes."""
    rows = {
        name: getattr(tables, name) for name in ("aliases", "arrears", "balances", "concerns", "obligations")
    }
    rows["lots"] = {
        name: replace(lot, expires_at_us=0, notice_us=lot.notice_us and 0)
        for name, lot in tables.lots.items()
    }
    rows["members"] = {
        member: replace(row, active_at_us=row.active_at_us and 0, sent_day=0)
        for member, row in tables.members.items()
    }
    rows |= {
        name: getattr(tables, name)
        for name in ("transfers", "payloads", "acts", "accrued", "reversals", "transits", "proofs")
    }
    rows["entries"] = {
        shard: [replace(entry, recorded_at_us=0, leaf="", leaf_hash=b"") for entry in entries]
        for shard, entries in tables.entries.items()
    }
    rows["holds"] = {key: replace(row, until_us=0) for key, row in tables.holds.items()}
    rows["shards"] = {shard: replace(row, recorded_at_us=0) for shard, row in tables.shards.items()}
    return rows


async def same_answers(
    stand: Session, real: psycopg.AsyncConnection[Any], tables: Tables, real_tables: Tables
) -> None:
    """Every statement that only reads, asked of both."""
    for statement, parameters in _questions(tables).items():
        rows = await (await stand.execute(statement, parameters)).fetchall()
        real_rows = await (await real.execute(statement.encode(), cast(Any, parameters))).fetchall()
        assert comparable(rows, tables) == comparable(real_rows, real_tables), statement


def _questions(tables: Tables) -> dict[str, object]:
    """The statements, with parameters that find something."""
    known, ids = list(tables.members), [name[1] for name in tables.acts]
    tokens, lots = list(tables.aliases), [name[1:] for name in tables.lots]
    act = next(iter(tables.acts))
    most, spread = [2] * len(known), [at % 3 for at in range(len(known))]
    assets = [ASSETS[at % 2] for at in range(len(known))]
    due = {"now_us": LAST_US, "months": [1, 3], "since_us": [LAST_US, 0]}
    asked: dict[str, object] = {
        batch.SEEN: (ids,),
        memory.HOUSE_SIZE: (),
        members.ALIASES: (tokens,),
        members.ORIGINALS: (ids, SHARD),
        members.HOLDS: (ids, SHARD),
        members.MEMBERS: (known, SHARD),
        members.BALANCES: (SHARD, [f"wallet:{member}" for member in known], assets),
        open_lots.OPEN_LOTS: (SHARD, 1, known, assets, most, spread),
        open_lots.OVER_LOTS: (SHARD, LAST_US, known, assets, most, spread),
        members.OPEN_ARREARS: (SHARD, known),
        proof_rows.PROOFS: (SHARD, known),
        crossing.NAMED: (known,),
        crossing.COMING: (ELSEWHERE, 1_000),
        sweeping.COMING_LOTS: (SHARD, LAST_US, known, assets, most),
        sweeping.ENDING_LOTS: (SHARD, LAST_US, known, assets, most),
        sweeping.DUE_SHARDS: due,
        sweeping.DUE_MEMBERS: due | {"shard": SHARD, "most": 10_000},
        members.NAMED_LOTS: (SHARD, [n for n, _ in lots], [place for _, place in lots]),
        sweeping.DUE_HOLDS: (SHARD, LIFE_US, 1_000),
        obligations.OPEN_IN_SOME_SHARD: (),
        **ON_A_CYCLE,
        publisher.SIZES: (),
        publisher.UNCUT: (9,),
        publisher.PUBLISHED: (),
        exchange.BY_MEMBER: (known[0],),
        exchange.BY_ALIAS: (tokens[0],),
        exchange.BY_ACT: act,
        exchange_reads.OUTCOME: act,
    }
    assert asked.keys() <= STATEMENTS.keys()
    return asked


def comparable(rows: list[tuple[Any, ...]], tables: Tables) -> list[str]:
    """Rows in any order, without times, leaves and their hashes."""
    entries = [entry for listed in tables.entries.values() for entry in listed]
    of_the_clock: set[object] = {entry.leaf_hash for entry in entries} | {entry.leaf for entry in entries}
    of_the_clock.update(entry.recorded_at_us for entry in entries)
    of_the_clock.update(at for lot in tables.lots.values() for at in (lot.expires_at_us, lot.notice_us) if at)
    of_the_clock.update(hold.until_us for hold in tables.holds.values())
    of_the_clock.update(row.sent_day for row in tables.members.values() if row.sent_day)
    kept = [[value for value in row if value not in of_the_clock] for row in rows]
    return sorted(str([int(value) if isinstance(value, Decimal) else value for value in row]) for row in kept)
