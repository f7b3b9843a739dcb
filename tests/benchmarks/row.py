"""What every row must offer, and the site it is built on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg import sql

from settlement.embedded import EmbeddedServer
from tests.benchmarks.acts import Act
from tests.benchmarks.load import Call
from tests.benchmarks.process import ServerProcess


@dataclass(frozen=True)
class Site:
    """The PostgreSQL that all rows share, and a folder for logs and keys, emptied before the next run."""

    postgres: EmbeddedServer
    folder: Path

    def create_database(self, name: str) -> str:
        """Create an empty database and return its DSN."""
        with psycopg.connect(self.postgres.superuser_dsn("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.postgres.superuser_dsn(name)


class Row(Protocol):
    """One server to measure. The methods are called in this order; `sign` and `verify` once for each run."""

    @property
    def name(self) -> str:
        """The row's name in the output."""

    def start(self, site: Site) -> ServerProcess:
        """Prepare partners, keys and members, and start the server on a free port."""

    def sign(self, acts: Sequence[Act]) -> list[Call]:
        """Build and sign the calls that ask for the acts, in order."""

    def verify(self, calls: Sequence[Call], replies: Sequence[bytes]) -> None:
        """Raise unless reply i is a genuine receipt of call i and its act was accepted."""

    def findings(self) -> list[str]:
        """Check the books once the server is stopped: what is wrong, a sentence each; empty when clean."""
