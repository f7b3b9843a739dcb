"""How long it takes to close and net a large cycle and to write all its statements, and how long acts wait meanwhile.

The cycle's entries are made up in SQL: rows of the right number and size that no audit would accept, which is all that netting
and statements look at. Its close, its cut, the naming of its statements, its proposal and its approval are the real ones.
"""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from coalition.api.v1.exchange_pb2 import IssueRequest, RedeemRequest
from coalition.api.v1.partners_pb2 import RegisterRequest
from coalition.api.v1.settlement_pb2 import ApproveRequest, CloseCycleRequest, ProposeRequest
from coalition.gateway.house_reads import proposal_of
from settlement.clearing.desk import DeskRules
from settlement.clearing.obligations import figures_of
from settlement.clock import format_time, now_us
from settlement.database import GATEWAY, READER, connect, connect_writer
from settlement.journal.acts import Act, Outcome
from settlement.journal.leaf import HOUSE
from settlement.ledger.batch import post
from settlement.ledger.memory import load_house
from settlement.statements.reading import read_cycle_book
from settlement.statements.writing import FORMS, write_statements
from settlement.worker.hashing import HashingProcess
from settlement.worker.publisher import Publisher
from tests.benchmarks.growth import new_books
from tests.benchmarks.rounds import Tell
from tests.benchmarks.row import Site
from tests.support.small_network import ANN, BOB, OPERATOR, SmallNetwork, points

PARTNERS = 500
ENTRIES = 1_000_000
BATCH, BATCHES = 8, 1_500
PACE_SECONDS = 0.02
_FILL = (
    """CREATE TABLE past AS SELECT {start} + i AS i, 'p-' || lpad((i % {pairs} / ({n} - 1))::text, 3, '0') AS debtor,
        'p-' || lpad(((i % {pairs} / ({n} - 1) + 1 + i % {pairs} % ({n} - 1)) % {n})::text, 3, '0') AS creditor,
        i::bigint * 7919 % 9000000 + 3 AS micros FROM generate_series(0, {entries} - 1) AS i""",
    """INSERT INTO entries (shard, index, house, recorded_at_us, kind, partner, balance_after, leaf, leaf_hash)
        SELECT 1, i, 1, 1000 + i, 'redeem', creditor, 100, repeat('a line of a leaf ', 36) || '{occurred}',
            sha256(i::text::bytea) FROM past""",
    """INSERT INTO transfers (shard, index, position, debit, credit, asset, amount)
        SELECT 1, i, 0, 'wallet:' || md5(i::text)::uuid, 'redeemed:' || creditor, 'PTS', 100 FROM past
        UNION ALL SELECT 1, i, 1, 'position:' || debtor, 'position:' || creditor, 'EUR', micros FROM past""",
    """INSERT INTO obligations (shard, cycle, debtor, creditor, amount, count)
        SELECT 1, 1, debtor, creditor, sum(micros), count(*) FROM past GROUP BY debtor, creditor""",
    "UPDATE shards SET size = {start} + {entries} WHERE shard = 1",
    "DROP TABLE past",
    "ANALYZE",
)


@dataclass(frozen=True)
class SettlementSpeed:
    """Seconds that a cycle takes from its close to its net figures, and its statements in all forms from the books to the files.

    Milliseconds that a batch of acts waited at most: before the close, from the close until the journal names the statements, and
    while two people propose and approve the settlement.
    """

    close_and_net_s: float
    statements_s: float
    wait_before_ms: float
    wait_meanwhile_ms: float
    wait_settling_ms: float

    @property
    def held_up_ms(self) -> float:
        """How much longer than before the close."""
        return max(self.wait_meanwhile_ms, self.wait_settling_ms) - self.wait_before_ms

    def as_json(self) -> dict[str, float]:
        """The figures, rounded."""
        figures = asdict(self) | {"held_up_ms": self.held_up_ms}
        return {name: round(value, 3) for name, value in figures.items()}


def measure_settlement(site: Site, tell: Tell) -> SettlementSpeed:
    """Fills one cycle, closes it under load, nets it and writes its statements."""
    tell(f"settlement: a cycle of {PARTNERS} partners and {ENTRIES:,} entries")
    speed = asyncio.run(_measure(site, tell))
    figures = f"netted in {speed.close_and_net_s:.1f} s, statements in {speed.statements_s:.1f} s"
    tell(f"settlement: {figures}, acts held up {speed.held_up_ms:.0f} ms", done=True)
    return speed


async def _measure(site: Site, tell: Tell) -> SettlementSpeed:
    dsn = new_books(site, "settlement")
    async with SmallNetwork.found(dsn, site.folder / "settlement", shards=1) as network:
        names = [f"p-{number:03}" for number in range(PARTNERS)]
        registering = [
            network.act(OPERATOR, RegisterRequest(partner_id=name, display_name=f"Partner {name} Limited"))
            for name in names
        ]
        await network.post(HOUSE, registering)
        await network.take_in("grocer")
        member = await network.enrol("grocer", 1)
        await network.ask(1, "grocer", IssueRequest(**points(member, 1_000_000)))
        _fill(dsn, start=2)
        load = _Load(network, member)
        load.sign(BATCHES)
        tell("settlement: closing under load")
        close_and_net, *waits = await _close(network, load, dsn)
    tell("settlement: writing the statements")
    return SettlementSpeed(close_and_net, _write(dsn, site.folder / "statements"), *waits)


def _fill(dsn: str, *, start: int) -> None:
    occurred = f"\namount PTS 100\noccurred {format_time(now_us())}\n"
    facts = {
        "occurred": occurred,
        "start": start,
        "n": PARTNERS,
        "pairs": PARTNERS * (PARTNERS - 1),
        "entries": ENTRIES,
    }
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in _FILL:
            connection.execute(statement.format(**facts).encode())


class _Load:
    """Acts that arrive all the time; `worst` is the longest that a batch of them took since it was last read."""

    def __init__(self, network: SmallNetwork, member: str) -> None:
        self._network, self._member = network, member
        self._batches: list[list[Act[object]]] = []
        self._worst = 0.0

    def sign(self, batches: int) -> None:
        """Signs acts ahead."""
        acts = [
            self._network.act("grocer", RedeemRequest(**points(self._member, 1)))
            for _ in range(batches * BATCH)
        ]
        self._batches += [acts[start : start + BATCH] for start in range(0, len(acts), BATCH)]

    async def run(self) -> None:
        """Posts until it is cancelled; a batch that is posted again gets the same receipts, after the same lock."""
        at = 0
        while True:
            began = time.perf_counter()
            await self._network.post(1, self._batches[at % len(self._batches)])
            self._worst = max(self._worst, time.perf_counter() - began)
            at += 1
            await asyncio.sleep(PACE_SECONDS)

    def worst_ms(self) -> float:
        """Since it was last asked."""
        worst, self._worst = self._worst, 0.0
        return worst * 1_000


async def _close(network: SmallNetwork, load: _Load, dsn: str) -> tuple[float, float, float, float]:
    """Seconds from the close to the figures; the longest waits before the close, until statements are named, and of settling."""
    desk = await connect_writer(dsn, GATEWAY, statement_timeout="60s")
    posting = asyncio.create_task(load.run())
    try:
        await asyncio.sleep(2)
        load.worst_ms()
        await asyncio.sleep(3)
        before = load.worst_ms()
        closed = await _close_and_name(network, desk, dsn)
        meanwhile = load.worst_ms()
        netted = await _settle(network, desk)
        return closed + netted, before, meanwhile, load.worst_ms()
    finally:
        posting.cancel()
        with suppress(asyncio.CancelledError):
            await posting
        await desk.close()


async def _close_and_name(network: SmallNetwork, desk: AsyncConnection[TupleRow], dsn: str) -> float:
    """Seconds from the close to the last cut; returns when the journal names the statements."""
    publisher = Publisher(network.worker, network.log, network.log_key, HashingProcess(lambda: dsn))
    closing = network.act(OPERATOR, CloseCycleRequest(cycle=1, label="2026-11"))
    began = time.perf_counter()
    await post(desk, network.memory, DeskRules, HOUSE, [closing])
    await publisher.cut()
    taken = time.perf_counter() - began
    while (await network.memory.refresh(desk)).recorded_cycles == 0:
        await publisher.record_statements()
        await publisher.cut()
        await asyncio.sleep(0.1)
    return taken


async def _settle(network: SmallNetwork, desk: AsyncConnection[TupleRow]) -> float:
    """Seconds to the figures, which two people then settle."""
    began = time.perf_counter()
    figures = await figures_of(desk, network.memory.house, 1)
    taken = time.perf_counter() - began
    assert figures is not None
    message = proposal_of(network.memory.house.founded, 1, figures, (), ())
    proposal = message.SerializeToString(deterministic=True)
    approval = ApproveRequest(proposal_sha256=sha256(proposal).digest())
    for person, request in ((ANN, ProposeRequest(proposal=proposal)), (BOB, approval)):
        [verdict] = await post(desk, network.memory, DeskRules, HOUSE, [network.act(person, request)])
        assert isinstance(verdict, Outcome), verdict
        assert verdict.refusal is None, verdict.refusal
    return taken


def _write(dsn: str, folder: Path) -> float:
    """Seconds from the books to all files, each of which is there."""
    began = time.perf_counter()
    with connect(dsn, READER) as connection:
        book = read_cycle_book(connection, load_house(connection), 1)
    paths = write_statements(book, folder, processes=os.cpu_count())
    taken = time.perf_counter() - began
    assert len(paths) == len(FORMS) * len({path.stem for path in paths}) >= len(FORMS) * PARTNERS
    return taken
