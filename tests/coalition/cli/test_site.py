"""Founding is all or nothing, and what it made is never lost or overwritten."""

import socket
from pathlib import Path

import pytest

from coalition.cli.address import listen_address
from coalition.cli.site import Site
from coalition.cli.site_network import found_network, prepare_database
from settlement.errors import CoalitionError
from settlement.house.records import Network
from settlement.house.tariff import Tariff
from tests.support.command import run
from tests.support.network import new_site, site_of

NETWORK = Network("clearing.example/site", "EUR", 2, 1, "operator", "bilateral")


def files(site: Site) -> dict[Path, bytes]:
    folders = (site.data / "keys", site.data / "identities")
    return {path: path.read_bytes() for folder in folders for path in folder.iterdir()}


def found(site: Site, network: Network) -> None:
    found_network(site, network, tariff=Tariff(10_000), people=("ann", "bob"), server="127.0.0.1:7600")


def test_a_founding_cut_short_is_repeated_with_the_keys_it_had_made(
    tmp_path: Path, database_url: str
) -> None:
    site = site_of(tmp_path, database_url)
    prepare_database(site)
    with pytest.raises(CoalitionError) as failure:
        found(site, Network("clearing.example/site", "EUR", 2, 65, "operator", "bilateral"))
    assert failure.value.reason == "FIELD_INVALID"
    made = files(site)
    found(site, NETWORK)
    assert files(site) == made


def test_a_second_founding_changes_nothing(tmp_path: Path, database_url: str) -> None:
    site = new_site(tmp_path, database_url)
    made = files(site)
    with pytest.raises(CoalitionError) as failure:
        found(site, NETWORK)
    assert failure.value.reason == "NETWORK_EXISTS"
    assert files(site) == made


def test_a_folder_that_published_another_network_is_refused(tmp_path: Path, database_url: str) -> None:
    site = site_of(tmp_path, database_url)
    prepare_database(site)
    site.log.mkdir()
    (site.log / "guard").write_text("")
    with pytest.raises(CoalitionError) as failure:
        found(site, NETWORK)
    assert failure.value.reason == "DATA_FOLDER_USED"
    assert not site.exists


@pytest.mark.parametrize(
    "words",
    [
        ("--name", "UPPER"),
        ("--name", "n/1", "--person", "ann"),
        ("--name", "n/1", "--person", "ann", "--person", "ann"),
        ("--name", "n/1", "--person", "ann", "--person", "operator"),
        ("--name", "n/1", "--operator", "X"),
        ("--name", "n/1", "--shards", "0"),
        (),
    ],
)
def test_a_founding_that_makes_no_sense_is_wrong_usage(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert run("db", "init", *words, "--data", tmp_path / "none").code == 2
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    "words",
    [("--point-value", "0.0000001"), ("--point-value", "0"), ("--point-value", "10"), ("--currency", "euro")],
)
def test_an_inexact_point_value_is_wrong_usage_before_anything_is_made(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    told = run("db", "init", "--name", "n/1", *words, "--data", tmp_path / "none")
    assert told.code == 2, told.err
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    "address", ["nonsense", "127.0.0.1:99999", "127.0.0.1:-1", "127.0.0.1:", ":7600", "a:b:1", "unix:x", ""]
)
def test_what_is_no_address_is_wrong_usage(tmp_path: Path, address: str) -> None:
    assert run("serve", "--listen", address, "--data", tmp_path / "none").code == 2


@pytest.mark.parametrize("address", ["127.0.0.1:0", "[::1]:65535", "localhost:7600", "unix:/run/coalition"])
def test_an_address_is_taken_as_it_is_written(address: str) -> None:
    assert listen_address(address) == address


def test_serve_says_that_the_address_is_taken(tmp_path: Path, database_url: str) -> None:
    site = new_site(tmp_path, database_url)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = "{}:{}".format(*taken.getsockname())
        told = run("serve", "--listen", address, data=site.data, env={"COALITION_DATABASE_URL": database_url})
    assert told.code == 1
    assert f"error LISTEN_FAILED: cannot listen on {address}" in told.err


def test_serve_says_that_the_database_holds_no_network(tmp_path: Path, database_url: str) -> None:
    site = site_of(tmp_path, database_url)
    (tmp_path / "keys").mkdir()
    environment = {"COALITION_DATABASE_URL": database_url}
    assert "error NETWORK_NOT_FOUND" in run("serve", data=tmp_path, env=environment).err
    prepare_database(site)
    told = run("serve", data=tmp_path, env=environment)
    assert (told.code, "error NETWORK_NOT_FOUND" in told.err) == (1, True)


def test_serve_refuses_the_keys_of_another_network(tmp_path: Path, database_url: str) -> None:
    site = new_site(tmp_path, database_url)
    (site.data / "keys" / "log.pem").write_bytes((site.data / "keys" / "receipt.pem").read_bytes())
    told = run("serve", data=site.data, env={"COALITION_DATABASE_URL": database_url})
    assert (told.code, "error KEYS_OF_ANOTHER_NETWORK" in told.err) == (1, True)
