"""One grown network for all tests of the audit, and its bundle; each test spoils a copy."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from coalition.audit.bundle import export_bundle
from settlement.signing import KeySigner
from tests.coalition.audit.forgery import Forgery
from tests.support import postgres
from tests.support.postgres import new_books
from tests.support.small_history import grown
from tests.support.small_network import SmallNetwork, exchange_key

ROUNDS = 66
"""Enough for a second file of leaves in each shard."""


@dataclass(frozen=True)
class Evidence:
    """Clean books. `old_key`: a request key of the bakery that was revoked; `older_note`: the first checkpoint."""

    dsn: str
    bundle: Path
    vkey: str
    log_key: KeySigner
    keys: dict[str, KeySigner]
    old_key: KeySigner
    older_note: str

    def forgery(self) -> Forgery:
        """The bundle's contents, to be changed."""
        return Forgery.of(self.bundle, self.log_key)


async def _grow(dsn: str, log: Path) -> tuple[SmallNetwork, KeySigner]:
    async with SmallNetwork.found(dsn, log) as network:
        await grown(network, rounds=ROUNDS)
        old_key = await exchange_key(network, "bakery")
        await network.publisher().publish()
        return network, old_key


@pytest.fixture(scope="session")
def server() -> Iterator[None]:
    """The run's PostgreSQL, or one of this folder's own where only these tests run."""
    alone = postgres.FOLDER_VARIABLE not in os.environ
    if alone:
        postgres.announce()
    yield
    if alone:
        postgres.clean_up()


@pytest.fixture(scope="session")
def evidence(server: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    folder = tmp_path_factory.mktemp("evidence")
    dsn = new_books()
    network, old_key = asyncio.run(_grow(dsn, folder / "log"))
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT note FROM checkpoints ORDER BY size LIMIT 1").fetchone()
    assert row is not None
    assert export_bundle(dsn, folder / "bundle.zip").ok
    yield Evidence(
        dsn, folder / "bundle.zip", network.vkey, network.log_key, network.keys, old_key, str(row[0])
    )
    postgres.drop_database(dsn)
