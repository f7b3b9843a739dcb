"""The `unary` row: our own server, one signed unary call per act."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from coalition.audit.fsck import fsck
from coalition.cli.site import Site as NetworkSite
from coalition.cli.site_network import found_network, prepare_database
from settlement.database import READER
from settlement.house.records import Network
from settlement.house.tariff import Tariff
from tests.benchmarks.acts import MEMBERS, PARTNERS, Act
from tests.benchmarks.envelopes import Signer, sign_act, verify_receipts
from tests.benchmarks.load import Call
from tests.benchmarks.process import ServerProcess
from tests.benchmarks.row import Site
from tests.benchmarks.unary_fill import enrol_members, onboard_partners

AUDIENCE = "bench.example/unary"


class UnaryRow:
    """The real thing: `coalition serve` in a process of its own, on books that hold 100,000 members."""

    name = "unary"

    def __init__(self) -> None:
        """Make the partners' keys."""
        self._signers = [Signer.fresh(f"partner-{number}") for number in range(PARTNERS)]
        self._member_ids: list[str] = []

    def start(self, site: Site) -> ServerProcess:
        """Found the network, onboard partners, enrol members by real acts, and start the server."""
        self._site = NetworkSite(site.postgres.data)
        prepare_database(self._site)
        network = Network(AUDIENCE, "EUR", 2, 1, "operator", "bilateral")
        found_network(self._site, network, tariff=Tariff(10_000), people=["ann", "bob"], server="127.0.0.1:0")
        asyncio.run(onboard_partners(self._site, self._signers))
        self._member_ids = asyncio.run(enrol_members(self._site, self._signers[0], MEMBERS))
        command = [sys.executable, "-m", "coalition", "serve", "--listen", "127.0.0.1:0", "--data"]
        return ServerProcess([*command, str(self._site.data)], log=site.folder / "unary.log")

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
        """Raise unless every reply is the operator's receipt of its call."""
        key = Ed25519PublicKey.from_public_bytes(self._site.signer("receipt").spki[-32:])
        verify_receipts(calls, replies, key)

    def findings(self) -> list[str]:
        """What `coalition fsck` finds."""
        return [str(finding) for finding in fsck(self._site.dsn(READER))]
