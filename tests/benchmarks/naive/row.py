"""The `naive` row: its database filled, its server started, its receipts and books checked."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, func, insert, select, text

from tests.benchmarks.acts import MEMBERS, PARTNERS, Act
from tests.benchmarks.envelopes import Signer, sign_act, verify_receipts
from tests.benchmarks.load import Call
from tests.benchmarks.naive import WORKERS
from tests.benchmarks.naive.books import open_pool
from tests.benchmarks.naive.messages import AUDIENCE
from tests.benchmarks.naive.tables import findings, members, partners, tables
from tests.benchmarks.process import ServerProcess
from tests.benchmarks.row import Site


class NaiveRow:
    """What a team writes first."""

    name = "naive"

    def __init__(self, *, workers: int = WORKERS) -> None:
        """Give the server `workers` threads and connections."""
        self._workers = workers
        self._signers = [Signer.fresh(f"partner-{number}") for number in range(PARTNERS)]
        self._receipt_key = Ed25519PrivateKey.generate()
        self._member_ids: list[str] = []

    def start(self, site: Site) -> ServerProcess:
        """Create the database with all partners and members, and start the server."""
        self._dsn = site.create_database(self.name)
        engine = open_pool(self._dsn, connections=1)
        self._fill(engine)
        engine.dispose()
        return ServerProcess(
            [sys.executable, "-m", "tests.benchmarks.naive", "--workers", str(self._workers)],
            log=site.folder / "naive.log",
            environment={
                "NAIVE_DATABASE": self._dsn,
                "NAIVE_RECEIPT_KEY": self._receipt_key.private_bytes_raw().hex(),
            },
        )

    def sign(self, acts: Sequence[Act]) -> list[Call]:
        """Sign each act with its partner's key."""
        return [
            sign_act(
                act,
                signer=self._signers[act.partner],
                member_id=self._member_ids[act.member],
                audience=AUDIENCE,
            )
            for act in acts
        ]

    def verify(self, calls: Sequence[Call], replies: Sequence[bytes]) -> None:
        """Raise unless every reply is the receipt of its call."""
        verify_receipts(calls, replies, self._receipt_key.public_key())

    def findings(self) -> list[str]:
        """Recompute the balances from the transfers."""
        engine = open_pool(self._dsn, connections=1)
        try:
            return [f"naive: {finding}" for finding in findings(engine)]
        finally:
            engine.dispose()

    def _fill(self, engine: Engine) -> None:
        with engine.begin() as connection:
            tables.create_all(connection)
            keys = [
                {"partner_id": signer.partner_id, "public_key": signer.key.public_key().public_bytes_raw()}
                for signer in self._signers
            ]
            connection.execute(insert(partners), keys)
            numbers = func.generate_series(1, MEMBERS).table_valued("number")
            ids = select(func.gen_random_uuid()).select_from(numbers)
            enrolled = insert(members).from_select([members.c.member_id], ids, include_defaults=False)
            self._member_ids = [
                str(row.member_id) for row in connection.execute(enrolled.returning(members.c.member_id))
            ]
            connection.execute(text("ANALYZE"))
