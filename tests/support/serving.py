"""`coalition serve` as a process of its own, to be killed and started again, and the load that it bears meanwhile."""

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg

from coalition.api.v1.envelope_pb2 import Envelope
from coalition.audit.fsck import fsck
from coalition.cli.site import Site
from coalition.client import (
    BlockingClient,
    Client,
    Identity,
    NoAnswerError,
    Outbox,
    RequestRejectedError,
    load_identity,
)
from coalition.wire.methods import METHODS_BY_TYPE
from coalition.wire.receipts import open_receipt
from settlement.ids import new_act_id
from settlement.journal.acts import Outcome
from settlement.signing import new_key, parse_public_key
from settlement.transparency.merkle import leaf_hash

ROOT = Path(__file__).resolve().parents[2]
PARTNERS = ("bakery", "grocer")


@dataclass
class ServerProcess:
    """The server of a site, always on the same port."""

    site: Site
    port: int = field(default_factory=lambda: free_port())
    process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Starts it and waits until it listens."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("COALITION_")}
        own = {"COALITION_DATABASE_URL": self.site.database_url} if self.site.database_url else {}
        with (self.site.data / "serve.log").open("a") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "coalition",
                    "serve",
                    "--data",
                    self.site.data,
                    "--listen",
                    self.address,
                ],
                cwd=ROOT,
                env=kept | own,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line == f"listening on {self.address}\n", (self.site.data / "serve.log").read_text()

    def end(self, how: signal.Signals) -> int:
        """Sends a signal and waits for the end; returns the exit status."""
        assert self.process is not None
        assert self.process.stdout is not None
        self.process.send_signal(how)
        status = self.process.wait(timeout=60)
        self.process.stdout.close()
        self.process = None
        return status

    def identity(self, name: str) -> Identity:
        """An identity made at the founding."""
        return replace(load_identity(self.site.identity_path(name)), server=self.address)

    def take_in(self, partner: str) -> Identity:
        """A new active partner."""
        operator = self.identity("operator")
        identity = replace(operator, partner_id=partner, signer=new_key())
        with BlockingClient(operator) as client:
            client.register(partner_id=partner, display_name=partner.title())
            client.add_key(key=identity.signer, partner_id=partner)
            client.activate(partner_id=partner)
        return identity


@contextmanager
def served(site: Site) -> Iterator[ServerProcess]:
    """A running server process that is gone at the end."""
    server = ServerProcess(site)
    try:
        server.start()
        yield server
    finally:
        if server.process is not None:
            server.end(signal.SIGKILL)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@dataclass
class Load:
    """Partners who act at random on members, keep everything in one outbox, and go on through every failure."""

    identities: Sequence[Identity]
    outbox: Outbox
    members: list[str] = field(default_factory=list)
    deadline_seconds: float = 2.0
    unanswered: int = 0

    async def enrol(self, count: int) -> None:
        """New members."""
        async with Client(self.identities[0], outbox=self.outbox) as client:
            outcomes = await asyncio.gather(*[client.enrol() for _ in range(count)])
        self.members += [outcome.member for outcome in outcomes if outcome.member is not None]

    async def run(self, stop: asyncio.Event, *, at_once: int = 24) -> None:
        """Acts until told to stop, and counts acts without an answer."""
        clients = [
            Client(identity, outbox=self.outbox, deadline_seconds=self.deadline_seconds)
            for identity in self.identities
        ]
        async with clients[0], clients[1]:
            await asyncio.gather(*[self._act(stop, clients[n % 2], n) for n in range(at_once)])

    async def _act(self, stop: asyncio.Event, client: Client, seed: int) -> None:
        chance = random.Random(seed)
        last: str | None = None
        while not stop.is_set():
            member, act_id, amount = chance.choice(self.members), new_act_id(), chance.randint(1, 40)
            try:
                if last is not None and chance.random() < 0.1:
                    await client.reverse(original_act_id=last, act_id=act_id)
                elif chance.random() < 0.5:
                    await client.issue(member=member, amount=amount, act_id=act_id)
                else:
                    await client.redeem(member=member, amount=amount, act_id=act_id)
                last = act_id
            except NoAnswerError:
                self.unanswered += 1

    def answered(self) -> int:
        """How many acts have a receipt."""
        return sum(1 for _ in self.outbox.receipts())

    async def until_answered(self, count: int) -> None:
        """Waits until so many acts have their receipts."""
        while self.answered() < count:  # noqa: ASYNC110 - the outbox is a file
            await asyncio.sleep(0.01)

    async def resend_pending(self) -> int:
        """Asks again for every act without an answer; returns how many there were."""
        resent = 0
        for identity in self.identities:
            async with Client(identity, outbox=self.outbox, deadline_seconds=20) as client:
                pending = self.outbox.pending(identity.partner_id)
                with suppress(RequestRejectedError):
                    await asyncio.gather(*[client.resend(act_id=kept.act_id) for kept in pending])
                resent += len(pending)
        return resent

    def check_books(self, dsn: str) -> None:
        """Every receipt is in the journal, every act once and nothing else, balances are what the receipts add up to."""
        receipts = [self._read(envelope, receipt) for envelope, receipt in self.outbox.receipts()]
        assert self.outbox.pending() == []
        with psycopg.connect(dsn) as connection:
            entries = {
                (shard, index): (bytes(digest), leaf.encode())
                for shard, index, digest, leaf in connection.execute(
                    "SELECT shard, index, leaf_hash, leaf FROM entries WHERE shard > 0 AND kind <> 'cut'"
                )
            }
            stored = connection.execute("SELECT partner, act_id::text FROM acts WHERE shard > 0").fetchall()
            wallets: dict[str, int] = dict(
                connection.execute(
                    "SELECT split_part(account, ':', 2), (credits - debits)::bigint FROM balances WHERE account LIKE 'wallet:%'"
                ).fetchall()
            )
        for _, outcome in receipts:
            digest, leaf = entries[outcome.shard, outcome.index]
            assert outcome.leaf_hash == digest == leaf_hash(leaf)
        names = [(request.header.partner_id, request.header.request_id) for request, _ in receipts]
        assert sorted(names) == sorted(stored), "each act once, and no act that nobody asked for"
        assert len({(o.shard, o.index) for _, o in receipts}) == len(receipts) == len(entries)
        assert self._balances(receipts) == {member: balance for member, balance in wallets.items() if balance}
        assert list(fsck(dsn)) == []

    def _read(self, envelope: bytes, receipt: bytes) -> tuple[Any, Outcome]:
        sealed = Envelope.FromString(envelope)
        key = parse_public_key(self.identities[0].receipt_spki)
        request = METHODS_BY_TYPE[sealed.payload_type].payload.FromString(sealed.payload)
        return request, open_receipt(receipt, audience=self.identities[0].network, key=key)

    def _balances(self, receipts: list[tuple[Any, Outcome]]) -> dict[str, int]:
        moved: dict[str, tuple[str, int]] = {}
        balances: dict[str, int] = {}
        for request, outcome in sorted(receipts, key=lambda pair: (pair[1].shard, pair[1].index)):
            if outcome.refusal is not None or outcome.member is None:
                continue
            kind, header = request.DESCRIPTOR.name, request.header
            if kind == "ReverseRequest":
                member, amount = moved[request.original_act_id][0], -moved[request.original_act_id][1]
            elif kind in ("IssueRequest", "RedeemRequest"):
                member, amount = outcome.member, request.amount if kind == "IssueRequest" else -request.amount
            else:
                continue
            moved[header.request_id] = (member, amount)
            balances[member] = balances.get(member, 0) + amount
            assert balances[member] == outcome.balance_after, "a receipt states the balance at its entry"
        return {member: balance for member, balance in balances.items() if balance}
