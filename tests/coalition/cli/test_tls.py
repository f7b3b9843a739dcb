"""TLS in three commands; and files that are wrong, missing, unreadable or too old are told with their names and the cure."""

import json
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from coalition.cli.site import Site
from coalition.client import BlockingClient, NoAnswerError, Tls, load_identity
from coalition.gateway.visitor import partner_uri
from tests.support.certificates import ENDED_DAYS, Certificates
from tests.support.command import Ran, run
from tests.support.network import ORIGIN, RunningServer, new_site, onboard, start_server
from tests.support.postgres import drop_database, new_books
from tests.support.serving import served

Break = Callable[[Certificates], object]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A network with a partner, not served."""
    dsn = new_books()
    site = new_site(tmp_path_factory.mktemp("site"), dsn)
    server = start_server(site)
    onboard(server, "bakery")
    server.stop()
    yield site
    drop_database(dsn)


def serve(site: Site, *words: object) -> Ran:
    """`coalition serve` with options that end it at once."""
    env = {"COALITION_DATABASE_URL": site.database_url or ""}
    return run("serve", "--listen", "127.0.0.1:0", *words, data=site.data, env=env)


def files(certificates: Certificates) -> list[object]:
    folder = certificates.folder
    names = {"--certificate": "server.pem", "--key": "server.key", "--client-ca": "ca.pem"}
    return [word for option, name in names.items() for word in (option, folder / name)]


def test_three_commands_make_mutual_tls(site: Site) -> None:
    made = run("tls", "init", "clearing.example", data=site.data)
    assert made.code == 0, made.err
    options = made.err.split("--listen 0.0.0.0:7600 ")[1].split(" --data")[0].split()
    again = run("tls", "partner", "bakery", data=site.data)
    assert again.code == 0, again.err
    with served(site, *options) as server:
        told = run("position", "--as", "bakery", "--server", server.address, data=site.data)
        assert told.code == 0, told.err
        onboarded = run(
            "partner", "onboard", "cinema", "--name", "Cinema", "--server", server.address, data=site.data
        )
        assert onboarded.code == 0, onboarded.err
        told = run("position", "--as", "cinema", "--server", server.address, data=site.data)
        assert told.code == 0, told.err
        bare = replace(load_identity(site.identity_path("bakery")), tls=None, server=server.address)
        with BlockingClient(bare, deadline_seconds=1) as client, pytest.raises(NoAnswerError):
            client.position()


def test_private_files_are_private_and_a_certificate_names_its_partner(site: Site) -> None:
    assert run("tls", "init", "clearing.example", "192.0.2.1", data=site.data).code == 0
    for path in (site.tls, *site.tls.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    for name, partner in (("bakery", "bakery"), ("operator", "operator"), ("ann", "operator")):
        tls = load_identity(site.identity_path(name)).tls
        assert tls is not None
        certificate = x509.load_pem_x509_certificate(tls.certificate or b"")
        assert partner_uri(ORIGIN, partner).encode() in certificate.public_bytes(Encoding.DER)


def made_here(site: Site) -> dict[str, bytes]:
    return {str(path.relative_to(site.tls)): path.read_bytes() for path in site.tls.rglob("*.*")}


@pytest.mark.parametrize("partner", ["ca", "server"])
def test_no_partners_name_is_in_the_way(site: Site, partner: str) -> None:
    assert run("tls", "init", "clearing.example", data=site.data).code == 0
    before = made_here(site)
    assert run("tls", "partner", partner, data=site.data).code == 0
    after = made_here(site)
    assert {name for name in after if after[name] != before.get(name)} >= {f"partners/{partner}.pem"}
    assert all(after[name] == before[name] for name in ("ca.pem", "ca.key", "server.pem", "server.key"))


def test_renewing_keeps_the_ca(site: Site) -> None:
    assert run("tls", "init", "clearing.example", data=site.data).code == 0
    before = made_here(site)
    assert run("tls", "init", "clearing.example", "--days", 30, data=site.data).code == 0
    after = made_here(site)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed >= {"server.pem", "server.key", "partners/bakery.pem", "partners/operator.key"}
    assert not changed & {"ca.pem", "ca.key"}


def test_a_partner_with_a_ca_of_its_own_attaches_its_files(site: Site, tmp_path: Path) -> None:
    certificates = Certificates.made(tmp_path / "made")
    own = certificates.client(partner_uri(ORIGIN, "bakery"))
    certificates.write("own.pem", own.certificate or b"")
    certificates.write("own.key", own.key or b"")
    identity = tmp_path / "bakery.json"
    identity.write_bytes(site.identity_path("bakery").read_bytes())
    identity.chmod(0o600)
    folder = certificates.folder
    words = ("tls", "attach", identity, "--ca", folder / "ca.pem")
    assert run(*words, "--certificate", folder / "own.pem", "--key", folder / "own.key").code == 0
    assert load_identity(identity).tls == own
    assert run(*words).code == 0
    assert load_identity(identity).tls == Tls(certificates.ca.certificate)
    assert run(*words, "--key", folder / "own.key").code == 2
    wrong = run(*words, "--certificate", folder / "own.pem", "--key", folder / "server.key")
    assert wrong.code == 1
    assert f"the key in {folder}/server.key does not belong" in wrong.err


def test_without_a_ca_no_certificate_is_issued(network: RunningServer) -> None:
    told = run("tls", "partner", "bakery", data=network.site.data)
    assert (told.code, "error CA_NOT_FOUND" in told.err, "coalition tls init" in told.err) == (1, True, True)


@pytest.mark.parametrize(
    "host", ["https://clearing.example", "a b", "", "clearing.example/", "[::1]", "ann@x"]
)
def test_what_is_no_host_is_wrong_usage(site: Site, host: str) -> None:
    assert run("tls", "init", host, data=site.data).code == 2


@pytest.mark.parametrize(
    "address", ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "clearing.example:0", "10.0.0.1:7600"]
)
def test_an_address_that_others_reach_needs_tls_or_a_word_for_it(site: Site, address: str) -> None:
    told = serve(site, "--listen", address)
    assert told.code == 2
    for word in ("--certificate", "--key", "coalition tls init", "--without-tls"):
        assert word in told.err.replace("\n", ""), told.err


@pytest.mark.parametrize("address", ["127.0.0.1:0", "127.8.8.8:0", "[::1]:0", "localhost:0", "unix:/tmp/x"])
def test_an_address_of_this_machine_needs_none(tmp_path: Path, address: str) -> None:
    told = run("serve", "--listen", address, data=tmp_path)
    assert (told.code, "SITE_NOT_FOUND" in told.err) == (1, True)


@pytest.mark.parametrize(
    "words",
    [
        ("--certificate", "a.pem"),
        ("--key", "a.key"),
        ("--client-ca", "ca.pem"),
        ("--certificate", "a.pem", "--key", "a.key", "--without-tls"),
        ("--metrics", "unix:/run/metrics"),
        ("--metrics", "9100"),
        ("--calls-per-second", "-1"),
    ],
)
def test_options_that_do_not_fit_together_are_wrong_usage(site: Site, words: tuple[str, ...]) -> None:
    assert serve(site, *words).code == 2


def ca_is_a_folder(certificates: Certificates) -> None:
    (certificates.folder / "ca.pem").unlink()
    (certificates.folder / "ca.pem").mkdir()


BREAKS: dict[str, tuple[str, Break]] = {
    "missing": ("FILE_UNUSABLE", lambda c: (c.folder / "server.pem").unlink()),
    "no certificate": ("CERTIFICATE_INVALID", lambda c: c.write("server.pem", b"hello")),
    "half": ("CERTIFICATE_INVALID", lambda c: c.write("server.pem", c.ca.certificate[:200])),
    "ended": ("CERTIFICATE_EXPIRED", lambda c: c.write_server(c.server(days=ENDED_DAYS))),
    "not a pair": ("CERTIFICATE_KEY_INVALID", lambda c: c.write("server.pem", c.server().certificate)),
    "no key": ("CERTIFICATE_KEY_INVALID", lambda c: c.write("server.key", b"hello")),
    "key for all": ("FILE_NOT_PRIVATE", lambda c: (c.folder / "server.key").chmod(0o644)),
    "no ca": ("CERTIFICATE_INVALID", lambda c: c.write("ca.pem", b"")),
    "ca is a folder": ("FILE_UNUSABLE", ca_is_a_folder),
}


@pytest.mark.parametrize("name", BREAKS)
def test_files_that_are_not_good_are_told_before_anything_starts(
    site: Site, tmp_path: Path, name: str
) -> None:
    certificates = Certificates.made(tmp_path)
    reason, harm = BREAKS[name]
    key = (tmp_path / "server.key").read_text().splitlines()[1]
    harm(certificates)
    told = serve(site, *files(certificates))
    assert told.code == 1
    assert f"error {reason}" in told.err
    assert str(tmp_path) in told.err
    assert key not in told.err
    assert not (site.data / "door").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_told(site: Site, tmp_path: Path) -> None:
    certificates = Certificates.made(tmp_path)
    (tmp_path / "server.key").chmod(0o000)
    told = serve(site, *files(certificates))
    assert (told.code, "you may not read" in told.err) == (1, True)


def test_an_identity_with_a_broken_certificate_says_so(site: Site, tmp_path: Path) -> None:
    content = json.loads(site.identity_path("bakery").read_text())
    certificates = Certificates.made(tmp_path)
    ended = certificates.client(partner_uri(ORIGIN, "bakery"), days=ENDED_DAYS)
    path = tmp_path / "me.json"
    for tls, reason in (
        ("x", "IDENTITY_INVALID"),
        ({"server_ca": "x"}, "IDENTITY_INVALID"),
        ({"server_ca": ended.server_ca.decode(), "key": (ended.key or b"").decode()}, "IDENTITY_INVALID"),
        (
            {
                "server_ca": ended.server_ca.decode(),
                "certificate": (ended.certificate or b"").decode(),
                "key": (ended.key or b"").decode(),
            },
            "CERTIFICATE_EXPIRED",
        ),
    ):
        path.write_text(json.dumps(content | {"tls": tls}))
        path.chmod(0o600)
        told = run("position", "--identity", path)
        assert (told.code, f"error {reason}" in told.err) == (1, True), told.err
        assert "PRIVATE KEY" not in told.err
