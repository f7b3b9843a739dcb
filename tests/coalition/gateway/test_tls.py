"""Mutual TLS: a connection names a partner and speaks for no other; certificates change while the server runs."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import grpc
import pytest
from structlog.testing import capture_logs

from coalition.cli.issuing import Issued, make_ca
from coalition.client import BlockingClient, Identity, NoAnswerError, RequestRejectedError, Tls
from coalition.gateway.tls import EXPIRY_WARNING_SECONDS
from coalition.gateway.tls import Tls as ServerTls
from coalition.gateway.visitor import partner_uri
from settlement.errors import CoalitionError
from settlement.signing import new_key
from tests.support.certificates import ENDED_DAYS, Certificates, serial
from tests.support.network import ORIGIN, RunningServer, new_site, start_server
from tests.support.postgres import drop_database, new_books

BAKERY, GROCER = partner_uri(ORIGIN, "bakery"), partner_uri(ORIGIN, "grocer")


@dataclass
class Guarded:
    """A network behind mutual TLS."""

    server: RunningServer
    certificates: Certificates
    signers: dict[str, Identity]

    def asks(self, partner: str, tls: Tls | None, *, server: str | None = None) -> None:
        """A read on a connection of its own; raises what the client raises."""
        identity = replace(self.signers[partner], tls=tls, server=server or self.server.address)
        with BlockingClient(identity, deadline_seconds=1.5) as client:
            client.position()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    dsn = new_books()
    folder: Path = tmp_path_factory.mktemp("site")
    certificates = Certificates.made(folder / "certificates")
    server = start_server(new_site(folder, dsn), tls=certificates.files)
    operator = replace(server.identity("operator"), tls=certificates.client(partner_uri(ORIGIN, "operator")))
    signers = {"operator": operator}
    with BlockingClient(operator) as client:
        for partner in ("bakery", "grocer"):
            signers[partner] = replace(operator, partner_id=partner, signer=new_key(), tls=None)
            client.register(partner_id=partner, display_name=partner.title())
            client.add_key(key=signers[partner].signer, partner_id=partner)
            client.activate(partner_id=partner)
    yield Guarded(server, certificates, signers)
    server.stop()
    drop_database(dsn)


def test_a_partner_calls_with_its_own_certificate(guarded: Guarded) -> None:
    guarded.asks("bakery", guarded.certificates.client(BAKERY))
    guarded.asks("grocer", guarded.certificates.client(GROCER))


@pytest.mark.parametrize(
    "uri",
    [
        GROCER,
        partner_uri(ORIGIN, "operator"),
        partner_uri(f"{ORIGIN}-2", "bakery"),
        f"{BAKERY}/x",
        BAKERY.upper(),
        f"https://{ORIGIN}/bakery",
        f"{BAKERY}, URI:{GROCER}",
    ],
)
def test_a_certificate_that_names_anybody_else_opens_nothing(guarded: Guarded, uri: str) -> None:
    with pytest.raises(RequestRejectedError) as caught:
        guarded.asks("bakery", guarded.certificates.client(uri))
    error = caught.value
    assert (error.reason, error.code, error.field) == (
        "CERTIFICATE_MISMATCH",
        "PERMISSION_DENIED",
        "header.partner_id",
    )
    assert BAKERY in error.message


def test_a_certificate_without_a_uri_opens_nothing(guarded: Guarded) -> None:
    """Issued by the right CA, for a client, and naming hosts only."""
    certificates = guarded.certificates
    issued = certificates.server("bakery.example")
    with pytest.raises(NoAnswerError):
        guarded.asks("bakery", Tls(certificates.ca.certificate, issued.certificate, issued.key))


def test_who_shows_no_good_certificate_is_not_connected(guarded: Guarded) -> None:
    certificates, stranger = guarded.certificates, make_ca("stranger")
    for tls in (
        None,
        Tls(certificates.ca.certificate),
        certificates.client(BAKERY, ca=stranger),
    ):
        with pytest.raises(NoAnswerError):
            guarded.asks("bakery", tls)


def test_an_expired_client_certificate_is_refused_by_the_server_and_told_by_the_client(
    guarded: Guarded,
) -> None:
    expired = guarded.certificates.client(BAKERY, days=ENDED_DAYS)
    with pytest.raises(CoalitionError, match=r"the identity's tls\.certificate ended at") as caught:
        guarded.asks("bakery", expired)
    assert caught.value.reason == "CERTIFICATE_EXPIRED"
    time.sleep(1)
    credentials = grpc.ssl_channel_credentials(expired.server_ca, expired.key, expired.certificate)
    with (
        grpc.secure_channel(guarded.server.address, credentials) as channel,
        pytest.raises(grpc.FutureTimeoutError),
    ):
        grpc.channel_ready_future(channel).result(timeout=1)


def test_a_client_believes_only_its_ca_and_only_the_host_it_called(guarded: Guarded) -> None:
    own = guarded.certificates.client(BAKERY)
    with pytest.raises(NoAnswerError):
        guarded.asks("bakery", replace(own, server_ca=make_ca("another").certificate))
    with pytest.raises(NoAnswerError):
        guarded.asks("bakery", own, server=guarded.server.address.replace("127.0.0.1", "localhost"))


def test_new_connections_see_a_new_certificate_and_open_ones_go_on(guarded: Guarded) -> None:
    certificates = guarded.certificates
    new = certificates.server()
    identity = replace(guarded.signers["bakery"], tls=certificates.client(BAKERY))
    with BlockingClient(identity) as before:
        before.position()
        assert certificates.shown_by(identity.server) != serial(new)
        certificates.write_server(new)
        assert certificates.shown_by(identity.server) == serial(new)
        before.position()
    guarded.asks("bakery", certificates.client(BAKERY))


def test_a_new_ca_lets_new_clients_in_and_an_old_one_that_is_gone_no_more(guarded: Guarded) -> None:
    certificates, old = guarded.certificates, guarded.certificates.ca
    other = make_ca("other")
    of_other = certificates.client(BAKERY, ca=other)
    certificates.write_ca(old, other)
    guarded.asks("bakery", of_other)
    guarded.asks("bakery", certificates.client(BAKERY))
    certificates.write_ca(other)
    guarded.asks("bakery", of_other)
    with pytest.raises(NoAnswerError):
        guarded.asks("bakery", certificates.client(BAKERY))
    certificates.write_ca(old)
    guarded.asks("bakery", certificates.client(BAKERY))


def breakages(certificates: Certificates, new: Issued) -> dict[str, tuple[str, bytes | None]]:
    """What is done to one file: other bytes, or None to remove it; and a word of what the log says."""
    return {
        "does not belong": ("server.pem", new.certificate),
        "a damaged one": ("server.pem", new.certificate[: len(new.certificate) // 2]),
        "holds no certificate": ("server.pem", b""),
        "ended at": ("server.pem", certificates.server(days=ENDED_DAYS).certificate),
        "holds no unencrypted private key": ("server.key", new.key[:100]),
        "No such file": ("server.key", None),
        "ca.pem holds no certificate": ("ca.pem", b"-----BEGIN CERTIFICATE-----"),
    }


def test_files_that_are_not_good_change_nothing_and_the_log_says_so_once(guarded: Guarded) -> None:
    certificates, address = guarded.certificates, guarded.server.address
    good = {
        name: (certificates.folder / name).read_bytes() for name in ("server.pem", "server.key", "ca.pem")
    }
    shown = certificates.shown_by(address)
    for word, (name, data) in breakages(certificates, certificates.server()).items():
        tls = ServerTls(certificates.files)
        if data is None:
            (certificates.folder / name).unlink()
        else:
            certificates.write(name, data)
        with capture_logs() as lines:
            for _ in range(3):
                tls.look()
        assert [line["event"] for line in lines] == ["tls_files_unusable"], word
        assert word in lines[0]["error"]
        assert str(certificates.folder / name) in lines[0]["error"]
        assert certificates.shown_by(address) == shown
        certificates.write(name, good[name])
    guarded.asks("bakery", certificates.client(BAKERY))


def test_a_key_that_others_can_read_is_not_taken(guarded: Guarded) -> None:
    tls, new = ServerTls(guarded.certificates.files), guarded.certificates.server()
    before = tls.look()
    guarded.certificates.write_server(new)
    (guarded.certificates.folder / "server.key").chmod(0o644)
    assert tls.look() is before
    (guarded.certificates.folder / "server.key").chmod(0o600)
    assert tls.look() is not before


async def test_a_certificate_that_ends_soon_is_told_once_a_day(guarded: Guarded, tmp_path: Path) -> None:
    certificates = Certificates.made(tmp_path)
    tls = ServerTls(certificates.files)
    with capture_logs() as lines:
        tls.warn_of_expiry()
        certificates.write_server(certificates.server(days=EXPIRY_WARNING_SECONDS // 86_400 - 1))
        tls.look()
        tls.warn_of_expiry()
        tls.warn_of_expiry()
    assert [line["event"] for line in lines] == [
        "certificate_expires",
        "tls_files_read",
        "certificate_expires",
    ]
    assert [line.get("certificates") for line in lines] == [["server"], None, ["server"]]
