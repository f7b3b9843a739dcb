"""Opening balances for tests: a prepared file out of rows, proposed and approved in a small network."""

import random
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg

from coalition.api.v1.opening_pb2 import ApproveOpeningRequest, ProposeOpeningRequest
from settlement.clock import HOUR_US, now_us
from settlement.database import GATEWAY, connect_writer
from settlement.house.records import Opening
from settlement.journal.leaf import HOUSE
from settlement.ledger.book import NEVER_US
from settlement.ledger.opening import load_opening
from settlement.ledger.opening_file import ALIAS, RECORD, Prepared, Row, Totals, read_prepared
from settlement.money import ASSETS, VALUE
from tests.support.small_network import ANN, ORIGIN, SmallNetwork

NEXT_YEAR_US = now_us() + 365 * 24 * HOUR_US


def token_row(token: bytes, points: int, expires_at_us: int = NEVER_US) -> Row:
    """A lot of points of whoever has the alias with this token."""
    return Row(ALIAS + token, points, expires_at_us)


def value_row(token: bytes, value: int, expires_at_us: int = NEVER_US) -> Row:
    """A lot of value of the same, in minor units."""
    return Row(ALIAS + token, value, expires_at_us, ASSETS.index(VALUE))


def prepared(path: Path, rows: Iterable[Row], *, partner: str = "bakery", network: str = ORIGIN) -> Prepared:
    """Writes the file of these lots, with its true totals."""
    ordered = sorted(rows)
    members = len({row.name for row in ordered})
    brought = [sum(row.points for row in ordered if row.asset == asset) for asset in range(len(ASSETS))]
    totals = Totals(network, partner, len(ordered), members, *brought)
    path.write_bytes(totals.header() + b"".join(RECORD.pack(*row) for row in ordered))
    return read_prepared(path)


async def approve(network: SmallNetwork, file: Prepared, **others: Any) -> None:
    """Has the partner propose the file, with `others` instead of its totals, and ann approve it."""
    totals, sha256 = replace(file.totals, **others), bytes.fromhex(file.sha256)
    proposal = ProposeOpeningRequest(
        file_sha256=sha256,
        rows=totals.rows,
        members=totals.members,
        points=totals.points,
        value=totals.value,
    )
    assert (await network.ask(HOUSE, totals.partner, proposal)).refusal is None
    approval = ApproveOpeningRequest(partner_id=totals.partner, file_sha256=sha256)
    assert (await network.ask(HOUSE, ANN, approval)).refusal is None


async def load(network: SmallNetwork, file: Prepared) -> Opening:
    """Loads the file over two connections, as the command does."""
    async with (
        await connect_writer(network.dsn, GATEWAY, statement_timeout="60s") as writer,
        await connect_writer(network.dsn, GATEWAY, statement_timeout="60s") as reader,
    ):
        return await load_opening(writer, reader, file)


def drawn(seed: int, lots: int) -> list[Row]:
    """Lots of fewer members than lots, most of whom nobody knows; of four lots one is of value."""
    rng = random.Random(seed)
    tokens = [rng.randbytes(32) for _ in range(lots * 6 // 10)]
    tokens += [rng.choice(tokens) for _ in range(lots - len(tokens))]
    kinds = [rng.choice((token_row, token_row, token_row, value_row)) for _ in tokens]
    return [
        row(token, rng.randint(1, 900), NEXT_YEAR_US + rng.randrange(9))
        for row, token in zip(kinds, tokens, strict=True)
    ]


def brought(file: Prepared) -> tuple[int, int, int, int]:
    """Lots, points, value and members of a file."""
    return file.totals.rows, file.totals.points, file.totals.value, file.totals.members


def books(network: SmallNetwork) -> tuple[int, int, int, int]:
    """The same of all openings in the books."""
    with psycopg.connect(network.dsn) as connection:
        row = connection.execute(
            """SELECT count(*), coalesce(sum(quantity) FILTER (WHERE asset = 'PTS'), 0)::bigint,
            coalesce(sum(quantity) FILTER (WHERE asset = 'VAL'), 0)::bigint, count(DISTINCT lots.member)
            FROM lots JOIN entries USING (shard, index) WHERE kind = 'opening'"""
        ).fetchone()
    assert row is not None
    return row[0], row[1], row[2], row[3]
