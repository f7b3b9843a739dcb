"""What the server and its PostgreSQL log, and what the server counts, names no secret, no member, no amount and no request: not
even when all goes wrong."""

import base64
import re
import signal
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import psycopg
import pytest

from coalition.api.v1.envelope_pb2 import Envelope
from coalition.api.v1.exchange_pb2 import IssueRequest
from coalition.cli.site import DATABASE, Site
from coalition.cli.site_network import found_network, prepare_database
from coalition.client import BlockingClient, Identity, Outbox, alias_token, load_identity
from coalition.wire.envelope import seal
from coalition.wire.methods import METHODS
from settlement import embedded
from settlement.house.records import Network
from settlement.house.tariff import Tariff
from settlement.signing import new_key
from tests.support.command import run
from tests.support.door import read_answer
from tests.support.network import ORIGIN, PEOPLE
from tests.support.serving import free_port, served

pytestmark = pytest.mark.embedded

CARD = "4000 1234 1234 1234"
AMOUNT = 918_273_645
ISSUE = next(method for method in METHODS.values() if method.payload is IssueRequest)

BAD: dict[str, Callable[[Any], object]] = {
    "a card number as partner": lambda r: setattr(r.header, "partner_id", CARD),
    "a card number as member": lambda r: setattr(r, "member_id", CARD),
    "another network": lambda r: setattr(r.header, "audience", f"{CARD}.example"),
    "other bytes under the same act id": lambda r: setattr(r, "amount", AMOUNT + 1),
}
"""What is done to a good request before its partner signs it again."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site with a PostgreSQL of its own: it has passwords and logs."""
    site = Site(tmp_path / "site")
    prepare_database(site)
    network = Network(ORIGIN, "EUR", 2, 1, "operator", "bilateral")
    found_network(site, network, tariff=Tariff(10_000), people=PEOPLE, server="127.0.0.1:0")
    yield site
    embedded.stop(site.data)


@pytest.fixture
def requests() -> list[bytes]:
    """Every envelope that was sent."""
    return []


def test_neither_good_nor_bad_requests_leave_a_secret_in_a_log(
    site: Site, tmp_path: Path, requests: list[bytes]
) -> None:
    metrics = f"127.0.0.1:{free_port()}"
    with served(site, *mutual_tls(site), "--metrics", metrics) as server:
        bakery = server.take_in("bakery")
        member = good_acts(bakery, tmp_path / "outbox", requests)
        reasons = bad_acts(bakery, requests)
        with urllib.request.urlopen(f"http://{metrics}/metrics", timeout=20) as answer:
            counted = answer.read().decode()
        assert server.end(signal.SIGTERM) == 0
    door = "".join(path.read_text() for path in site.door.iterdir())
    for told in (logs(site), door):
        assert reasons == set(re.findall(r'"reason": ?"([A-Z_]+)"', told)), "the log has what went wrong"
    assert reasons <= set(re.findall(r'reason="([A-Z_]+)"', counted))
    hidden = secrets(site, bakery, member, requests)
    assert found(hidden, logs(site) + door + counted) == []


@pytest.mark.parametrize("table", ["lots", "payloads"])
def test_a_batch_that_breaks_a_rule_of_the_tables_leaves_no_row_in_a_log(
    site: Site, tmp_path: Path, requests: list[bytes], table: str
) -> None:
    """PostgreSQL quotes the whole row that breaks a constraint, in its error and, at its usual settings, in its log."""
    with served(site) as server:
        bakery = server.take_in("bakery")
        member = good_acts(bakery, tmp_path / "outbox", requests)
        with psycopg.connect(embedded.start(site.data).superuser_dsn(DATABASE), autocommit=True) as superuser:
            superuser.execute(f"ALTER TABLE {table} ADD CONSTRAINT broken CHECK (shard <> 1) NOT VALID")
        request: Any = IssueRequest.FromString(Envelope.FromString(requests[-1]).payload)
        request.header.request_id = str(uuid.uuid4())
        assert sent(bakery, sealed(bakery, request), requests) == "BOOKS_INCONSISTENT"
    assert found(secrets(site, bakery, member, requests), logs(site)) == []


def test_a_secret_in_a_log_would_be_seen(site: Site) -> None:
    with served(site) as server:
        bakery = server.take_in("bakery")
    planted = secrets(site, bakery, str(uuid.uuid4()), [seal(bakery.signer, "x", b"a payload")])
    assert len(planted) > 20
    assert found(planted, " ".join(planted.values())) == sorted(planted)


def mutual_tls(site: Site) -> list[str]:
    """The options of a server with certificates made for it."""
    assert run("tls", "init", "127.0.0.1", data=site.data).code == 0
    files = {"--certificate": "server.pem", "--key": "server.key", "--client-ca": "ca.pem"}
    return [word for option, name in files.items() for word in (option, str(site.tls / name))]


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


def bad_acts(bakery: Identity, requests: list[bytes]) -> set[str]:
    """Every kind of bad request; returns the reasons that they were answered with."""
    good = Envelope.FromString(requests[-1])
    forged = Envelope.FromString(requests[-1])
    forged.signatures[0].sig = bytes(64)
    reasons = {
        sent(bakery, forged.SerializeToString(), requests),
        sent(bakery, seal(bakery.signer, ISSUE.payload_type, CARD.encode()), requests),
        sent(bakery, seal(new_key(), ISSUE.payload_type, good.payload), requests),
    }
    for change in BAD.values():
        request: Any = IssueRequest.FromString(good.payload)
        change(request)
        reasons.add(sent(bakery, sealed(bakery, request), requests))
    return reasons


def sealed(bakery: Identity, request: Any) -> bytes:
    """A changed request, signed by its partner."""
    return seal(bakery.signer, ISSUE.payload_type, request.SerializeToString())


def sent(bakery: Identity, envelope: bytes, requests: list[bytes]) -> str:
    """Sends an envelope that must fail, as the bakery connects; returns the reason."""
    requests.append(envelope)
    with channel_of(bakery) as channel, pytest.raises(grpc.RpcError) as failed:
        channel.unary_unary(ISSUE.path, None, None)(envelope, timeout=20)
    reason = read_answer(failed.value).reason
    assert reason is not None
    return reason


def channel_of(identity: Identity) -> grpc.Channel:
    """A channel as the client library opens it."""
    if identity.tls is None:
        return grpc.insecure_channel(identity.server)
    return grpc.secure_channel(identity.server, identity.tls.credentials())


def secrets(site: Site, bakery: Identity, member: str, requests: list[bytes]) -> dict[str, str]:
    """What must not be logged, by what it is."""
    alias_key = site.alias_key()
    assert alias_key is not None
    token = alias_token(alias_key, "card", CARD)
    named = {"card": CARD, "card's digits": CARD.replace(" ", ""), "member": member, "amount": str(AMOUNT)}
    named["member's digits"] = member.replace("-", "")
    keys = {path.name: path.read_text() for path in (site.data / "keys").glob("*.pem")}
    identities = [load_identity(site.identity_path(name)) for name in ("operator", *PEOPLE)]
    keys |= {path.name: path.read_text() for path in site.tls.rglob("*.key")}
    keys |= {identity.signer.keyid: identity.signer.to_pem() for identity in (*identities, bakery)}
    for name, pem in keys.items():
        named |= {f"key {name}, line {n}": line for n, line in enumerate(pem.splitlines()[1:-1])}
    for number, line in enumerate((site.data / "passwords").read_text().splitlines()):
        named[f"password {number}"] = line.rpartition(":")[2]
    payloads = {f"payload {n}": Envelope.FromString(sent).payload for n, sent in enumerate(requests)}
    for name, value in {"alias key": alias_key, "token": token, **payloads}.items():
        # Its beginning: PostgreSQL quotes no more than 64 characters of a value.
        named[f"{name} in hex"] = value[:24].hex()
        named[f"{name} in base64"] = base64.b64encode(value[:24]).decode()
    return named


def found(named: dict[str, str], told: str) -> list[str]:
    """Which of the secrets are in a text."""
    return sorted(name for name, secret in named.items() if secret in told)


def logs(site: Site) -> str:
    """Everything that the server and its PostgreSQL wrote."""
    server = [site.data / "serve.log", site.data / "postgres.log"]
    postgres = list((site.data / "postgres" / "log").glob("*.log"))
    assert postgres
    return "\n".join(path.read_text() for path in [*server, *postgres] if path.exists())
