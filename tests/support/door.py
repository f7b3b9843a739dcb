"""A running network with every kind of caller, and calls with any bytes: what stands before the door."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import grpc
import psycopg
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from coalition.api.v1 import partners_pb2, settlement_pb2
from coalition.client import BlockingClient, Identity
from coalition.errors import CODES
from coalition.wire.envelope import seal
from coalition.wire.methods import METHODS, Method
from coalition.wire.receipts import open_receipt
from coalition.wire.strict import write_time
from settlement.clock import SECOND_US, now_us
from settlement.journal.acts import Outcome
from settlement.signing import ECDSA_P256, ED25519, KeySigner, new_key, parse_public_key, possession_message
from tests.support.network import ORIGIN, RunningServer, new_site, start_server

PEOPLE = ("ann", "bob")
CARD = ("card", "4000 1234 5678")


@dataclass(frozen=True)
class Answer:
    """What a call came back with. `code` "OK" has a body; others mostly a reason."""

    code: str
    reason: str | None = None
    field: str | None = None
    body: bytes = b""
    text: str = ""
    retry_seconds: int | None = None

    def is_error(self, *reasons: str) -> None:
        """Fails unless this is one of these errors, with the code that the table gives it."""
        assert self.reason in reasons, self
        assert self.reason is not None
        assert self.code == CODES[self.reason], self


@dataclass
class Door:
    """`signers`: who (a partner, the operator or a person; "-old" for a revoked key) to the key it signs with."""

    server: RunningServer
    dsn: str
    channel: grpc.Channel
    signers: dict[str, KeySigner] = field(default_factory=dict)
    member: str = ""
    receipt_key: KeySigner = field(default_factory=new_key)

    @classmethod
    @contextmanager
    def opened(cls, folder: Path, dsn: str, *, shards: int = 1) -> Iterator[Self]:
        """Founds a network, serves it and takes in its partners."""
        server = start_server(new_site(folder, dsn, shards=shards))
        try:
            with grpc.insecure_channel(server.address) as channel:
                door = cls(server, dsn, channel)
                door._take_in()
                yield door
        finally:
            server.stop()

    def identity(self, who: str) -> Identity:
        """The identity of a caller for the client library."""
        operator = self.server.identity("operator")
        return replace(operator, partner_id=self.partner_of(who), signer=self.signers[who])

    def partner_of(self, who: str) -> str:
        """Whose key it is."""
        return "operator" if who in (*PEOPLE, "receipt") else who.removesuffix("-old")

    def _take_in(self) -> None:
        for name in ("operator", *PEOPLE):
            self.signers[name] = self.server.identity(name).signer
        self.receipt_key = self.signers["receipt"] = self.server.site.signer("receipt")
        algorithms = {"bakery": ED25519, "grocer": ECDSA_P256, "florist": ED25519, "kiosk": ED25519}
        with BlockingClient(self.identity("operator")) as operator:
            for partner, algorithm in algorithms.items():
                self.signers[partner] = new_key(algorithm)
                operator.register(partner_id=partner, display_name=partner.title())
                operator.add_key(key=self.signers[partner], partner_id=partner)
                if partner != "florist":
                    operator.activate(partner_id=partner)
            operator.suspend(partner_id="kiosk")
        self.signers["bakery-old"] = old = new_key()
        with BlockingClient(self.identity("bakery")) as bakery:
            bakery.add_key(key=old)
            bakery.revoke_key(keyid=old.keyid)
            self.member = bakery.enrol(aliases=[CARD]).member or ""
            bakery.issue(member=self.member, amount=1_000)

    def call(self, path: str, data: bytes, *, timeout: float = 20) -> Answer:
        """Sends bytes to a method."""
        try:
            body = self.channel.unary_unary(path, None, None)(data, timeout=timeout)
        except grpc.RpcError as error:
            return read_answer(error)
        return Answer("OK", body=body)

    def ask(self, who: str, request: Any, *, act_id: str | None = None, **header: Any) -> Answer:
        """Completes, seals and sends a request to its own method."""
        method = method_of(request)
        return self.call(method.path, self.sealed(who, self.complete(who, request, act_id=act_id, **header)))

    def outcome(self, answer: Answer) -> Outcome:
        """The outcome in an answer that must be a receipt."""
        assert answer.code == "OK", answer
        key = parse_public_key(self.receipt_key.spki)
        return open_receipt(answer.body, audience=ORIGIN, key=key)

    def complete(self, who: str, request: Any, *, act_id: str | None = None, **header: Any) -> Any:
        """Fills in the header as it must be; `header` then changes single fields, None clears them."""
        method, now = method_of(request), now_us()
        facts = request.header
        facts.audience, facts.method, facts.partner_id = ORIGIN, method.path, self.partner_of(who)
        facts.key_id = bytes.fromhex(self.signers[who].keyid)
        facts.request_id = act_id or str(uuid.uuid4())
        write_time(facts.issued_at, now)
        write_time(facts.expires_at, now + min(method.life_max_us, 3_600 * SECOND_US))
        for name, value in header.items():
            facts.ClearField(name)
            if value is not None and name.endswith("_at"):
                getattr(facts, name).CopyFrom(value)
            elif value is not None:
                setattr(facts, name, value)
        return request

    def sealed(
        self, who: str, request: Any, *, payload: bytes | None = None, method: Method | None = None
    ) -> bytes:
        """The envelope of a request, or of other payload bytes, as of another method."""
        method = method or method_of(request)
        return seal(
            self.signers[who],
            method.payload_type,
            request.SerializeToString() if payload is None else payload,
        )

    def sample(self, method: Method) -> tuple[str, Any]:
        """A caller who may call a method, and a request that its field rules accept, completed; most would be refused."""
        request: Any = method.payload()
        for name, value in self._fields(method.payload.DESCRIPTOR.name).items():
            if name.endswith("_at"):
                write_time(getattr(request, name), value)
            elif isinstance(value, list):
                getattr(request, name).extend(value)
            else:
                setattr(request, name, value)
        who = caller_for(method)
        return who, self.complete(who, request)

    def _fields(self, message: str) -> dict[str, Any]:
        key, now = new_key(), now_us()
        proof = possession_message(audience=ORIGIN, partner_id="bakery", keyid=key.keyid)
        proposal = settlement_pb2.Proposal(audience=ORIGIN, cycle=1_000, currency="EUR")
        proposal.nets.add(participant="bakery", net_minor=5)
        points = {"member_id": str(uuid.uuid4()), "amount": 5, "occurred_at": now}
        fields: dict[str, dict[str, Any]] = {
            "IssueRequest": points,
            "RedeemRequest": points,
            "ReverseRequest": {"original_act_id": str(uuid.uuid4()), "occurred_at": now},
            "GetReceiptRequest": {"act_id": str(uuid.uuid4())},
            "GetBalanceRequest": {"member_id": self.member},
            "ListEntriesRequest": {"page_size": 2},
            "EnrolRequest": {"alias_tokens": [sha256(key.spki).digest()]},
            "LinkAliasRequest": {"member_id": str(uuid.uuid4()), "alias_token": sha256(key.spki).digest()},
            "GetMemberRequest": {"member_id": self.member},
            "RegisterRequest": {"partner_id": "bakery", "display_name": "Bakery"},
            "ActivateRequest": {"partner_id": "bakery"},
            "SuspendRequest": {"partner_id": "nobody-there"},
            "AddKeyRequest": {
                "partner_id": "bakery",
                "public_key": key.spki,
                "purpose": partners_pb2.KEY_PURPOSE_REQUEST,
                "possession": key.sign(proof),
            },
            "RevokeKeyRequest": {"keyid": key.keyid, "reason": partners_pb2.REVOCATION_REASON_RETIRED},
            "SetTariffRequest": {"reimbursement_micros": 10_000},
            "ListObligationsRequest": {"cycle": 1},
            "GetStatementRequest": {"cycle": 1, "partner_id": "bakery"},
            "CloseCycleRequest": {"cycle": 1_000, "label": "2026-11"},
            "PreviewRequest": {"cycle": 1},
            "ProposeRequest": {"proposal": proposal.SerializeToString()},
            "ApproveRequest": {"proposal_sha256": bytes(32)},
            "ConfirmRequest": {"settlement": 1, "participant": "bakery", "amount_minor": 5},
            "GetInclusionProofRequest": {"shard": 0, "entry_number": 0},
            "GetConsistencyProofRequest": {"old_size": 1},
        }
        return fields.get(message, {})

    def recorded(self) -> dict[str, int]:
        """How much is in the books, apart from what the worker writes by itself."""
        tables = dict.fromkeys(
            ("acts", "payloads", "transfers", "members", "aliases", "lots", "reversals"), ""
        )
        tables["entries"] = " WHERE kind NOT IN ('heads', 'cut')"
        with psycopg.connect(self.dsn) as connection:
            counts = {}
            for table, where in tables.items():
                row = connection.execute(f"SELECT count(*) FROM {table}{where}".encode()).fetchone()
                counts[table] = row[0] if row is not None else 0
        return counts

    @contextmanager
    def records_nothing(self) -> Iterator[None]:
        """Whatever is called inside must leave no trace in the books."""
        before = self.recorded()
        yield
        assert self.recorded() == before


def method_of(request: Any) -> Method:
    """The method that takes a message."""
    return next(method for method in METHODS.values() if method.payload.DESCRIPTOR is request.DESCRIPTOR)


CALLERS = {1: "bakery", 2: "operator", 3: "ann"}
"""One caller for each role of the proto."""


def caller_for(method: Method) -> str:
    """A caller with the first of the method's roles."""
    return CALLERS[min(method.roles)]


def read_answer(error: Any) -> Answer:
    """Code and details of a failed call."""
    status = rpc_status.from_call(error)
    reason = named = retry = None
    for detail in status.details if status is not None else ():
        info, pause = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            assert info.domain == "coalition.api.v1"
            reason, named = info.reason, info.metadata.get("field")
        elif detail.Unpack(pause):
            retry = pause.retry_delay.seconds
    return Answer(error.code().name, reason, named, b"", error.details() or "", retry)
