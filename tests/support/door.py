"""A running network with every kind of caller, and calls with any bytes: what stands before the door."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import grpc
import psycopg
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from coalition.client import BlockingClient, Identity
from coalition.errors import CODES
from coalition.wire.methods import METHODS
from coalition.wire.receipts import open_receipt
from settlement.journal.acts import Outcome
from settlement.signing import ECDSA_P256, ED25519, KeySigner, new_key, parse_public_key
from tests.support.callers import PEOPLE, Callers, method_of
from tests.support.network import ORIGIN, RunningServer, new_site, start_server

CARD = ("card", "4000 1234 5678")
_COUNTED = dict.fromkeys(
    ("acts", "payloads", "transfers", "members", "aliases", "lots", "arrears", "reversals"), ""
) | {"entries": " WHERE kind NOT IN ('heads', 'cut')"}
_COUNTS = " UNION ALL ".join(
    f"SELECT '{table}', count(*) FROM {table}{where}" for table, where in _COUNTED.items()
).encode()


@dataclass(frozen=True)
class Answer:
    """What a call came back with. `code` "OK" has a body; others mostly a reason."""

    code: str
    reason: str | None = None
    field: str | None = None
    body: bytes = b""
    text: str = ""
    retry_seconds: float | None = None

    def is_error(self, *reasons: str) -> None:
        """Fails unless this is one of these errors, with the code that the table gives it."""
        assert self.reason in reasons, self
        assert self.reason is not None
        assert self.code == CODES[self.reason], self


@dataclass
class Door(Callers):
    """A network behind its door, and its callers."""

    server: RunningServer
    dsn: str
    channel: grpc.Channel
    books: psycopg.Connection[Any]
    receipt_key: KeySigner = field(default_factory=new_key)

    @classmethod
    @contextmanager
    def opened(cls, folder: Path, dsn: str, *, shards: int = 1, **settings: Any) -> Iterator[Self]:
        """Founds a network, serves it and takes in its partners. `settings`: further ones of the server."""
        server = start_server(new_site(folder, dsn, shards=shards), **settings)
        try:
            with (
                grpc.insecure_channel(server.address) as channel,
                psycopg.connect(dsn, autocommit=True) as books,
            ):
                door = cls(server=server, dsn=dsn, channel=channel, books=books)
                door._take_in()
                yield door
        finally:
            server.stop()

    def identity(self, who: str) -> Identity:
        """The identity of a caller for the client library."""
        operator = self.server.identity("operator")
        return replace(operator, partner_id=self.partner_of(who), signer=self.signers[who])

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
        """Sends bytes to a method; of a stream the first message is the answer."""
        try:
            if path in METHODS and METHODS[path].streams:
                stream: Any = self.channel.unary_stream(path, None, None)(data, timeout=timeout)
                body = next(stream)
                stream.cancel()
            else:
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

    def recorded(self) -> dict[str, int]:
        """How much is in the books, apart from what the worker writes by itself."""
        return dict(self.books.execute(_COUNTS).fetchall())

    @contextmanager
    def records_nothing(self) -> Iterator[None]:
        """Whatever is called inside must leave no trace in the books."""
        before = self.recorded()
        yield
        assert self.recorded() == before

    def names_field(self, who: str, request: Any, field: str) -> None:
        """The request breaks a rule of this field: the answer names it, and nothing is recorded."""
        with self.records_nothing():
            answer = self.ask(who, request)
            answer.is_error("FIELD_INVALID")
            assert answer.field == field


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
            retry = pause.retry_delay.ToMicroseconds() / 1e6
    return Answer(error.code().name, reason, named, b"", error.details() or "", retry)
