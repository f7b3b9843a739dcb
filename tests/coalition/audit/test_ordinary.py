"""The short way for ordinary entries and the long way for all give the same report, whatever is posted and forged."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, LiteralString

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg import sql

from coalition.api.v1 import exchange_pb2, members_pb2
from coalition.audit import examiner, stretches
from coalition.audit.checks import Report
from coalition.audit.fsck import fsck
from coalition.audit.ordinary import read_ordinary
from coalition.audit.stored import Packed
from settlement.database import GATEWAY, WORKER, connect_async
from settlement.journal.acts import Outcome
from settlement.signing import KeySigner
from tests.coalition.audit.quiet_life import quiet_life
from tests.support.postgres import copy_books, drop_database, new_books
from tests.support.small_history import PARTNERS, grown
from tests.support.small_network import SmallNetwork, just_now, points

Drawn = tuple[str, int, str, int]
"""What is asked, for which member, by whom, how many points."""

FORGERIES: list[LiteralString] = [
    "UPDATE entries SET leaf = regexp_replace(leaf, 'amount PTS \\d+', 'amount PTS 77') WHERE {}",
    "UPDATE entries SET leaf = regexp_replace(leaf, '(PTS|new [a-z]+) \\d+', '\\1 77', 'g') WHERE {}",
    "UPDATE entries SET leaf = regexp_replace(leaf, 'amount PTS ', 'amount PTS 0') WHERE {}",
    "UPDATE entries SET leaf = replace(leaf, coalesce(partner, 'x'), 'grocer') WHERE {}",
    "UPDATE entries SET leaf = replace(leaf, 'result ok', 'result refused LIMIT_EXCEEDED') WHERE {}",
    "UPDATE entries SET leaf = replace(leaf, 'refused ', 'refused X') WHERE {}",
    "UPDATE entries SET leaf = regexp_replace(leaf, 'time \\d', 'time 1') WHERE {}",
    "UPDATE entries SET leaf = regexp_replace(leaf, 'house (\\d+)', 'house 1') WHERE {}",
    "UPDATE entries SET leaf = regexp_replace(leaf, 'index (\\d+)', 'index 5') WHERE {}",
    "UPDATE entries SET leaf = regexp_replace(leaf, 'shard 1', 'shard 2') WHERE {}",
    "UPDATE entries SET leaf = regexp_replace(leaf, 'occurred 2', 'occurred 3') WHERE {}",
    "UPDATE entries SET leaf = regexp_replace(leaf, '(sig [0-9a-f]{{64}} )....', '\\1AAAA') WHERE {}",
    "UPDATE entries SET leaf = regexp_replace(leaf, '(sig )[0-9a-f]', '\\1f') WHERE {}",
    "UPDATE entries SET leaf = regexp_replace(leaf, '\\nlot [^\\n]*', '') WHERE {}",
    "UPDATE entries SET leaf = regexp_replace(leaf, '\\npost [^\\n]*', '') WHERE {}",
    "UPDATE entries SET leaf = regexp_replace(leaf, 'lot take (\\d+):\\d+', 'lot take \\1:1') WHERE {}",
    "UPDATE entries SET leaf = regexp_replace(leaf, 'lot take (\\d+):\\d+', 'lot take \\1:99999999999999999999') WHERE {}",
    "UPDATE entries SET leaf = leaf || ' ' WHERE {}",
    "UPDATE entries SET leaf = replace(leaf, 'member', E'm\\u00fcmber') WHERE {}",
    "UPDATE entries SET (leaf, member) = (replace(leaf, member::text, o.id::text), o.id)"
    " FROM (SELECT min(member::text)::uuid AS id FROM members) AS o WHERE {}",
    "UPDATE entries SET leaf = (SELECT o.leaf FROM entries AS o WHERE (o.shard, o.index) = (1, 3)) WHERE {}",
    "UPDATE entries SET leaf_hash = sha256('x') WHERE {}",
    "UPDATE entries SET partner = 'cinema' WHERE {}",
    "UPDATE entries SET partner = NULL WHERE {}",
    "UPDATE entries SET partner = repeat('x', 300) WHERE {}",
    "UPDATE entries SET member = gen_random_uuid() WHERE {}",
    "UPDATE entries SET refusal = 'LIMIT_EXCEEDED' WHERE {}",
    "UPDATE entries SET balance_after = 5 WHERE {}",
    "UPDATE entries SET house = house - 1 WHERE {}",
    "UPDATE entries SET recorded_at_us = recorded_at_us + 1 WHERE {}",
    "UPDATE entries SET kind = 'redeem' WHERE {}",
    "DELETE FROM entries WHERE {}",
    "DELETE FROM payloads WHERE {}",
    "UPDATE payloads SET payload = payload || '\\x0801'::bytea WHERE {}",
    "UPDATE payloads SET payload = set_byte(payload, 70, 33) WHERE {}",
    "UPDATE payloads SET payload = (SELECT o.payload FROM payloads AS o WHERE (o.shard, o.index) = (1, 9)) WHERE {}",
    "DELETE FROM transfers WHERE {}",
    "UPDATE transfers SET position = position + 10 WHERE {}",
    "UPDATE transfers SET amount = amount + 1 WHERE {}",
    "DELETE FROM acts WHERE {}",
    "UPDATE acts SET index = index + 1 WHERE {}",
    "UPDATE acts SET payload_sha256 = sha256('x') WHERE {}",
    "UPDATE lots SET remaining = remaining - 1 WHERE remaining > 0 AND {}",
]
REHASH: LiteralString = (
    r"UPDATE entries SET leaf_hash = sha256('\x00'::bytea || convert_to(leaf, 'UTF8')) WHERE {}"
)


@dataclass(frozen=True)
class Books:
    """A small network at rest, and how to wake a copy of it."""

    dsn: str
    log: Path
    keys: dict[str, KeySigner]
    log_key: KeySigner
    members: list[tuple[int, str]]

    async def go_on(self, dsn: str, drawn: list[Drawn]) -> None:
        """Posts more acts to a copy of the books."""
        async with await connect_async(dsn, GATEWAY) as gateway, await connect_async(dsn, WORKER) as worker:
            network = SmallNetwork(dsn, self.log, 2, gateway, worker, self.keys, self.log_key)
            issued: list[Outcome] = []
            for what, number, partner, amount in drawn:
                shard, member = self.members[number % len(self.members)]
                if what == "enrol":
                    message = members_pb2.EnrolRequest(alias_tokens=[bytes([amount % 256]) * 32])
                    await network.ask(shard, partner, message)
                elif what == "reverse" and issued:
                    original = issued[number % len(issued)]
                    reversing = exchange_pb2.ReverseRequest(
                        original_act_id=original.act_id, occurred_at=just_now()
                    )
                    await network.ask(original.shard, partner, reversing)
                elif what == "redeem":
                    await network.ask(shard, partner, exchange_pb2.RedeemRequest(**points(member, amount)))
                else:
                    issue = exchange_pb2.IssueRequest(**points(member, amount))
                    issued.append(await network.ask(shard, partner, issue))


@pytest.fixture(scope="module")
def few(server: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    """Every kind of entry."""
    yield from _books(partial(grown, rounds=3), tmp_path_factory.mktemp("few"))


@pytest.fixture(scope="module")
def quiet(server: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    """Members of whom most do nothing but ordinary acts."""
    yield from _books(quiet_life, tmp_path_factory.mktemp("quiet"))


def _books(live: Callable[[SmallNetwork], Awaitable[object]], log: Path) -> Iterator[Books]:
    async def grow(dsn: str) -> Books:
        async with SmallNetwork.found(dsn, log) as network:
            await live(network)
            return Books(dsn, log, network.keys, network.log_key, network.members)

    dsn = new_books()
    yield asyncio.run(grow(dsn))
    drop_database(dsn)


acts = st.tuples(
    st.sampled_from(["issue", "redeem", "redeem", "reverse", "enrol"]),
    st.integers(0, 20),
    st.sampled_from(PARTNERS),
    st.integers(1, 400),
)
forgeries = st.tuples(
    st.sampled_from(FORGERIES),
    st.sampled_from([0, 1, 1, 2]),
    st.floats(0, 1, exclude_max=True),
    st.booleans(),
)


@settings(
    max_examples=settings().max_examples // 4,
    deadline=None,
    phases=[Phase.generate],  # an example takes a second: to shrink it would take minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    of_quiet_members=st.booleans(),
    few_of_stretch=st.sampled_from([0, 5]),
    drawn=st.lists(acts, max_size=12),
    planted=st.lists(forgeries, max_size=3),
)
def test_both_ways_give_the_same_report(
    few: Books,
    quiet: Books,
    monkeypatch: pytest.MonkeyPatch,
    *,
    of_quiet_members: bool,
    few_of_stretch: int,
    drawn: list[Drawn],
    planted: list[tuple[LiteralString, int, float, bool]],
) -> None:
    books = quiet if of_quiet_members else few
    dsn = copy_books(books.dsn)
    try:
        asyncio.run(books.go_on(dsn, drawn))
        for forgery, shard, share, rehash in planted:
            _plant(dsn, forgery, shard, share, rehash=rehash)
        with monkeypatch.context() as patch:
            patch.setattr(stretches, "FEW", few_of_stretch)
            short = _report(dsn)
        with monkeypatch.context() as patch:
            patch.setattr(examiner, "read_ordinary", partial(_none_of, read_ordinary))
            long = _report(dsn)
    finally:
        drop_database(dsn)
    assert short == long


BALANCE: LiteralString = "UPDATE entries SET balance_after = coalesce(balance_after, 0) + 1 WHERE {place}"
CHANGES: list[LiteralString] = [
    "UPDATE entries SET leaf = overlay(leaf PLACING {byte} FROM 1 + {at} % length(leaf) FOR 1) WHERE {place}",
    "UPDATE entries SET leaf_hash = set_byte(leaf_hash, {at} % 32, get_byte(leaf_hash, {at} % 32) # 1) WHERE {place}",
    "UPDATE entries SET (house, recorded_at_us) = (house + {at} % 2, recorded_at_us + 1 - {at} % 2) WHERE {place}",
    BALANCE,
    "UPDATE entries SET kind = overlay(kind PLACING {byte} FROM 1 + {at} % length(kind) FOR 1) WHERE {place}",
    "UPDATE entries SET partner = overlay(partner PLACING {byte} FROM 1 + {at} % length(partner) FOR 1) WHERE {place}",
    "UPDATE entries SET member = overlay(member::text PLACING '0' FROM 1 + {at} % 8 FOR 1)::uuid WHERE {place}",
    "UPDATE entries SET refusal = {byte} || refusal WHERE {place}",
    "UPDATE payloads SET payload = set_byte(payload, {at} % length(payload), ascii({byte})) WHERE {place}",
    "UPDATE transfers SET debit = overlay(debit PLACING {byte} FROM 1 + {at} % length(debit) FOR 1) WHERE {place}",
    "UPDATE transfers SET credit = overlay(credit PLACING {byte} FROM 1 + {at} % length(credit) FOR 1) WHERE {place}",
    "UPDATE transfers SET asset = overlay(asset PLACING {byte} FROM 1 + {at} % 3 FOR 1) WHERE {place}",
    "UPDATE transfers SET (position, amount) = (position + {at} % 2, amount + 1 - {at} % 2) WHERE {place}",
]
"""Each changes one byte of an entry's rows, or one number; nothing where it would set what stands there already."""
Change = tuple[LiteralString, int, float, int, str]
changes = st.lists(
    st.tuples(
        st.sampled_from(CHANGES),
        st.sampled_from([0, 1, 1, 2, 2]),
        st.floats(0, 1, exclude_max=True),
        st.integers(0, 2_000),
        st.sampled_from("059aZ -:\n"),
    ),
    min_size=6,
    max_size=6,
)


@settings(
    max_examples=settings().max_examples // 5,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(drawn=changes)
def test_whatever_byte_is_changed_is_found(few: Books, drawn: list[Change]) -> None:
    dsn = copy_books(few.dsn)
    try:
        changed: dict[str, LiteralString] = {}
        for each in drawn:
            _change(dsn, each, changed)
        if any(
            place.startswith("0:") for place in changed
        ):  # nobody may be able to decide again what a balance must be
            changed = {place: change for place, change in changed.items() if change != BALANCE}
        assert changed.keys() <= {finding.where for finding in fsck(dsn)}
    finally:
        drop_database(dsn)


def _change(dsn: str, drawn: Change, changed: dict[str, LiteralString]) -> None:
    """Adds the place to those changed, if a row was; one changed already is left: a second change may undo the first."""
    change, shard, share, at, byte = drawn
    rows: LiteralString = """SELECT (SELECT array_agg(e) FROM entries e WHERE {place})::text,
        (SELECT array_agg(p) FROM payloads p WHERE {place})::text,
        (SELECT array_agg(t ORDER BY position, credit) FROM transfers t WHERE {place})::text"""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        size = connection.execute("SELECT count(*) FROM entries WHERE shard = %s", (shard,)).fetchone()
        assert size is not None
        index = int(size[0] * share)
        if f"{shard}:{index}" in changed:
            return
        names = {"place": sql.SQL("(shard, index) = ({}, {})").format(shard, index), "byte": byte, "at": at}
        before = connection.execute(sql.SQL(rows).format(**names)).fetchone()
        with suppress(psycopg.IntegrityError):
            connection.execute(sql.SQL(change).format(**names))
        after = connection.execute(sql.SQL(rows).format(**names)).fetchone()
    if before != after:
        changed[f"{shard}:{index}"] = change


def _none_of(read: Callable[..., Any], shard: int, entries: Packed, *known: object) -> Any:
    """What is read of a range is nothing ordinary."""
    none = np.zeros(0, np.int64)
    left_out = replace(entries, rows=[], leaf_hashes=[], leaves=entries.leaves.some(none))
    return read(shard, left_out, *known)


def _plant(dsn: str, forgery: LiteralString, shard: int, share: float, *, rehash: bool) -> None:
    """Forges one entry of a shard, its leaf hash following if wanted; nothing if it has nothing to forge."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        row = connection.execute("SELECT count(*) FROM entries WHERE shard = %s", (shard,)).fetchone()
        assert row is not None
        index = int(row[0] * share)
        place = sql.SQL("(shard, index) = ({}, {})").format(shard, index)
        with suppress(psycopg.IntegrityError):  # a table's own rules may refuse what is to be planted
            connection.execute(sql.SQL(forgery).format(place))
        if rehash:
            connection.execute(sql.SQL(REHASH).format(place))


def _report(dsn: str) -> tuple[Counter[str], dict[str, tuple[int, int]], list[str]]:
    report = Report()
    findings = Counter(str(finding) for finding in fsck(dsn, report=report))
    tried = {check.value: (tried.count, tried.failed) for check, tried in report.tried.items()}
    return findings, tried, report.remarks
