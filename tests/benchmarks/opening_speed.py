"""How fast opening balances are loaded, next to PostgreSQL's own COPY of the very rows into tables with the same indexes."""

from __future__ import annotations

import asyncio
import gc
import random
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from settlement.clock import HOUR_US, now_us
from tests.benchmarks.growth import new_books
from tests.benchmarks.rounds import Tell
from tests.benchmarks.row import Site
from tests.support.opening import approve, load, prepared, token_row
from tests.support.small_network import SmallNetwork

LOTS, MEMBERS = 100_000, 60_000
ROUNDS = 3
_TABLES = ("entries", "transfers", "members", "aliases", "balances", "lots")


@dataclass(frozen=True)
class OpeningSpeed:
    """Lots a second, as medians of the rounds: loaded, and copied with all rows that come with them."""

    loaded_per_second: float
    copied_per_second: float

    @property
    def by_copy(self) -> float:
        """Which part of the speed of a bare copy the load has."""
        return self.loaded_per_second / self.copied_per_second

    def as_json(self) -> dict[str, float]:
        """The figures, rounded."""
        return {name: round(value, 3) for name, value in (asdict(self) | {"by_copy": self.by_copy}).items()}


def measure_opening(site: Site, tell: Tell) -> OpeningSpeed:
    """Loads a file into fresh books and copies what it wrote, in turns."""
    loaded, copied = [], []
    for number in range(ROUNDS):
        tell(f"opening: {LOTS:,} lots, round {number + 1}")
        dsn = new_books(site, f"opening_{number}")
        loaded.append(asyncio.run(_load(dsn, site.folder / f"opening-{number}")))
        copied.append(_copy(dsn))
    speed = OpeningSpeed(LOTS / statistics.median(loaded), LOTS / statistics.median(copied))
    tell(f"opening: {speed.loaded_per_second:,.0f} lots/s, {speed.by_copy:.2f} of a copy", done=True)
    return speed


async def _load(dsn: str, folder: Path) -> float:
    """Seconds that it takes to load a file of members whom nobody knows yet."""
    rng, end_us = random.Random(LOTS), now_us() + 400 * 24 * HOUR_US
    tokens = [rng.randbytes(32) for _ in range(MEMBERS)]
    tokens += rng.choices(tokens, k=LOTS - MEMBERS)
    days = [rng.randrange(700) * 24 * HOUR_US for _ in tokens]
    rows = [
        token_row(token, rng.randint(1, 5_000), end_us + day) for token, day in zip(tokens, days, strict=True)
    ]
    async with SmallNetwork.found(dsn, folder, shards=1) as network:
        await network.take_in("bakery")
        file = prepared(folder / "prepared", rows)
        await approve(network, file)
        del rows, tokens, days
        gc.disable()  # as the command does
        began = time.perf_counter()
        await load(network, file)
        taken = time.perf_counter() - began
        gc.enable()
    return taken


def _copy(dsn: str) -> float:
    """Seconds that it takes to copy the rows into empty tables, each table in one transaction."""
    return sum(_copied(dsn, table) for table in _TABLES)


def _copied(dsn: str, table: str) -> float:
    names = {"old": sql.Identifier(table), "new": sql.Identifier(f"{table}_copied")}
    with (
        psycopg.connect(dsn, autocommit=True) as connection,
        tempfile.TemporaryFile() as rows,
        connection.cursor() as cursor,
    ):
        cursor.execute(sql.SQL("CREATE TABLE {new} (LIKE {old} INCLUDING ALL)").format(**names))
        with cursor.copy(sql.SQL("COPY {old} TO STDOUT (FORMAT binary)").format(**names)) as out:
            for block in out:
                rows.write(block)
        rows.seek(0)
        began = time.perf_counter()
        with cursor.copy(sql.SQL("COPY {new} FROM STDIN (FORMAT binary)").format(**names)) as into:
            while block := rows.read(1 << 16):
                into.write(block)
        return time.perf_counter() - began
