"""The load that a server bears while things are done to it, and what must hold of it afterwards."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import psycopg

from coalition.api.v1.envelope_pb2 import Envelope
from coalition.audit.bundle import export_bundle
from coalition.audit.fsck import fsck
from coalition.audit.verify import verify_bundle
from coalition.client import Client, Identity, NoAnswerError, Outbox, RequestRejectedError
from coalition.wire.methods import METHODS_BY_TYPE
from coalition.wire.receipts import open_receipt
from settlement.ids import new_act_id
from settlement.journal.acts import Outcome
from settlement.signing import parse_public_key
from settlement.transparency.merkle import leaf_hash
from tests.support.serving import ServerProcess, until

PARTNERS = ("bakery", "grocer")


@dataclass
class Load:
    """Partners who act at random on members, keep everything in one outbox, and go on through every failure."""

    identities: Sequence[Identity]
    outbox: Outbox
    members: list[str] = field(default_factory=list)
    deadline_seconds: float = 2.0
    unanswered: int = 0
    _answered: int = 0
    reasons: set[str] = field(default_factory=set)
    """Why acts had no answer."""

    @classmethod
    async def on(cls, server: ServerProcess, outbox: Outbox) -> Self:
        """New partners with a few members."""
        load = cls([await asyncio.to_thread(server.take_in, partner) for partner in PARTNERS], outbox)
        await load.enrol(12)
        return load

    async def enrol(self, count: int) -> None:
        """New members."""
        async with Client(self.identities[0], outbox=self.outbox) as client:
            outcomes = await asyncio.gather(*[client.enrol() for _ in range(count)])
        self.members += [outcome.member for outcome in outcomes if outcome.member is not None]
        self._answered += count

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
                self._answered += 1
            except NoAnswerError as error:
                self.unanswered += 1
                self.reasons.add(error.reason)

    @asynccontextmanager
    async def under_way(self) -> AsyncIterator[None]:
        """Acts meanwhile; at the end every call has come to its end."""
        stop = asyncio.Event()
        running = asyncio.create_task(self.run(stop))
        try:
            yield
        finally:
            stop.set()
            await running

    def answered(self) -> int:
        """How many acts have a receipt."""
        return self._answered

    async def until_answered(self, count: int) -> None:
        """Waits until so many acts have their receipts."""
        await until(lambda: self.answered() >= count)

    async def resend_pending(self) -> int:
        """Asks again for every act without an answer; returns how many there were."""
        resent = 0
        for identity in self.identities:
            async with Client(identity, outbox=self.outbox, deadline_seconds=20) as client:
                pending = self.outbox.pending(identity.partner_id)
                with suppress(RequestRejectedError):
                    await asyncio.gather(*[client.resend(act_id=kept.act_id) for kept in pending])
                resent += len(pending)
        self._answered += resent
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
        findings = [str(finding) for finding in fsck(dsn)]
        assert findings == [], findings

    def check_evidence(self, dsn: str, bundle: Path) -> None:
        """A bundle of the books holds for a stranger, with every receipt."""
        exported = export_bundle(dsn, bundle).findings
        assert exported == [], exported
        verified = verify_bundle(bundle, receipts=list(self.outbox.receipts())).findings
        assert verified == [], verified

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
