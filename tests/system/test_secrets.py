"""What the server and its PostgreSQL log names no secret, no member, no amount and no request: not even when all goes wrong."""

import base64
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import psycopg
import pytest

from coalition.api.v1.envelope_pb2 import Envelope
from coalition.api.v1.exchange_pb2 import IssueRequest
from coalition.cli.site import DATABASE, Site, found_network, prepare_database
from coalition.client import BlockingClient, Identity, Outbox, RequestRejectedError, alias_token
from coalition.wire.envelope import seal
from coalition.wire.methods import METHODS, METHODS_BY_TYPE
from settlement import embedded
from settlement.house.records import Network
from tests.support.network import ORIGIN, PEOPLE
from tests.support.serving import ServerProcess, served

CARD = "4000 1234 1234 1234"
AMOUNT = 918_273_645
ISSUE = next(method for method in METHODS.values() if method.payload is IssueRequest)

BAD: dict[str, tuple[Callable[[Any], object], str]] = {
    "a card number as partner": (lambda r: setattr(r.header, "partner_id", CARD), "HEADER_INVALID"),
    "a card number as member": (lambda r: setattr(r, "member_id", CARD), "FIELD_INVALID"),
    "another network": (lambda r: setattr(r.header, "audience", f"{CARD}.example"), "AUDIENCE_MISMATCH"),
    "other bytes under the same act id": (lambda r: setattr(r, "amount", AMOUNT + 1), "ACT_ID_REUSED"),
}
"""What is done to a good request before its partner signs it again."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site with a PostgreSQL of its own: it has passwords and logs."""
    site = Site(tmp_path / "site")
    prepare_database(site)
    network = Network(ORIGIN, "EUR", 2, 1, "operator", "bilateral")
    found_network(site, network, rate_micros=10_000, people=PEOPLE, server="127.0.0.1:0")
    yield site
    embedded.stop(site.data)


@pytest.fixture
def requests() -> list[bytes]:
    """Every envelope that was sent."""
    return []


def test_neither_good_nor_bad_requests_leave_a_secret_in_a_log(
    site: Site, tmp_path: Path, requests: list[bytes]
) -> None:
    with served(site) as server:
        bakery = server.take_in("bakery")
        member = good_acts(bakery, tmp_path / "outbox", requests)
        reasons = bad_acts(server, bakery, requests)
    told = logs(site)
    assert reasons == set(re.findall(r'"reason": ?"([A-Z_]+)"', told)), "the log has what went wrong"
    assert found(secrets(site, bakery, member, requests), told) == []


def test_a_batch_that_breaks_the_books_rules_leaves_no_row_in_a_log(
    site: Site, tmp_path: Path, requests: list[bytes]
) -> None:
    """PostgreSQL quotes the whole row that breaks a constraint, in its error and, at its usual settings, in its log."""
    with served(site) as server:
        bakery = server.take_in("bakery")
        member = good_acts(bakery, tmp_path / "outbox", requests)
        with psycopg.connect(embedded.start(site.data).superuser_dsn(DATABASE), autocommit=True) as superuser:
            superuser.execute("ALTER TABLE payloads ADD CONSTRAINT broken CHECK (shard <> 1) NOT VALID")
        request: Any = IssueRequest.FromString(Envelope.FromString(requests[-1]).payload)
        request.header.request_id = str(uuid.uuid4())
        call(server, bakery, request, requests)
    assert found(secrets(site, bakery, member, requests), logs(site)) == []


def test_a_secret_in_a_log_would_be_seen(site: Site) -> None:
    with served(site) as server:
        bakery = server.take_in("bakery")
    planted = secrets(site, bakery, str(uuid.uuid4()), [seal(bakery.signer, "x", b"a payload")])
    assert len(planted) > 20
    assert found(planted, " ".join(planted.values())) == sorted(planted)


def good_acts(bakery: Identity, outbox: Path, requests: list[bytes]) -> str:
    """A member enrols, gets points, spends some, and is refused more; returns the member's id."""
    with Outbox(outbox) as kept:
        with BlockingClient(bakery, outbox=kept) as client:
            member = client.enrol(aliases=[("card", CARD)]).member
            assert member is not None
            client.redeem(member=member, amount=AMOUNT)
            client.balance(member=("card", CARD))
            client.issue(member=("card", CARD), amount=AMOUNT)
        requests += [envelope for envelope, _ in kept.receipts()]
    return member


def bad_acts(server: ServerProcess, bakery: Identity, requests: list[bytes]) -> set[str]:
    """Every kind of bad request; returns the reasons that they were answered with."""
    good = Envelope.FromString(requests[-1])
    reasons = set()
    for change, reason in BAD.values():
        request: Any = IssueRequest.FromString(good.payload)
        change(request)
        assert call(server, bakery, request, requests) == reason
        reasons.add(reason)
    return reasons


def call(server: ServerProcess, signer: Identity, request: Any, requests: list[bytes]) -> str:
    """Sends a request as it is; returns the reason that it is answered with."""
    return "todo"
