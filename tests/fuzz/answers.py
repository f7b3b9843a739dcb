"""The partner's side: receipts that somebody made, and whatever a server answers to a client that asks."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import Any

import grpc
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from coalition.api.v1 import exchange_pb2, members_pb2, partners_pb2, settlement_pb2, transparency_pb2
from coalition.api.v1.envelope_pb2 import Receipt
from coalition.client import Client, ClientError, Outbox
from coalition.gateway.limits import RateLimitedError
from coalition.gateway.status import status_of
from coalition.wire.envelope import payload_of, seal
from coalition.wire.methods import RECEIPT_TYPE, payload_type_of
from coalition.wire.receipts import open_receipt, seal_receipt
from coalition.wire.settlements import parse_proposal
from settlement.clock import TIME_MAX_US
from settlement.errors import CoalitionError
from settlement.ids import new_act_id
from settlement.journal.acts import Outcome
from settlement.signing import new_key, parse_public_key
from tests.coalition.client.peer import MEMBER, NETWORK, Call, Peer
from tests.fuzz.changes import TAPES, Tape, applied
from tests.fuzz.readers import MESSAGE
from tests.fuzz.target import Target

ACT = "0a1b2c3d-0000-7000-8000-000000000002"


def receipts() -> Target:
    """Receipts changed before or after they are signed: an error, or facts that make the same receipt again."""
    signer = new_key()
    key = parse_public_key(signer.spki)
    digest = sha256(b"payload").digest()
    outcomes = [
        Outcome(ACT, digest, 1, 7, bytes(32), time_us, refusal, member, balance)
        for time_us in (1, 1_800_000_000_000_001, TIME_MAX_US)
        for refusal, member, balance in (
            (None, MEMBER, 0),
            ("POINTS_SPENT", MEMBER, 5),
            ("MEMBER_UNKNOWN", None, None),
        )
    ]
    sealed = [seal_receipt(signer, audience=NETWORK, outcome=outcome) for outcome in outcomes]
    payloads = [payload_of(envelope) for envelope in sealed]

    def made(tape: Tape) -> bytes:
        number, choice = divmod(tape.number, len(sealed))
        if number % 4 == 0:
            return applied(sealed[choice], tape.changes, MESSAGE)
        return seal(signer, RECEIPT_TYPE, applied(payloads[choice], tape.changes, MESSAGE))

    def attempt(data: bytes) -> None:
        for expected in (None, digest):
            try:
                outcome = open_receipt(data, audience=NETWORK, key=key, payload_sha256=expected)
            except CoalitionError:
                continue
            again = seal_receipt(signer, audience=NETWORK, outcome=outcome)
            assert open_receipt(again, audience=NETWORK, key=key) == outcome

    return Target("receipt", TAPES.map(made), attempt)


def filled(kind: type[Message]) -> bytes:
    """A message in which every field, at any depth, has a value that a server might send."""
    message: Any = kind()
    _fill(message)
    return bytes(message.SerializeToString())


def _fill(message: Any) -> None:
    for field in message.DESCRIPTOR.fields:
        if field.message_type is not None:
            inner = getattr(message, field.name)
            _fill(inner.add() if field.is_repeated else inner)
        elif field.is_repeated:
            getattr(message, field.name).extend([_value(field)] * 2)
        else:
            setattr(message, field.name, _value(field))


def _value(field: FieldDescriptor) -> Any:
    if field.type == FieldDescriptor.TYPE_STRING:
        return "12"
    return b"\x07" * 32 if field.type == FieldDescriptor.TYPE_BYTES else 1


FAILED = grpc.StatusCode.RESOURCE_EXHAUSTED
Question = Callable[[Client], Awaitable[object]]


async def _entries(client: Client) -> list[object]:
    """One page; the next one's token is the server's to give, for ever if it likes."""
    pages = client.entries(page_size=2)
    return [await anext(pages, None) for _ in range(2)]


async def _proposal(client: Client) -> object:
    with suppress(CoalitionError):
        return parse_proposal(await client.preview(cycle=1))
    return None


QUESTIONS: list[tuple[type[Message], Question]] = [
    (exchange_pb2.GetBalanceResponse, lambda client: client.balance(member=MEMBER)),
    (exchange_pb2.ListEntriesResponse, _entries),
    (members_pb2.GetMemberResponse, lambda client: client.member(member=MEMBER)),
    (partners_pb2.ListPartnersResponse, lambda client: client.partners()),
    (settlement_pb2.GetPositionResponse, lambda client: client.position()),
    (settlement_pb2.ListCyclesResponse, lambda client: client.cycles()),
    (settlement_pb2.ListSettlementsResponse, lambda client: client.settlements(settlement=1)),
    (settlement_pb2.ListObligationsResponse, lambda client: client.obligations(cycle=1)),
    (settlement_pb2.GetStatementResponse, lambda client: client.statement(cycle=1)),
    (settlement_pb2.PreviewResponse, _proposal),
    (transparency_pb2.GetCheckpointResponse, lambda client: client.checkpoint()),
    (
        transparency_pb2.GetInclusionProofResponse,
        lambda client: client.inclusion_proof(shard=1, entry_number=1),
    ),
    (transparency_pb2.GetConsistencyProofResponse, lambda client: client.consistency_proof(old_size=1)),
]
"""Every read with the message that answers it."""


class Asking:
    """A client, and over real gRPC a server that answers what it is told.

    The last three seeds are no reads: an act's receipt, what an outbox holds of an act, the details of an error.
    """

    def __init__(self, peer: Peer, client: Client, outbox: Outbox, loop: asyncio.AbstractEventLoop) -> None:
        self._peer, self._client, self._outbox, self._loop = peer, client, outbox, loop
        self._seeds = [
            *[filled(reply) for reply, _ in QUESTIONS],
            seal(peer.partner_signer, RECEIPT_TYPE, filled(Receipt)),
            seal(peer.partner_signer, payload_type_of("IssueRequest"), filled(exchange_pb2.IssueRequest)),
            status_of(RateLimitedError("calls", 1.0)).SerializeToString(),
        ]

    def made(self, tape: Tape) -> tuple[int, bytes]:
        """A question and the answer to it."""
        number = tape.number % len(self._seeds)
        return number, applied(self._seeds[number], tape.changes, MESSAGE)

    def attempt(self, case: tuple[int, bytes]) -> None:
        """A value, or an error of the client's own."""
        with suppress(ClientError):
            self._loop.run_until_complete(self._ask(*case))

    async def _ask(self, number: int, data: bytes) -> None:
        async def says(call: Call, context: Any) -> bytes:
            if number == len(self._seeds) - 1:
                await context.abort(FAILED, "because", (("grpc-status-details-bin", data),))
            return data

        self._peer.script.clear()
        self._peer.calls.clear()
        self._peer.script.extend([says] * 2)
        if number < len(QUESTIONS):
            await QUESTIONS[number][1](self._client)
        elif number != len(QUESTIONS) + 1:
            await self._client.issue(member=MEMBER, amount=5)
        else:
            act_id = self._outbox.keep("bakery", new_act_id(), data).act_id
            with suppress(ClientError):
                await self._client.issue(member=MEMBER, amount=5, act_id=act_id)
            await self._client.resend(act_id=act_id)


@contextmanager
def reads() -> Iterator[Target]:
    """What a client makes of a server's answers."""
    loop = asyncio.new_event_loop()
    try:
        with Outbox.in_memory() as outbox:
            peer = loop.run_until_complete(Peer().__aenter__())
            client = Client(peer.identity(), outbox=outbox, deadline_seconds=0.5)
            loop.run_until_complete(client.__aenter__())
            asking = Asking(peer, client, outbox, loop)
            yield Target("reads", TAPES.map(asking.made), asking.attempt)
            loop.run_until_complete(client.__aexit__(None, None, None))
            loop.run_until_complete(peer.__aexit__())
    finally:
        loop.close()
