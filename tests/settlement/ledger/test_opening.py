"""Opening balances are loaded once, whole, into every shard, whatever interrupts; fsck finds nothing afterwards."""

import asyncio
import random
import signal
import subprocess
import sys
import uuid
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest

from coalition.api.v1.exchange_pb2 import RedeemRequest
from coalition.api.v1.settlement_pb2 import CloseCycleRequest
from coalition.audit.checks import Report
from coalition.audit.fsck import fsck
from coalition.wire.strict import write_asset
from settlement.clock import HOUR_US, SECOND_US, format_time, now_us
from settlement.errors import CoalitionError
from settlement.house.records import POOL, Opening
from settlement.house.tariff import Tariff
from settlement.journal.leaf import LEAF_BYTES_MAX, format_leaf, parse_leaf
from settlement.ledger.batch import LOCK
from settlement.ledger.book import NEVER_US
from settlement.ledger.opening import PARTS_AT_ONCE
from settlement.ledger.opening_file import Row, member_name
from settlement.ledger.rules.opening import PART_LOTS_MAX, Grant, opening_draft, parts
from settlement.ledger.sweeping import sweep
from settlement.money import AMOUNT_MAX, ASSETS, MICROS_MAX, POINTS, RATE_MAX_MICROS, VALUE
from tests.support.opening import NEXT_YEAR_US, approve, books, brought, drawn, load, prepared, token_row
from tests.support.pure_acts import NETWORK, as_entry, house_of
from tests.support.small_history import change_tariff
from tests.support.small_network import ORIGIN, SmallNetwork, just_now

GROUP = PARTS_AT_ONCE * PART_LOTS_MAX
LOADER = """
import asyncio, sys
from pathlib import Path
from settlement.database import GATEWAY, connect_writer
from settlement.ledger.opening import load_opening
from settlement.ledger.opening_file import read_prepared

async def main() -> None:
    dsn, path = sys.argv[1], Path(sys.argv[2])
    async with (
        await connect_writer(dsn, GATEWAY, statement_timeout="60s") as writer,
        await connect_writer(dsn, GATEWAY, statement_timeout="60s") as reader,
    ):
        await load_opening(writer, reader, read_prepared(path), lambda done, total: print(done, flush=True))

asyncio.run(main())
"""


async def test_lots_come_to_known_members_in_their_shards_and_make_the_others_members(
    network: SmallNetwork, tmp_path: Path
) -> None:
    by_alias = await network.enrol("grocer", 2, b"k" * 32)
    (_, by_id), *_ = network.members
    rows = [
        token_row(b"k" * 32, 50),
        token_row(b"k" * 32, 50),  # the same again is another lot
        Row(member_name(by_id), 7, NEXT_YEAR_US),
        *drawn(1, 3 * GROUP),
    ]
    file = prepared(tmp_path / "opening", rows)
    await approve(network, file)
    await load(network, file)
    assert books(network) == brought(file)
    spent = RedeemRequest(alias_token=b"k" * 32, amount=60, occurred_at=just_now())
    outcome = await network.ask(2, "grocer", spent)
    assert (outcome.member, outcome.balance_after) == (by_alias, 40)
    asset = write_asset(ASSETS[rows[-1].asset])
    newcomer = RedeemRequest(alias_token=rows[-1].name[1:], amount=1, asset=asset, occurred_at=just_now())
    with psycopg.connect(network.dsn) as connection:
        shard = connection.execute(
            "SELECT shard FROM aliases JOIN members USING (member) WHERE token = %s", (rows[-1].name[1:],)
        ).fetchone()
    assert shard is not None
    for _ in range(2):
        assert (await network.ask(shard[0], "grocer", newcomer)).refusal is None
    report = Report()
    assert list(fsck(network.dsn, report=report)) == []
    assert report.remarks == []


async def test_a_member_with_more_lots_than_a_part_holds_joins_once(
    network: SmallNetwork, tmp_path: Path
) -> None:
    lots = GROUP + PART_LOTS_MAX + 5
    rows = [token_row(b"m" * 32, 1 + at % 3, NEXT_YEAR_US + at) for at in range(lots)]
    file = prepared(tmp_path / "opening", [*rows, *drawn(2, 900)])
    await approve(network, file)
    await load(network, file)
    assert books(network) == brought(file)
    assert list(fsck(network.dsn)) == []


async def test_the_same_file_twice_and_twice_at_once_is_loaded_once(
    network: SmallNetwork, tmp_path: Path
) -> None:
    file = prepared(tmp_path / "opening", drawn(3, 3 * GROUP))
    await approve(network, file)
    await asyncio.gather(load(network, file), load(network, file))
    await load(network, file)
    assert books(network) == brought(file)
    assert list(fsck(network.dsn)) == []


async def test_a_load_that_is_killed_goes_on_and_meanwhile_is_only_a_remark(
    network: SmallNetwork, tmp_path: Path
) -> None:
    file = prepared(tmp_path / "opening", drawn(4, 6 * GROUP))
    await approve(network, file)
    command = [sys.executable, "-c", LOADER, network.dsn, str(file.path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: ASYNC220 - its lines are awaited
    assert process.stdout is not None
    with process:
        while int(await asyncio.to_thread(process.stdout.readline)) < GROUP:
            pass
        process.send_signal(signal.SIGKILL)
    lots, *_ = books(network)
    assert 0 < lots < file.totals.rows
    report = Report()
    assert list(fsck(network.dsn, report=report)) == []
    (remark,) = report.remarks
    assert f"{lots:,} of {file.totals.rows:,} lots" in remark
    await load(network, file)
    assert books(network) == brought(file)
    assert list(fsck(network.dsn)) == []


async def test_who_is_enrolled_between_the_look_and_the_lock_is_not_enrolled_again(
    network: SmallNetwork, tmp_path: Path
) -> None:
    file = prepared(tmp_path / "opening", [token_row(b"r" * 32, 5), *drawn(5, 300)])
    await approve(network, file)
    with psycopg.connect(network.dsn) as holder:
        holder.execute(LOCK, (1,))  # the loader has looked, and waits
        loading = asyncio.create_task(load(network, file))
        while not loading.done() and not waits_for_a_lock(network):  # noqa: ASYNC110 - it waits in PostgreSQL
            await asyncio.sleep(0.05)
        member = await network.enrol("grocer", 2, b"r" * 32)
    await loading
    assert list(fsck(network.dsn)) == []
    spent = RedeemRequest(member_id=member, amount=5, occurred_at=just_now())
    assert (await network.ask(2, "grocer", spent)).refusal is None


def waits_for_a_lock(network: SmallNetwork) -> bool:
    with psycopg.connect(network.dsn) as connection:
        row = connection.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
    return row is not None and row[0] > 0


async def refused(network: SmallNetwork, path: Path, rows: list[Row], **others: int) -> str:
    """Why the file is not loaded; the books stay as they were."""
    file = prepared(path, rows)
    if others or not path.name.startswith("unapproved"):
        await approve(network, file, **others)
    with pytest.raises(CoalitionError) as raised:
        await load(network, file)
    assert books(network) == (0, 0, 0, 0)
    return raised.value.reason


async def test_what_was_not_approved_is_not_loaded(network: SmallNetwork, tmp_path: Path) -> None:
    rows = drawn(6, 20)
    assert await refused(network, tmp_path / "unapproved", rows) == "OPENING_NOT_APPROVED"
    assert await refused(network, tmp_path / "totals", rows, points=1_000_000) == "OPENING_FILE_INVALID"
    assert await refused(network, tmp_path / "values", rows[2:], value=1_000_000) == "OPENING_FILE_INVALID"
    other = prepared(tmp_path / "other", rows[1:])
    with pytest.raises(CoalitionError, match="no approved proposal"):
        await load(network, other)
    stranger = [*rows, Row(member_name(str(uuid.uuid4())), 5, NEXT_YEAR_US)]
    assert await refused(network, tmp_path / "stranger", stranger) == "MEMBER_NOT_FOUND"
    assert list(fsck(network.dsn)) == []


async def test_a_file_of_another_network_or_partner_is_not_loaded(
    network: SmallNetwork, tmp_path: Path
) -> None:
    rows = drawn(7, 5)
    await approve(network, prepared(tmp_path / "ours", rows))
    abroad = prepared(tmp_path / "abroad", rows, network=f"{ORIGIN}-2")
    with pytest.raises(CoalitionError, match="the file is for the network"):
        await load(network, abroad)
    with pytest.raises(CoalitionError, match="no approved proposal of grocer"):
        await load(network, prepared(tmp_path / "theirs", rows, partner="grocer"))


async def test_a_cycle_that_closed_is_cut_before_the_next_part(network: SmallNetwork, tmp_path: Path) -> None:
    file = prepared(tmp_path / "opening", drawn(8, 10))
    await approve(network, file)
    await network.ask(0, "operator", CloseCycleRequest(cycle=1))
    await load(network, file)
    await network.publisher().cut()
    assert list(fsck(network.dsn)) == []


async def test_whoever_funds_opening_lots_is_told_before_they_expire(
    network: SmallNetwork, tmp_path: Path
) -> None:
    """The moment is by the tariff in force when they are loaded; it is too late for one, and another never expires."""
    await change_tariff(network, Tariff(10_000, notice_days=3))
    told_us = now_us() + 3 * SECOND_US
    ends_us, late_us = told_us + 72 * HOUR_US, now_us() + 71 * HOUR_US
    rows = [token_row(b"n" * 32, 5, ends_us), token_row(b"n" * 32, 6, late_us), token_row(b"n" * 32, 7)]
    file = prepared(tmp_path / "opening", rows)
    await approve(network, file)
    await load(network, file)
    with psycopg.connect(network.dsn) as connection:
        moments = connection.execute("SELECT quantity, notice_us FROM lots ORDER BY 1").fetchall()
    assert moments == [(5, told_us), (6, None), (7, None)]
    await asyncio.sleep((told_us - now_us()) / SECOND_US + 0.05)
    await sweep(network.worker, network.memory)
    with psycopg.connect(network.dsn) as connection:
        leaves = connection.execute("SELECT leaf FROM entries WHERE kind = 'notice'").fetchall()
    assert [parse_leaf(leaf.encode()).all("expiring") for (leaf,) in leaves] == [
        [f"bakery PTS 5 {format_time(ends_us)}"]
    ]
    assert list(fsck(network.dsn)) == []


def test_the_partner_pays_for_all_points_of_an_entry_at_once() -> None:
    house = house_of("bakery")
    house.network = replace(NETWORK, model=POOL)
    house.tariffs[0] = Tariff(10_000, price_micros=11_000, fee_micros=70)
    opening = Opening("bakery", "aa" * 32, 5, 2, 60, 700, 0)
    first, second = (str(uuid.uuid4()) for _ in range(2))
    grants = [Grant(first, 10, NEVER_US), Grant(first, 20, NEXT_YEAR_US), Grant(second, 30, NEVER_US)]
    grants[1:1] = [Grant(first, 500, NEVER_US, VALUE), Grant(second, 200, NEVER_US, VALUE)]
    draft = opening_draft(house, opening, 0, grants, [second])
    assert [*draft.transfers] == [
        ("issued:bakery", f"wallet:{first}", POINTS, 30),
        ("issued:bakery", f"wallet:{first}", VALUE, 500),
        ("issued:bakery", f"wallet:{second}", VALUE, 200),
        ("issued:bakery", f"wallet:{second}", POINTS, 30),
        ("position:bakery", "fund", "EUR", 60 * 11_000),
        ("position:bakery", "fee-income", "EUR", 60 * 70),
        ("position:bakery", "fund", "EUR", 7_000_000),  # 700 cents, and no fee
    ]


def test_the_largest_entry_fits_its_leaf_and_its_money_a_transfer() -> None:
    funder, most = "b" * 40, AMOUNT_MAX // PART_LOTS_MAX
    house = house_of(funder)
    house.network = replace(NETWORK, model=POOL)
    house.tariffs[0] = Tariff(1, price_micros=RATE_MAX_MICROS, fee_micros=RATE_MAX_MICROS)
    members = [str(uuid.uuid4()) for _ in range(PART_LOTS_MAX)]
    grants = [Grant(member, most, NEXT_YEAR_US, ASSETS[at % 2]) for at, member in enumerate(members)]
    draft = opening_draft(house, Opening(funder, "aa" * 32, 1, 1, 1, 1, 0), 10**6, grants, members)
    entry = as_entry(draft, shard=64, index=10**12, house=10**12)
    assert len(format_leaf(entry)) <= LEAF_BYTES_MAX
    assert max(post.amount for post in draft.transfers) <= MICROS_MAX


def test_parts_keep_names_together_and_lose_nothing() -> None:
    rng = random.Random(9)
    for _ in range(50):
        counts = [rng.choice([1, 2, 3, 150, 199, 200, 201, 405]) for _ in range(30)]
        rows = [(name, at) for name, count in enumerate(counts) for at in range(count)]
        made = [*parts(rows)]
        assert [row for part in made for row in part] == rows
        assert all(0 < len(part) <= PART_LOTS_MAX for part in made)
        for first, second in pairwise(made):
            torn = first[-1][0] == second[0][0]
            assert not torn or counts[second[0][0]] > PART_LOTS_MAX


def test_a_part_brings_no_more_points_than_one_act_may_move() -> None:
    rng = random.Random(10)
    rows = [(name, rng.randint(1, AMOUNT_MAX)) for name in range(40) for _ in range(3)]
    made = [*parts(rows)]
    assert [row for part in made for row in part] == rows
    assert all(0 < sum(points for _, points in part) <= AMOUNT_MAX for part in made)
