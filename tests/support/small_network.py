"""A small real network for tests: a database of its own, real keys, acts signed and posted as the gateway posts them, published.

It speaks to PostgreSQL through the engine's own roles; nothing is imitated but the door. `tests.support.small_history` gives
it two months of life with every kind of entry.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from google.protobuf.message import Message

from coalition.api.v1 import exchange_pb2, members_pb2, partners_pb2, settlement_pb2
from coalition.wire.envelope import open_envelope, seal
from coalition.wire.methods import METHODS_BY_TYPE, payload_type_of
from coalition.wire.requests import BODIES
from coalition.wire.strict import parse_payload, write_time
from settlement.clearing.desk import DeskRules
from settlement.clearing.obligations import figures_of
from settlement.clearing.proposing import deferred_now
from settlement.clock import SECOND_US, now_us
from settlement.database import GATEWAY, OWNER, WORKER, connect_async
from settlement.house.records import APPROVER, BILATERAL, LOG, POOL, RECEIPT, REQUEST, Key, Network
from settlement.house.tariff import Tariff
from settlement.journal.acts import Act, Outcome
from settlement.journal.leaf import HOUSE
from settlement.ledger.batch import Verdict, post
from settlement.ledger.founding import found
from settlement.ledger.members import MemberRules
from settlement.ledger.memory import HouseMemory
from settlement.signing import (
    ED25519,
    KeySigner,
    known_public_key,
    new_key,
    parse_public_key,
    possession_message,
)
from settlement.transparency.checkpoint import vkey
from settlement.worker.publisher import Publisher

ORIGIN = "clearing.example/coalition-test"
OPERATOR = "operator"
ANN, BOB = "ann", "bob"
ACTS_PER_BATCH = 64


def spoil(dsn: str, statement: str) -> None:
    """Changes rows as only a superuser can who has put the triggers out of action; asserts that there were any."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        assert connection.execute(statement).rowcount > 0


def _key(signer: KeySigner, purpose: str, owner: str, person: str | None = None) -> Key:
    public = parse_public_key(signer.spki)
    return Key(public.keyid, public.algorithm, purpose, owner, person, signer.spki, 0)


@dataclass
class SmallNetwork:
    """A founded network. `keys`: who (partner, operator or person) to the key it signs requests with."""

    dsn: str
    log: Path
    shards: int
    gateway: psycopg.AsyncConnection[Any]
    worker: psycopg.AsyncConnection[Any]
    keys: dict[str, KeySigner]
    log_key: KeySigner
    memory: HouseMemory = field(default_factory=HouseMemory)
    members: list[tuple[int, str]] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def found(
        cls, dsn: str, log: Path, *, shards: int = 2, model: str = BILATERAL, practice: bool = False
    ) -> AsyncIterator[SmallNetwork]:
        """Founds the network in an empty database. A point is worth 0.01, and costs that in a pool."""
        keys = {who: new_key() for who in (OPERATOR, ANN, BOB)}
        log_key = new_key()
        network = Network(ORIGIN, "EUR", 2, shards, OPERATOR, model, practice)
        tariff = Tariff(10_000, price_micros=10_000 if model == POOL else 0)
        founding = [
            _key(keys[OPERATOR], REQUEST, OPERATOR),
            _key(keys[ANN], APPROVER, OPERATOR, ANN),
            _key(keys[BOB], APPROVER, OPERATOR, BOB),
            _key(new_key(), RECEIPT, OPERATOR),
            _key(log_key, LOG, OPERATOR),
        ]
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(f"SET ROLE {OWNER}")
            found(connection, network, tariff=tariff, keys=founding)
        log.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - once, before anything runs
        async with await connect_async(dsn, GATEWAY) as gateway, await connect_async(dsn, WORKER) as worker:
            yield cls(dsn, log, shards, gateway, worker, keys, log_key)

    @property
    def vkey(self) -> str:
        """The log's verifier key."""
        return vkey(ORIGIN, self.log_key.spki[-32:])

    def payload(self, who: str, message: Message, *, act_id: str | None = None) -> bytes:
        """A request's bytes: the message with its header filled in."""
        request: Any = message
        partner = OPERATOR if who in (ANN, BOB) else who
        header = request.header
        header.audience = ORIGIN
        header.method = METHODS_BY_TYPE[payload_type_of(message.DESCRIPTOR.name)].path
        header.partner_id = partner
        header.key_id = bytes.fromhex(self.keys[who].keyid)
        header.request_id = act_id or str(uuid.uuid4())
        write_time(header.issued_at, now_us())
        write_time(header.expires_at, now_us() + 3_600 * SECOND_US)
        return message.SerializeToString()

    def act(self, who: str, message: Message, *, act_id: str | None = None) -> Act[object]:
        """An act signed by `who`, sealed, opened, verified and parsed, as it comes out of the door."""
        payload_type = payload_type_of(message.DESCRIPTOR.name)
        envelope = seal(self.keys[who], payload_type, self.payload(who, message, act_id=act_id))
        sealed = open_envelope(envelope, payload_type=payload_type)
        sealed.verify(known_public_key(self.keys[who].spki))
        request = parse_payload(sealed.payload, METHODS_BY_TYPE[payload_type].payload)
        issued_us = request.header.issued_at.seconds * SECOND_US
        expires_us = request.header.expires_at.seconds * SECOND_US
        return Act(
            request.header.partner_id,
            request.header.request_id,
            sealed.keyid,
            sealed.signature,
            payload_type,
            sealed.payload,
            sealed.payload_sha256(),
            issued_us,
            expires_us,
            BODIES[message.DESCRIPTOR.name](request),
        )

    async def post(self, shard: int, acts: Sequence[Act[object]]) -> list[Verdict]:
        """Posts acts to a shard, in batches."""
        rules = DeskRules if shard == HOUSE else MemberRules
        verdicts: list[Verdict] = []
        for start in range(0, len(acts), ACTS_PER_BATCH):
            verdicts += await post(
                self.gateway, self.memory, rules, shard, acts[start : start + ACTS_PER_BATCH]
            )
        return verdicts

    async def ask(self, shard: int, who: str, message: Message) -> Outcome:
        """Posts one act and returns its outcome; an error is raised."""
        [verdict] = await self.post(shard, [self.act(who, message)])
        if not isinstance(verdict, Outcome):
            raise verdict
        return verdict

    async def take_in(self, partner: str, *, algorithm: str = ED25519) -> None:
        """Registers and activates a partner with a fresh request key."""
        self.keys[partner] = key = new_key(algorithm)
        proof = possession_message(audience=ORIGIN, partner_id=partner, keyid=key.keyid)
        await self.ask(
            HOUSE, OPERATOR, partners_pb2.RegisterRequest(partner_id=partner, display_name=partner.title())
        )
        await self.ask(HOUSE, OPERATOR, partners_pb2.ActivateRequest(partner_id=partner))
        adding = partners_pb2.AddKeyRequest(
            partner_id=partner,
            public_key=key.spki,
            purpose=partners_pb2.KEY_PURPOSE_REQUEST,
            possession=key.sign(proof),
        )
        await self.ask(HOUSE, OPERATOR, adding)

    async def enrol(self, who: str, shard: int, *tokens: bytes) -> str:
        """Enrols a member and returns its id."""
        outcome = await self.ask(shard, who, members_pb2.EnrolRequest(alias_tokens=tokens))
        assert outcome.member is not None
        self.members.append((shard, outcome.member))
        return outcome.member

    async def close_cycle(self, cycle: int, label: str) -> None:
        """Closes the open cycle, has every shard cut it and its statements named."""
        await self.ask(HOUSE, OPERATOR, settlement_pb2.CloseCycleRequest(cycle=cycle, label=label))
        publisher = self.publisher()
        await publisher.cut()
        await publisher.record_statements()

    async def proposal(self, cycle: int) -> bytes:
        """The bytes to propose for a closed cycle."""
        house = await self.memory.refresh(self.gateway)
        figures = await figures_of(self.gateway, house, cycle)
        assert figures is not None
        proposal = settlement_pb2.Proposal(
            audience=ORIGIN,
            cycle=cycle,
            currency="EUR",
            gross_minor=figures.gross,
            bilateral_minor=figures.bilateral,
            multilateral_minor=figures.multilateral,
            deferred=deferred_now(house, {cycle: figures}, cycle),
        )
        for participant, amount in figures.nets.items():
            proposal.nets.add(participant=participant, net_minor=amount)
        return proposal.SerializeToString()

    def publisher(self) -> Publisher:
        """The worker's publisher over this network's log folder."""
        return Publisher(self.worker, self.log, self.log_key)


def points(member: str, amount: int) -> dict[str, Any]:
    """The fields of a request to issue or redeem."""
    return {"member_id": member, "amount": amount, "occurred_at": just_now()}


def just_now() -> Any:
    """A timestamp for `occurred_at`."""
    moment = exchange_pb2.IssueRequest().occurred_at
    write_time(moment, now_us())
    return moment


async def exchange_key(network: SmallNetwork, partner: str) -> KeySigner:
    """The partner adds a new request key and ends the old one, which is returned."""
    old, fresh = network.keys[partner], new_key()
    proof = possession_message(audience=ORIGIN, partner_id=partner, keyid=fresh.keyid)
    adding = partners_pb2.AddKeyRequest(
        partner_id=partner,
        public_key=fresh.spki,
        purpose=partners_pb2.KEY_PURPOSE_REQUEST,
        possession=fresh.sign(proof),
    )
    await network.ask(HOUSE, partner, adding)
    network.keys[partner] = fresh
    ending = partners_pb2.RevokeKeyRequest(keyid=old.keyid, reason=partners_pb2.REVOCATION_REASON_RETIRED)
    await network.ask(HOUSE, partner, ending)
    return old
